#include "ndispool/observe/report_text.h"

#include "ndispool/observe/finding_groups.h"
#include "ndispool/observe/kind.h"
#include "ndispool/observe/table.h"
#include "ndispool/observe/utf8.h"

#include <fmt/format.h>

namespace ndispool::observe {

namespace {

std::string counted(std::uint64_t count, std::string_view singular, std::string_view ending = "s") {
    return fmt::format("{} {}{}", count, singular, count == 1 ? "" : ending);
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string head(const host::Report& report) {
    std::string text = fmt::format("{}: {} driver, {}, seed {}\n", printable(report.driver), kind_name(report.kind),
                                   counted(report.processors, "processor"), report.seed);
    text += fmt::format("{} in {:.6f} seconds, {:.0f} packets per second\n", counted(report.packets, "packet"),
                        report.seconds, report.packets_per_second);
    if (report.interrupted)
        text += "ended early by a signal; the driver was unloaded in order\n";
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
    return fmt::format("Wires: {}\n{}", wires.size(), table.text());
}

// NdisFreePacketPool, Remarks: every packet is back before the pool is freed.
std::string when_freed(const ndis::PoolRecord& record) {
    if (!record.freed)
        return "never";
    return record.in_use_when_freed == 0 ? "empty" : fmt::format("{} out", record.in_use_when_freed);
}

std::string pools(const std::vector<host::PoolReport>& pools) {
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
    for (const host::PoolReport& pool : pools) {
        const ndis::PoolRecord& record = pool.record;
        table.add({number(record.descriptors), number(record.overflow), number(record.in_use), number(record.peak),
                   number(record.overflow_peak), number(record.allocations), number(record.refusals),
                   number(record.packet_size), when_freed(record), printable(pool.allocator)});
    }
    return fmt::format("Packet pools: {}\n{}", pools.size(), table.text());
}

std::string findings(const host::Report& report) {
    if (report.findings.empty())
        return "Findings: none\n";
    std::string text = fmt::format("Findings: {}\n", report.findings.size());
    for (const FindingGroup& group : grouped(report.findings)) {
        text += fmt::format("{:6}  {}{}{}\n", group.count, printable(group.rule), group.where.empty() ? "" : "  ",
                            printable(group.where));
        for (const std::string& message : group.messages)
            text += fmt::format("        {}\n", printable(message));
    }
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

std::string summary(const host::Report& report) {
    if (report.findings.empty())
        return "SUMMARY: ndispool: no findings\n";
    return fmt::format("SUMMARY: ndispool: {}\n", counted(report.findings.size(), "finding"));
}

} // namespace

std::string report_text(const host::Report& report) {
    return head(report) + "\n" + wires(report.wires) + "\n" + pools(report.pools) + "\n" + findings(report) +
           event_log(report.log) + "\n" + summary(report);
}

} // namespace ndispool::observe
