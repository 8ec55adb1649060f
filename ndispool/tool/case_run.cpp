#include "ndispool/tool/case_run.h"

#include "ndispool/observe/report_json.h"
#include "ndispool/observe/report_read.h"
#include "ndispool/tool/checked_run.h"
#include "ndispool/tool/child_process.h"
#include "ndispool/tool/driver_names.h"
#include "ndispool/tool/generated_frames.h"
#include "ndispool/tool/manual.h"
#include "ndispool/verify/crash.h"
#include "ndispool/wire/memory_source.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

namespace ndispool::tool {

namespace {

using nlohmann::json;

constexpr std::size_t frames_generated = 300;

std::unique_ptr<wire::Wire> open(const CaseRun& work, bool generated, const std::string& spec) {
    if (generated)
        return wire::memory_source(generated_frames(frames_generated, work.setup.seed));
    return wire::open(spec, host::wire_options(work.setup));
}

host::Report run_once(const CaseRun& work, CheckedRun& checker) {
    host::Setup setup = work.setup;
    setup.checker = &checker;
    std::vector<std::unique_ptr<wire::Wire>> below, above;
    below.push_back(open(work, work.generated_below, work.setup.below));
    above.push_back(open(work, work.generated_above, work.setup.above));
    for (const std::string& spec : setup.more_below)
        below.push_back(open(work, false, spec));
    for (const std::string& spec : setup.more_above)
        above.push_back(open(work, false, spec));
    host::Wires wires;
    std::ranges::transform(below, std::back_inserter(wires.below), &std::unique_ptr<wire::Wire>::get);
    std::ranges::transform(above, std::back_inserter(wires.above), &std::unique_ptr<wire::Wire>::get);
    const host::StopFlag go_on{false};
    host::Report report = host::run(setup, wires, go_on);
    for (auto* side : {&below, &above})
        for (const auto& wire : *side)
            wire->close();
    return report;
}

// A driver that did not come up leaves its line; what it left behind is in the report all the same.
host::Report run_or_refuse(const CaseRun& work, CheckedRun& checker, std::string& refusal) try {
    return run_once(work, checker);
} catch (const host::Failed& failed) {
    refusal = failed.what();
    return failed.report();
}

json report_json(const host::Report& report) {
    observe::CheckReport check;
    check.run = report;
    std::ostringstream out;
    observe::write_report_json(out, check, observe::judged(check), version);
    return json::parse(out.view());
}

json calls_json(const std::vector<CheckedRun::NamedCall>& calls) {
    json list = json::array();
    for (const auto& [call, frames] : calls) {
        std::vector<std::string> places;
        std::transform(frames.begin(), frames.end(), std::back_inserter(places), place_of);
        list.push_back({{"number", call.ordinal},
                        {"function", call.function},
                        {"stack", call.stack},
                        {"occurrence", call.occurrence},
                        {"places", places}});
    }
    return list;
}

std::size_t failed_calls(const std::vector<CheckedRun::NamedCall>& calls) {
    return static_cast<std::size_t>(
        std::count_if(calls.begin(), calls.end(), [](const auto& named) { return named.call.failed; }));
}

// Recovery is whether packets pass, not how many.
CaseRun without_faults(CaseRun work) {
    constexpr std::uint64_t frames = 200;
    work.faults = {};
    if (!work.generated_below || !work.generated_above)
        work.setup.count = std::min(work.setup.count.value_or(frames), frames);
    work.setup.paced = false;
    return work;
}

json run_all(const CaseRun& work) {
    json result;
    std::string refusal;
    {
        CheckedRun checker(work.faults);
        result["report"] = report_json(run_or_refuse(work, checker, refusal));
        result["refusal"] = refusal;
        result["calls"] = verify::failable_calls();
        result["failed"] = failed_calls(checker.calls());
        result["seen"] = calls_json(checker.calls());
    }
    if (!work.faults.empty()) {
        std::string after_refusal;
        CheckedRun checker;
        result["after"] = report_json(run_or_refuse(without_faults(work), checker, after_refusal));
        result["after_refusal"] = after_refusal;
    }
    return result;
}

std::string text_of(const json& result) {
    return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Where a thread that was asked stands, if it is in the driver.
std::optional<host::Site> site_in_driver(const ThreadNote& note) {
    host::Site site{"found", {}, note.processor, note.irql, 0};
    for (std::uint32_t i = 0; i < note.count; ++i) {
        const auto* const address = reinterpret_cast<const void*>(note.frames[i]); // NOLINT(performance-no-int-to-ptr)
        if (verify::in_driver(address))
            site.frames.push_back(frame_of(verify::name_of(address)));
        else if (!site.frames.empty())
            break; // what called the driver is ours, as is what it called
    }
    return site.frames.empty() ? std::nullopt : std::optional(site);
}

// The run does not end: where the driver is, and what it, or NDIS, may be waiting for.
host::Finding hang() {
    host::Finding finding = CheckedRun::unfinished_business();
    finding.rule = "hang";
    std::vector<host::Site> threads;
    for (const ThreadNote* const note : asked_threads())
        if (auto site = site_in_driver(*note))
            threads.push_back(std::move(*site));
    if (const auto& main = threads.empty() ? finding.sites : threads; !main.empty() && !main.front().frames.empty())
        finding.where = place_of(main.front().frames.front());
    finding.sites.insert(finding.sites.end(), threads.begin(), threads.end());
    return finding;
}

// From the thread that reports, while the one that crashed is held, or all of a run that does not end go on.
void deliver(verify::Ending ending) {
    host::Report report = host::unfinished_report();
    if (ending == verify::Ending::hang)
        report.findings.insert(report.findings.begin(), hang());
    end_child(text_of({{"report", report_json(report)},
                       {"refusal", ""},
                       {"calls", verify::failable_calls()},
                       {"failed", 0},
                       {"seen", json::array()},
                       {"crashed", ending == verify::Ending::crash},
                       {"hung", ending == verify::Ending::hang}}));
}

json trouble(const std::exception& error, bool lacking) {
    return {{"trouble", error.what()}, {"lacking", lacking}};
}

} // namespace

std::string run_case(const CaseRun& work) {
    verify::watch_for_crashes(deliver, EXIT_FAILURE);
    note_faults_first();
    json result;
    try {
        result = run_all(work);
    } catch (const wire::Error& error) {
        result = trouble(error, error.kind() == wire::Error::Kind::environment);
    } catch (const std::system_error& error) {
        result = trouble(error, true);
    } catch (const std::exception& error) {
        result = trouble(error, false);
    }
    return text_of(result);
}

namespace {

host::Report report_from(const json& from) {
    return observe::parse_report(from.dump(), "a run").run;
}

CaseResult result_from(const json& from) {
    CaseResult result;
    if (from.contains("trouble")) {
        from.at("trouble").get_to(result.trouble);
        from.at("lacking").get_to(result.lacking);
        return result;
    }
    result.report = report_from(from.at("report"));
    from.at("refusal").get_to(result.refusal);
    from.at("calls").get_to(result.calls);
    from.at("failed").get_to(result.failed);
    for (const json& call : from.at("seen"))
        result.seen.push_back(
            {call.at("number"), call.at("function"), call.at("stack"), call.at("occurrence"), call.at("places")});
    result.crashed = from.value("crashed", false);
    result.hung = from.value("hung", false);
    if (from.contains("after")) {
        result.after = report_from(from.at("after"));
        from.at("after_refusal").get_to(result.after_refusal);
    }
    return result;
}

} // namespace

std::optional<CaseResult> parse_case_result(const std::string& text) {
    const json document = json::parse(text, nullptr, false);
    try {
        return result_from(document);
    } catch (const std::exception&) { // half a document, or one that the driver wrote
        return std::nullopt;
    }
}

} // namespace ndispool::tool
