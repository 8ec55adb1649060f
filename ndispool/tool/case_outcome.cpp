#include "ndispool/tool/case_outcome.h"

#include "ndispool/observe/judged.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <set>

namespace ndispool::tool {

namespace {

using observe::Outcome;

std::string signal_name(int signal) {
    const char* const name = ::sigabbrev_np(signal);
    return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

std::string last_line(std::string_view printed) {
    while (printed.ends_with('\n'))
        printed.remove_suffix(1);
    const std::size_t begin = printed.rfind('\n');
    return std::string(begin == std::string_view::npos ? printed : printed.substr(begin + 1));
}

// What is there to say about an address without the ledger of a process that is gone.
std::string about(const ChildNote& note) {
    constexpr std::uint64_t near_null = 0x10000, near_stack = 0x20000;
    if (note.signal != SIGSEGV && note.signal != SIGBUS)
        return "";
    if (note.address < near_null)
        return fmt::format(" at {:#x}: a null pointer was followed", note.address);
    const std::uint64_t distance = note.address > note.stack ? note.address - note.stack : note.stack - note.address;
    if (distance < near_stack)
        return fmt::format(" at {:#x}: the stack is used up, by recursion without end or by large variables",
                           note.address);
    return fmt::format(" at {:#x}", note.address);
}

host::Site site_of(const ChildNote& note, std::uint64_t code_begin, const DriverNames& names) {
    constexpr std::size_t enough = 24; // of a recursion without end
    host::Site site;
    site.what = "found";
    site.processor = note.processor;
    site.irql = note.irql;
    for (const std::uint64_t address : note.frames)
        if (site.frames.size() < enough)
            site.frames.push_back(
                names.name(address, code_begin,
                           site.frames.empty() ? DriverNames::At::instruction : DriverNames::At::return_address));
    return site;
}

const host::Frame* driver_frame(const host::Site& site, const DriverNames& names) {
    const auto at = std::find_if(site.frames.begin(), site.frames.end(),
                                 [&](const host::Frame& frame) { return names.is_driver(frame); });
    return at == site.frames.end() ? nullptr : &*at;
}

// The threads that were in the driver; when none was, all.
void add_sites(host::Finding& finding, const ChildEnding& ending, const DriverNames& names) {
    std::vector<host::Site> in_driver, elsewhere;
    for (const ChildNote& note : ending.notes) {
        host::Site site = site_of(note, ending.code_begin, names);
        const host::Frame* const frame = driver_frame(site, names);
        if (frame && finding.where.empty())
            finding.where = place_of(*frame);
        (frame ? in_driver : elsewhere).push_back(std::move(site));
    }
    finding.sites = in_driver.empty() ? std::move(elsewhere) : std::move(in_driver);
}

constexpr const char* hang_verifier = "0x9F";

std::string hang_text(const ChildLimits& limits) {
    return fmt::format("the run did not end within {} s", limits.seconds);
}

// The signal of a fault, whatever ended the process after it; 0: none.
int fault_of(const ChildEnding& ending) {
    if (!ending.notes.empty() && ending.notes.front().signal != where_signal)
        return ending.notes.front().signal;
    return ending.how == ChildEnding::How::signalled ? ending.code : 0;
}

host::Finding crash(const ChildEnding& ending) {
    const ChildNote unknown;
    const ChildNote& note = ending.notes.empty() ? unknown : ending.notes.front();
    const int signal = fault_of(ending);
    std::string message = "the driver crashed: " + signal_name(signal) + about(note);
    if (signal == SIGABRT && !ending.printed.empty()) // what the C library found, such as a corrupt heap
        message += ": " + last_line(ending.printed);
    return {"crash", message, ""};
}

// Of a stack with two wires what goes out at one came in at the other.
std::uint64_t frames_towards(const host::Report& report, const host::WireReport& wire) {
    std::uint64_t frames = 0;
    for (const host::WireReport& other : report.wires)
        if (other.side != wire.side || report.wires.size() == 1)
            frames += other.frames_in;
    return frames;
}

void add_new(std::vector<host::Finding>& to, const host::Report& report, std::set<std::string>& known) {
    observe::CheckReport check;
    check.run = report;
    for (observe::Judged& entry : observe::judged(check))
        if (known.insert(entry.fingerprint).second)
            to.push_back(std::move(entry.finding));
}

std::string without_recovery(const CaseResult& result, const host::Report& first) {
    if (!result.after)
        return "";
    if (!result.after_refusal.empty())
        return "loaded afresh and without failures the driver does not come up: " + result.after_refusal;
    for (const host::WireReport& wire : result.after->wires)
        for (const host::WireReport& before : first.wires)
            if (before.side == wire.side && before.frames_out > 0 && wire.frames_out == 0 &&
                frames_towards(*result.after, wire) > 0)
                return fmt::format("loaded afresh and without failures the driver passes no frames {}; the first run "
                                   "passed {}",
                                   wire.side, before.frames_out);
    return "";
}

} // namespace

void complete_hang(host::Report& report, const ChildEnding& ending, const DriverNames& names,
                   const ChildLimits& limits) {
    host::Finding& hang = report.findings.front();
    hang.message = hang_text(limits) + (hang.message.empty() ? "" : ": " + hang.message);
    hang.verifier = hang_verifier;
    if (hang.sites.empty())
        add_sites(hang, ending, names);
}

namespace {

void judge_result(observe::CaseReport& report, const CaseResult& result, const host::Report& first) {
    if (!result.trouble.empty()) {
        report.outcome = Outcome::lost;
        report.findings = {{"lost", "the run could not be made: " + result.trouble, ""}};
        return;
    }
    std::set<std::string> known;
    std::vector<host::Finding> already;
    add_new(already, first, known);
    report.answer = result.refusal;
    if (result.failed == 0 && !result.crashed && !result.hung)
        report.answer = "the call was not made in this run";
    add_new(report.findings, result.report, known);
    if (result.after)
        add_new(report.findings, *result.after, known);
    if (const std::string line = without_recovery(result, first); !line.empty())
        report.findings.push_back({"no-recovery", line, ""});
    report.outcome = result.crashed            ? Outcome::crashed
                     : result.hung             ? Outcome::hung
                     : report.findings.empty() ? Outcome::passed
                                               : Outcome::findings;
}

} // namespace

host::Finding finding_of(const ChildEnding& ending, const DriverNames& names, const ChildLimits& limits) {
    using How = ChildEnding::How;
    host::Finding finding;
    if (ending.out_of_memory) {
        finding = {"memory-exhausted",
                   fmt::format("the driver used up the {} MiB that a run may have", limits.memory_mib), "",
                   "0xC4/0x04"};
    } else if (fault_of(ending) != 0) {
        finding = crash(ending);
        finding.verifier = "0xD1";
    } else if (ending.how == How::timed_out) {
        finding = {"hang", hang_text(limits), "", hang_verifier};
    } else {
        finding = {"lost", fmt::format("the process ended without a report, with exit code {}", ending.code), ""};
        if (!ending.printed.empty())
            finding.message += ": " + last_line(ending.printed);
    }
    add_sites(finding, ending, names);
    return finding;
}

void judge(observe::CaseReport& report, const ChildEnding& ending, const host::Report& first, const DriverNames& names,
           const ChildLimits& limits) {
    report.seconds = ending.seconds;
    if (ending.how == ChildEnding::How::returned)
        if (auto result = parse_case_result(ending.result)) {
            if (result->hung)
                complete_hang(result->report, ending, names, limits);
            return judge_result(report, *result, first);
        }
    const host::Finding finding = finding_of(ending, names, limits);
    report.outcome = finding.rule == "crash"              ? Outcome::crashed
                     : finding.rule == "hang"             ? Outcome::hung
                     : finding.rule == "memory-exhausted" ? Outcome::crashed
                                                          : Outcome::lost;
    report.findings = {finding};
}

} // namespace ndispool::tool
