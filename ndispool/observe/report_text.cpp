#include "ndispool/observe/report_text.h"

#include "ndispool/observe/finding_groups.h"
#include "ndispool/observe/frame_text.h"
#include "ndispool/observe/kind.h"
#include "ndispool/observe/table.h"
#include "ndispool/observe/utf8.h"
#include "ndispool/observe/words.h"

#include <algorithm>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string head(const host::Report& report) {
    std::string with;
    for (const std::string& driver : report.with)
        with += fmt::format("{} {}", with.empty() ? ", with" : " and", printable(driver));
    std::string text = fmt::format("{}: {} driver{}, {}, seed {}\n", printable(report.driver), kind_name(report.kind),
                                   with, counted(report.processors, "processor"), report.seed);
    text += fmt::format("{} in {:.6f} seconds{}, {:.0f} packets per second\n", counted(report.packets, "packet"),
                        report.seconds, report.virtual_clock ? " of a virtual clock" : "", report.packets_per_second);
    if (report.interrupted)
        text += "ended early by a signal; the driver was unloaded in order\n";
    if (report.restless)
        text += "ended while frames still moved: what the drivers send comes back to them, and they send it again\n";
    return text;
}

// What a wire counted besides, where it is not nothing.
std::string details(const std::vector<host::WireReport>& wires) {
    std::string text;
    for (const host::WireReport& wire : wires) {
        std::string counts;
        for (const auto& [name, count] : wire.details)
            if (count > 0)
                counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", name, count);
        if (!counts.empty())
            text += fmt::format("{}: {}\n", wire.side, counts);
    }
    return text;
}

std::string wires(const std::vector<host::WireReport>& wires) {
    if (wires.empty())
        return "Wires: none\n";
    Table table({{"", "side", false},
                 {"frames", "in"},
                 {"bytes", "in"},
                 {"frames", "out"},
                 {"bytes", "out"},
                 {"frames", "refused"},
                 {"", "wire", false}});
    for (const host::WireReport& wire : wires)
        table.add({wire.side, number(wire.frames_in), number(wire.bytes_in), number(wire.frames_out),
                   number(wire.bytes_out), number(wire.refused), printable(wire.spec)});
    return fmt::format("Wires: {}\n{}", wires.size(), table.text()) + details(wires);
}

// NdisFreePacketPool, Remarks: every packet is back before the pool is freed.
std::string when_freed(const ndis::PoolRecord& record) {
    if (!record.freed)
        return "never";
    return record.in_use_when_freed == 0 ? "empty" : fmt::format("{} out", record.in_use_when_freed);
}

std::string maker(const host::PoolReport& pool) {
    return printable(pool.allocator) + (pool.pools > 1 ? fmt::format(", {} pools", pool.pools) : "");
}

std::string pools(const std::vector<host::PoolReport>& pools, std::uint64_t forgotten) {
    if (pools.empty())
        return "Packet pools: none; the driver allocated no packet pool\n";
    Table table({{"", "static"},
                 {"descriptors", "overflow"},
                 {"", "now"},
                 {"in use", "peak"},
                 {"overflow", "peak"},
                 {"", "allocations"},
                 {"", "refusals"},
                 {"packet", "bytes"},
                 {"when", "freed"},
                 {"", "allocated by", false}});
    std::uint64_t all = 0;
    for (const host::PoolReport& pool : pools) {
        const ndis::PoolRecord& record = pool.record;
        table.add({number(record.descriptors), number(record.overflow), number(record.in_use), number(record.peak),
                   number(record.overflow_peak), number(record.allocations), number(record.refusals),
                   number(record.packet_size), when_freed(record), maker(pool)});
        all += pool.pools;
    }
    return fmt::format("Packet pools: {}{}\n{}", all,
                       forgotten > 0 ? fmt::format(", without the first {}", forgotten) : "", table.text());
}

