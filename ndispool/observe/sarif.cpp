#include "ndispool/observe/sarif.h"

#include "ndispool/observe/frame_text.h"
#include "ndispool/observe/json.h"
#include "ndispool/observe/words.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace ndispool::observe {

namespace {

constexpr std::string_view schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

// A path as a URI reference: relative as it is, absolute with its scheme; what a URI cannot hold is escaped.
std::string uri_of(std::string_view path) {
    std::string uri = path.starts_with("/") ? "file://" : "";
    for (const char byte : path) {
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') ||
                           std::string_view("-._~/").find(byte) != std::string_view::npos;
        if (plain)
            uri += byte;
        else
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
    }
    return uri;
}

void text(JsonWriter& json, std::string_view name, std::string_view content) {
    json.key(name);
    json.begin_object();
    json.member("text", content);
    json.end_object();
}

void members_of_location(JsonWriter& json, const host::Frame& frame) {
    if (!frame.file.empty()) {
        json.key("physicalLocation");
        json.begin_object();
        json.key("artifactLocation");
        json.begin_object();
        json.member("uri", uri_of(frame.file));
        json.end_object();
        if (frame.line > 0) {
            json.key("region");
            json.begin_object();
            json.member("startLine", frame.line);
            json.end_object();
        }
        json.end_object();
    }
    json.key("logicalLocations");
    json.begin_array();
    json.begin_object();
    json.member("fullyQualifiedName", function_of(frame));
    json.member("kind", "function");
    json.end_object();
    json.end_array();
}

void location(JsonWriter& json, const host::Frame& frame, std::string_view message) {
    json.begin_object();
    members_of_location(json, frame);
    if (!message.empty())
        text(json, "message", message);
    json.end_object();
}

void stack(JsonWriter& json, const host::Site& site) {
    json.begin_object();
    json.key("frames");
    json.begin_array();
    for (const host::Frame& frame : site.frames) {
        json.begin_object();
        json.key("location");
        location(json, frame, {});
        json.member("module", frame.module);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

// The first site's time is the flow's beginning; all is one thread of the story, whichever processor it was.
void code_flow(JsonWriter& json, const std::vector<host::Site>& sites) {
    json.key("codeFlows");
    json.begin_array();
    json.begin_object();
    json.key("threadFlows");
    json.begin_array();
    json.begin_object();
    json.key("locations");
    json.begin_array();
    for (const host::Site& site : sites) {
        if (site.frames.empty())
            continue;
        json.begin_object();
        json.key("location");
        location(json, site.frames.front(), site_text(site));
        json.key("stack");
        stack(json, site);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    json.end_array();
    json.end_object();
    json.end_array();
}

// "passthru!Bind+0x12" without more: a place in the module.
host::Frame frame_from(std::string_view where) {
    host::Frame frame;
    const std::string_view function = without_offset(where);
    const std::size_t mark = function.find('!');
    frame.module = function.substr(0, mark);
    frame.function = mark == std::string_view::npos ? function : function.substr(mark + 1);
    return frame;
}

// Where to look first: the place that the finding names, with its file when a site has it.
host::Frame main_place(const host::Finding& finding) {
    const std::string_view wanted = without_offset(finding.where);
    for (auto site = finding.sites.rbegin(); site != finding.sites.rend(); ++site)
        for (const host::Frame& frame : site->frames)
            if (wanted.empty() || function_of(frame) == wanted)
                return frame;
    return frame_from(finding.where);
}

class Rules {
  public:
    Rules(std::span<const RuleText> known, const std::vector<Judged>& findings) : all_(known.begin(), known.end()) {
        for (const Judged& entry : findings)
            if (!find(entry.finding.rule))
                all_.push_back({entry.finding.rule, entry.finding.rule, {}, entry.finding.verifier});
    }
    std::uint64_t index(std::string_view id) const { return static_cast<std::uint64_t>(find(id) - all_.data()); }
    const std::vector<RuleText>& all() const { return all_; }

  private:
    const RuleText* find(std::string_view id) const {
        const auto at = std::find_if(all_.begin(), all_.end(), [&](const RuleText& rule) { return rule.id == id; });
        return at == all_.end() ? nullptr : &*at;
    }
    std::vector<RuleText> all_;
};

void write(JsonWriter& json, const RuleText& rule) {
    json.begin_object();
    json.member("id", rule.id);
    text(json, "shortDescription", rule.summary);
    if (!rule.help.empty())
        text(json, "help", rule.help);
    if (!rule.verifier.empty()) {
        json.key("properties");
        json.begin_object();
        json.member("driverVerifier", rule.verifier);
        json.end_object();
    }
    json.end_object();
}

void mark_state(JsonWriter& json, State state, std::string_view suppressed_by) {
    json.member("baselineState", state == State::known ? "unchanged" : "new");
    json.key("suppressions");
    json.begin_array();
    if (state == State::suppressed) {
        json.begin_object();
        json.member("kind", "external");
        json.member("justification", suppressed_by);
        json.end_object();
    }
    json.end_array();
}

void write(JsonWriter& json, const Judged& entry, std::uint64_t occurrences, const Rules& rules) {
    const host::Finding& finding = entry.finding;
    json.begin_object();
    json.member("ruleId", finding.rule);
    json.member("ruleIndex", rules.index(finding.rule));
    json.member("level", "error");
    text(json, "message", finding.message.empty() ? finding.rule : finding.message);
    json.key("locations");
    json.begin_array();
    if (const host::Frame place = main_place(finding); !place.module.empty() || !place.function.empty())
        location(json, place, {});
    json.end_array();
    const bool has_frames = std::any_of(finding.sites.begin(), finding.sites.end(),
                                        [](const host::Site& site) { return !site.frames.empty(); });
    if (has_frames)
        code_flow(json, finding.sites);
    json.key("partialFingerprints");
    json.begin_object();
    json.member("ndispoolCallSite/v1", entry.fingerprint);
    json.end_object();
    json.member("occurrenceCount", occurrences);
    mark_state(json, entry.state, "a line of the file given with --suppressions");
    json.key("properties");
    json.begin_object();
    json.member("repeat", entry.repeat);
    json.member("driverVerifier", finding.verifier);
    json.end_object();
    json.end_object();
}

void write_results(JsonWriter& json, const std::vector<Judged>& findings, const Rules& rules) {
    std::map<std::string_view, std::uint64_t> occurrences;
    for (const Judged& entry : findings)
        ++occurrences[entry.fingerprint];
    json.key("results");
    json.begin_array();
    for (const Judged& entry : findings)
        if (const std::uint64_t number = std::exchange(occurrences[entry.fingerprint], 0)) // the first of its kind
            write(json, entry, number, rules);
    json.end_array();
}

} // namespace

void write_sarif(std::ostream& out, const CheckReport& report, const std::vector<Judged>& findings,
                 std::span<const RuleText> known_rules, std::string_view ndispool_version) {
    const Rules rules(known_rules, findings);
    JsonWriter json(out);
    json.begin_object();
    json.member("$schema", schema);
    json.member("version", "2.1.0");
    json.key("runs");
    json.begin_array();
    json.begin_object();
    json.key("tool");
    json.begin_object();
    json.key("driver");
    json.begin_object();
    json.member("name", "ndispool");
    json.member("version", ndispool_version);
    json.key("rules");
    json.begin_array();
    for (const RuleText& rule : rules.all())
        write(json, rule);
    json.end_array();
    json.end_object();
    json.end_object();
    json.key("automationDetails"); // code hosts keep the results of different drivers apart by this
    json.begin_object();
    json.member("id", fmt::format("ndispool/{}/", report.run.driver));
    json.end_object();
    json.key("invocations");
    json.begin_array();
    json.begin_object();
    json.member("executionSuccessful", true);
    json.member("commandLine", report.repeat);
    json.end_object();
    json.end_array();
    json.member("columnKind", "utf16CodeUnits");
    write_results(json, findings, rules);
    json.end_object();
    json.end_array();
    json.end_object();
}

} // namespace ndispool::observe
