#include "ndispool/observe/report_read.h"

#include "ndispool/observe/kind.h"
#include "ndispool/observe/words.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ndispool::observe {

namespace {

using nlohmann::json;

void take(const json& from, const char* name, auto& to) {
    if (const auto at = from.find(name); at != from.end() && !at->is_null())
        at->get_to(to);
}

template <class Entry> std::vector<Entry> list(const json& from, const char* name, Entry (*read)(const json&)) {
    std::vector<Entry> entries;
    if (const auto at = from.find(name); at != from.end())
        for (const json& entry : at->get_ref<const json::array_t&>())
            entries.push_back(read(entry));
    return entries;
}

host::WireReport wire(const json& from) {
    host::WireReport to;
    take(from, "side", to.side);
    take(from, "spec", to.spec);
    take(from, "frames_in", to.frames_in);
    take(from, "bytes_in", to.bytes_in);
    take(from, "frames_out", to.frames_out);
    take(from, "bytes_out", to.bytes_out);
    take(from, "frames_refused", to.refused);
    if (const auto at = from.find("trouble"); at != from.end() && at->is_string())
        to.trouble = at->get<std::string>();
    if (const auto at = from.find("details"); at != from.end())
        for (const auto& [name, count] : at->get_ref<const json::object_t&>())
            to.details.emplace_back(name, count.get<std::uint64_t>());
    return to;
}

host::PoolReport pool(const json& from) {
    host::PoolReport to;
    take(from, "allocator", to.allocator);
    take(from, "pools", to.pools);
    ndis::PoolRecord& record = to.record;
    take(from, "id", record.id);
    take(from, "descriptors", record.descriptors);
    take(from, "overflow", record.overflow);
    take(from, "capacity", record.capacity);
    take(from, "in_use", record.in_use);
    take(from, "peak", record.peak);
    take(from, "overflow_in_use", record.overflow_in_use);
    take(from, "overflow_peak", record.overflow_peak);
    take(from, "allocations", record.allocations);
    take(from, "frees", record.frees);
    take(from, "refusals", record.refusals);
    take(from, "packet_size_bytes", record.packet_size);
    take(from, "protocol_reserved_bytes", record.protocol_reserved);
    take(from, "protocol_id", record.protocol_id);
    take(from, "freed", record.freed);
    take(from, "in_use_when_freed", record.in_use_when_freed);
    take(from, "alive", record.alive);
    return to;
}

host::Frame frame(const json& from) {
    host::Frame to;
    take(from, "module", to.module);
    take(from, "function", to.function);
    take(from, "offset", to.offset);
    take(from, "file", to.file);
    take(from, "line", to.line);
    take(from, "address", to.address);
    return to;
}

host::Site site(const json& from) {
    host::Site to;
    take(from, "what", to.what);
    take(from, "processor", to.processor);
    take(from, "irql", to.irql);
    take(from, "time_100ns", to.time_100ns);
    to.frames = list<host::Frame>(from, "frames", frame);
    return to;
}

host::Finding finding(const json& from) {
    host::Finding to;
    take(from, "rule", to.rule);
    take(from, "message", to.message);
    take(from, "where", to.where);
    take(from, "verifier", to.verifier);
    to.sites = list<host::Site>(from, "sites", site);
    return to;
}

CaseReport fault_case(const json& from) {
    CaseReport to;
    take(from, "name", to.name);
    take(from, "repeat", to.repeat);
    take(from, "answer", to.answer);
    take(from, "seconds", to.seconds);
    std::string outcome;
    take(from, "outcome", outcome);
    to.outcome = Outcome::lost;
    for (const Outcome known : {Outcome::passed, Outcome::findings, Outcome::crashed, Outcome::hung})
        if (outcome_name(known) == outcome)
            to.outcome = known;
    return to;
}

host::Kind kind(const json& from) {
    std::string name;
    take(from, "kind", name);
    for (const host::Kind known : {host::Kind::intermediate, host::Kind::miniport})
        if (kind_name(known) == name)
            return known;
    return host::Kind::protocol;
}

void add_finding(CheckReport& report, const json& from) {
    const auto at = from.find("case");
    if (at == from.end() || at->is_null())
        report.run.findings.push_back(finding(from));
    else
        report.cases.at(at->get<std::size_t>()).findings.push_back(finding(from));
}

CheckReport report_from(const json& from, bool swept) {
    CheckReport report;
    report.swept = swept;
    host::Report& run = report.run;
    take(from, "driver", run.driver);
    run.kind = kind(from);
    take(from, "with", run.with);
    take(from, "seed", run.seed);
    take(from, "processors", run.processors);
    take(from, "interrupted", run.interrupted);
    take(from, "restless", run.restless);
    take(from, "seconds", run.seconds);
    take(from, "packets", run.packets);
    take(from, "packets_per_second", run.packets_per_second);
    if (const auto at = from.find("freedom"); at != from.end())
        for (const auto& [name, count] : at->items())
            run.freedom.emplace_back(name, count.get<std::uint64_t>());
    take(from, "log", run.log);
    run.wires = list<host::WireReport>(from, "wires", wire);
    run.pools = list<host::PoolReport>(from, "pools", pool);
    take(from, "pools_forgotten", run.pools_forgotten);
    report.cases = list<CaseReport>(from, "cases", fault_case);
    take(from, "check_seconds", report.seconds);
    take(from, "failable_calls", report.failable_calls);
    take(from, "failable_stacks", report.failable_stacks);
    take(from, "shard", report.shard);
    take(from, "shards", report.shards);
    if (const auto at = from.find("findings"); at != from.end())
        for (const json& entry : at->get_ref<const json::array_t&>())
            add_finding(report, entry);
    return report;
}

} // namespace

CheckReport parse_report(const std::string& text, const std::string& name) {
    const auto document = json::parse(text, nullptr, false);
    const std::string schema = document.is_object() && document.contains("schema") && document["schema"].is_string()
                                   ? document["schema"].get<std::string>()
                                   : "";
    if (schema != "ndispool-run" && schema != "ndispool-check")
        throw InputError(fmt::format("{} is no recorded run; name a file that 'ndispool run --json FILE' or 'ndispool "
                                     "check --json FILE' wrote",
                                     name));
    try {
        return report_from(document, schema == "ndispool-check");
    } catch (const std::exception&) { // a field of another type, a case that is not there
        throw InputError(
            fmt::format("{} is a recorded run of another version, or was changed; record it again with --json", name));
    }
}

} // namespace ndispool::observe