// "packets_sent_singly" reads "packets sent singly".
std::string freedom(const host::Report& run) {
    constexpr std::size_t in_one_line = 3;
    std::string text;
    for (std::size_t i = 0; i < run.freedom.size(); ++i) {
        std::string words = run.freedom[i].first;
        std::replace(words.begin(), words.end(), '_', ' ');
        text += fmt::format("{}{} {}", i % in_one_line == 0 ? i == 0 ? "" : ",\n  " : ", ", run.freedom[i].second,
                            printable(words));
    }
    return text.empty() ? text : fmt::format("\nWhat NDIS leaves open, and how often it went which way:\n  {}\n", text);
}

std::string findings(const std::vector<Judged>& findings) {
    const std::size_t fresh = count(findings, State::fresh);
    std::string text = fresh == 0 ? "Findings: none\n" : fmt::format("Findings: {}\n", fresh);
    for (const FindingGroup& group : grouped(findings))
        text += group_text(group);
    return text;
}

std::string sweep(const CheckReport& report) {
    if (!report.swept)
        return "";
    std::string text = fmt::format(
        "\nFault sweep: {} that can fail, on {}; {} in {:.1f} seconds\n", counted(report.failable_calls, "call"),
        counted(report.failable_stacks, "call stack"), counted(report.cases.size(), "run"), report.seconds);
    if (report.shards > 1)
        text += fmt::format("  shard {} of {}\n", report.shard, report.shards);
    for (const Outcome outcome : {Outcome::passed, Outcome::findings, Outcome::crashed, Outcome::hung, Outcome::lost})
        if (const auto number = std::count_if(report.cases.begin(), report.cases.end(),
                                              [&](const CaseReport& entry) { return entry.outcome == outcome; }))
            text += fmt::format("{:6}  {}\n", number, outcome_name(outcome));
    return text;
}

std::string event_log(const std::vector<std::string>& lines) {
    if (lines.empty())
        return "";
    std::string text = fmt::format("\nEvent log: {}\n", counted(lines.size(), "line"));
    for (const std::string& line : lines)
        text += fmt::format("  {}\n", printable(line));
    return text;
}

std::string summary(const CheckReport& report, const std::vector<Judged>& findings) {
    const std::size_t fresh = count(findings, State::fresh);
    std::string text = "SUMMARY: ndispool: " + (fresh == 0 ? std::string("no findings") : counted(fresh, "finding"));
    if (report.swept)
        text += " in " + counted(report.cases.size() + 1, "run");
    if (const std::size_t known = count(findings, State::known))
        text += fmt::format(", {} known", known);
    if (const std::size_t suppressed = count(findings, State::suppressed))
        text += fmt::format(", {} suppressed", suppressed);
    return text + "\n";
}

} // namespace

std::string group_text(const FindingGroup& group) {
    std::string text = fmt::format("{:6}  {}{}{}{}\n", group.count, printable(group.rule),
                                   group.where.empty() ? "" : "  ", printable(group.where),
                                   group.verifier.empty() ? "" : fmt::format("  ({})", printable(group.verifier)));
    for (const std::string& message : group.messages)
        text += fmt::format("        {}\n", printable(message));
    for (const host::Site& site : group.sites) {
        text += fmt::format("      {}\n", site_text(site));
        for (std::size_t i = 0; i < site.frames.size(); ++i)
            text += frame_text(site.frames[i], i) + "\n";
    }
    if (!group.repeats.empty())
        text += fmt::format("      repeat with: {}\n", printable(group.repeats.front()));
    if (group.repeats.size() > 1)
        text += fmt::format("      and {} like it\n", counted(group.repeats.size() - 1, "run"));
    return text;
}

std::string report_text(const CheckReport& report, const std::vector<Judged>& all) {
    const host::Report& run = report.run;
    return head(run) + "\n" + wires(run.wires) + "\n" + pools(run.pools, run.pools_forgotten) + freedom(run) +
           sweep(report) + "\n" + findings(all) + event_log(run.log) + "\n" + summary(report, all);
}

} // namespace ndispool::observe
