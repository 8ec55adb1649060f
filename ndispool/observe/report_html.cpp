#include "ndispool/observe/report_html.h"

#include "ndispool/observe/finding_groups.h"
#include "ndispool/observe/frame_text.h"
#include "ndispool/observe/kind.h"
#include "ndispool/observe/pool_chart.h"
#include "ndispool/observe/words.h"
#include "ndispool/observe/xml.h"

#include <fmt/format.h>

namespace ndispool::observe {

namespace {

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --bad: #c0392b; --good: #2e7d46; --blue: #3b75b3; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: 0; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; } th, td { padding: .25em .7em; text-align: left; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 13px/1.4 ui-monospace, monospace; } pre { background: var(--soft); padding: .6em .8em; overflow-x: auto; }
.bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); font-weight: 600; } .aside { opacity: .7; }
details { margin: .5em 0; border-left: 3px solid var(--line); padding-left: .8em; } summary { cursor: pointer; }
svg .static { fill: var(--line); } svg .overflow { fill: var(--soft); } svg .peak { fill: var(--blue); }
svg .out { fill: var(--bad); } .wide { overflow-x: auto; }
)css";

struct Column {
    std::string_view heading;
    bool number = false;
};

// Cells are HTML already.
class HtmlTable {
  public:
    explicit HtmlTable(std::vector<Column> columns) : columns_(std::move(columns)) {
        text_ = "<div class=\"wide\"><table><thead><tr>";
        for (const Column& column : columns_)
            text_ += fmt::format("<th{}>{}</th>", kind(column), column.heading);
        text_ += "</tr></thead><tbody>\n";
    }
    void add(const std::vector<std::string>& cells) {
        text_ += "<tr>";
        for (std::size_t i = 0; i < cells.size(); ++i)
            text_ += fmt::format("<td{}>{}</td>", kind(columns_[i]), cells[i]);
        text_ += "</tr>\n";
    }
    std::string text() const { return text_ + "</tbody></table></div>\n"; }

  private:
    static std::string_view kind(const Column& column) { return column.number ? " class=\"n\"" : ""; }
    std::vector<Column> columns_;
    std::string text_;
};

std::string number(std::uint64_t value) {
    return std::to_string(value);
}
std::string code(std::string_view text) {
    return fmt::format("<code>{}</code>", xml(text));
}

std::string head(const CheckReport& report, const std::vector<Judged>& findings) {
    const host::Report& run = report.run;
    const std::size_t fresh = count(findings, State::fresh);
    std::string text = fmt::format("<h1>{}</h1>\n<p>{} driver, {}, seed {}; {} in {:.6f} seconds, {:.0f} packets per "
                                   "second</p>\n",
                                   xml(run.driver), kind_name(run.kind), counted(run.processors, "processor"), run.seed,
                                   counted(run.packets, "packet"), run.seconds, run.packets_per_second);
    if (run.interrupted)
        text += "<p>Ended early by a signal; the driver was unloaded in order.</p>\n";
    if (run.restless)
        text += "<p>Ended while frames still moved: what the drivers send comes back to them, and they send it "
                "again.</p>\n";
    text += fresh == 0 ? "<p class=\"good\">no findings</p>\n"
                       : fmt::format("<p class=\"bad\">{}</p>\n", counted(fresh, "finding"));
    return text;
}

std::string details(const host::WireReport& wire) {
    std::string text;
    for (const auto& [name, count] : wire.details)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", xml(name), count);
    return text;
}

std::string wires(const std::vector<host::WireReport>& wires) {
    HtmlTable table({{"side"},
                     {"wire"},
                     {"frames in", true},
                     {"bytes in", true},
                     {"frames out", true},
                     {"bytes out", true},
                     {"refused", true},
                     {"also counted"},
                     {"trouble"}});
    for (const host::WireReport& wire : wires)
        table.add({xml(wire.side), code(wire.spec), number(wire.frames_in), number(wire.bytes_in),
                   number(wire.frames_out), number(wire.bytes_out), number(wire.refused), details(wire),
                   xml(wire.trouble.value_or(""))});
    return "<h2>Wires</h2>\n" + table.text();
}

std::string when_freed(const ndis::PoolRecord& record) {
    if (!record.freed)
        return "<span class=\"bad\">never</span>";
    return record.in_use_when_freed == 0 ? "empty"
                                         : fmt::format("<span class=\"bad\">{} out</span>", record.in_use_when_freed);
}

std::string pools(const std::vector<host::PoolReport>& pools) {
    if (pools.empty())
        return "<h2>Packet pools</h2>\n<p>The driver allocated no packet pool.</p>\n";
    HtmlTable table({{"allocated by"},
                     {"how full"},
                     {"static", true},
                     {"overflow", true},
                     {"in use now", true},
                     {"peak", true},
                     {"overflow peak", true},
                     {"allocations", true},
                     {"refusals", true},
                     {"packet bytes", true},
                     {"when freed"}});
    for (const host::PoolReport& pool : pools) {
        const ndis::PoolRecord& record = pool.record;
        table.add({code(pool.allocator) + (pool.pools > 1 ? fmt::format(" {} pools", pool.pools) : ""),
                   pool_chart(record), number(record.descriptors), number(record.overflow), number(record.in_use),
                   number(record.peak), number(record.overflow_peak), number(record.allocations),
                   number(record.refusals), number(record.packet_size), when_freed(record)});
    }
    return "<h2>Packet pools</h2>\n" + table.text();
}

std::string finding(const FindingGroup& group) {
    std::string text = fmt::format("<details open><summary><b>{}</b> {} {}{}</summary>\n", xml(group.rule),
                                   code(group.where), group.count > 1 ? fmt::format("{} times", group.count) : "",
                                   group.verifier.empty() ? ""
                                                          : fmt::format(" <span class=\"aside\">Driver Verifier {}"
                                                                        "</span>",
                                                                        xml(group.verifier)));
    for (const std::string& message : group.messages)
        text += fmt::format("<p>{}</p>\n", xml(message));
    for (const host::Site& site : group.sites) {
        text += fmt::format("<p>{}</p>\n<pre>", xml(site_text(site)));
        for (std::size_t i = 0; i < site.frames.size(); ++i)
            text += xml(frame_text(site.frames[i], i)) + "\n";
        text += "</pre>\n";
    }
    for (const std::string& repeat : group.repeats)
        text += fmt::format("<p>repeat with {}</p>\n", code(repeat));
    return text + "</details>\n";
}

std::string findings_of(const std::vector<Judged>& findings, State state, std::string_view heading) {
    const std::vector<FindingGroup> groups = grouped(findings, state);
    if (groups.empty())
        return "";
    std::string text = fmt::format("<h2>{}</h2>\n", heading);
    for (const FindingGroup& group : groups)
        text += finding(group);
    return text;
}

std::string sweep(const CheckReport& report) {
    if (!report.swept)
        return "";
    HtmlTable table({{"run"}, {"outcome"}, {"what the driver made of it"}, {"seconds", true}});
    for (const CaseReport& entry : report.cases)
        table.add({xml(entry.name),
                   fmt::format("<span class=\"{}\">{}</span>", entry.outcome == Outcome::passed ? "good" : "bad",
                               outcome_name(entry.outcome)),
                   xml(entry.answer), fmt::format("{:.3f}", entry.seconds)});
    return fmt::format("<h2>Fault sweep</h2>\n<p>{} that can fail, on {}; {} in {:.1f} seconds</p>\n",
                       counted(report.failable_calls, "call"), counted(report.failable_stacks, "call stack"),
                       counted(report.cases.size(), "run"), report.seconds) +
           table.text();
}

std::string event_log(const std::vector<std::string>& lines) {
    if (lines.empty())
        return "";
    std::string text = "<h2>Event log</h2>\n<pre>";
    for (const std::string& line : lines)
        text += xml(line) + "\n";
    return text + "</pre>\n";
}

} // namespace

std::string report_html(const CheckReport& report, const std::vector<Judged>& findings) {
    return fmt::format(
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
               "content=\"width=device-width\">\n<title>ndispool: {}</title>\n<style>{}</style>\n</head>\n<body>\n",
               xml(report.run.driver), style) +
           head(report, findings) + findings_of(findings, State::fresh, "Findings") +
           findings_of(findings, State::known, "Known findings") +
           findings_of(findings, State::suppressed, "Suppressed findings") + pools(report.run.pools) +
           wires(report.run.wires) + sweep(report) + event_log(report.run.log) + "</body>\n</html>\n";
}

} // namespace ndispool::observe
