#include "ndispool/observe/report_json.h"

#include "ndispool/observe/json.h"
#include "ndispool/observe/kind.h"
#include "ndispool/observe/pool_json.h"
#include "ndispool/observe/words.h"

namespace ndispool::observe {

namespace {

constexpr unsigned schema_version = 1;

// All that a list may hold; found here when write_list() is read.
void write(JsonWriter& json, const host::WireReport& wire);
void write(JsonWriter& json, const host::PoolReport& pool);
void write(JsonWriter& json, const host::Frame& frame);
void write(JsonWriter& json, const host::Site& site);
void write(JsonWriter& json, const Judged& entry);
void write(JsonWriter& json, const CaseReport& entry);
void write(JsonWriter& json, const std::string& line);

void write_list(JsonWriter& json, std::string_view name, const auto& list) {
    json.key(name);
    json.begin_array();
    for (const auto& entry : list)
        write(json, entry);
    json.end_array();
}

void write(JsonWriter& json, const host::WireReport& wire) {
    json.begin_object();
    json.member("side", wire.side);
    json.member("spec", wire.spec);
    json.member("frames_in", wire.frames_in);
    json.member("bytes_in", wire.bytes_in);
    json.member("frames_out", wire.frames_out);
    json.member("bytes_out", wire.bytes_out);
    json.member("frames_refused", wire.refused);
    json.key("trouble");
    if (wire.trouble)
        json.value(*wire.trouble);
    else
        json.null();
    json.key("details");
    json.begin_object();
    for (const auto& [name, count] : wire.details)
        json.member(name, count);
    json.end_object();
    json.end_object();
}

void write(JsonWriter& json, const host::PoolReport& pool) {
    json.begin_object();
    write_pool_fields(json, pool.record, pool.allocator);
    json.member("pools", pool.pools);
    json.end_object();
}

void write(JsonWriter& json, const host::Frame& frame) {
    json.begin_object();
    json.member("module", frame.module);
    json.member("function", frame.function);
    json.member("offset", frame.offset);
    json.member("file", frame.file);
    json.member("line", frame.line);
    json.member("address", frame.address);
    json.end_object();
}

void write(JsonWriter& json, const std::string& line) {
    json.value(line);
}

void write(JsonWriter& json, const host::Site& site) {
    json.begin_object();
    json.member("what", site.what);
    json.member("processor", site.processor);
    json.member("irql", site.irql);
    json.member("time_100ns", site.time_100ns);
    write_list(json, "frames", site.frames);
    json.end_object();
}

void write(JsonWriter& json, const Judged& entry) {
    const host::Finding& finding = entry.finding;
    json.begin_object();
    json.member("rule", finding.rule);
    json.member("message", finding.message);
    json.member("where", finding.where);
    json.member("verifier", finding.verifier);
    json.member("fingerprint", entry.fingerprint);
    json.member("state", state_name(entry.state));
    json.member("repeat", entry.repeat);
    json.key("case");
    if (entry.in_case)
        json.value(std::uint64_t{*entry.in_case});
    else
        json.null();
    write_list(json, "sites", finding.sites);
    json.end_object();
}

void write(JsonWriter& json, const CaseReport& entry) {
    json.begin_object();
    json.member("name", entry.name);
    json.member("outcome", outcome_name(entry.outcome));
    json.member("answer", entry.answer);
    json.member("seconds", entry.seconds);
    json.member("findings", std::uint64_t{entry.findings.size()});
    json.member("repeat", entry.repeat);
    json.end_object();
}

void write_sweep(JsonWriter& json, const CheckReport& report) {
    json.member("check_seconds", report.seconds);
    json.member("failable_calls", report.failable_calls);
    json.member("failable_stacks", report.failable_stacks);
    json.member("shard", report.shard);
    json.member("shards", report.shards);
    write_list(json, "cases", report.cases);
}

} // namespace

void write_report_json(std::ostream& out, const CheckReport& report, const std::vector<Judged>& findings,
                       std::string_view ndispool_version) {
    const host::Report& run = report.run;
    JsonWriter json(out);
    json.begin_object();
    json.member("schema", report.swept ? "ndispool-check" : "ndispool-run");
    json.member("version", schema_version);
    json.member("ndispool_version", ndispool_version);
    json.member("driver", run.driver);
    json.member("kind", kind_name(run.kind));
    if (!run.with.empty())
        write_list(json, "with", run.with);
    json.member("seed", run.seed);
    json.member("processors", run.processors);
    json.member("clock", run.virtual_clock ? "virtual" : "real");
    json.member("interrupted", run.interrupted);
    if (run.restless)
        json.member("restless", true);
    json.member("seconds", run.seconds);
    json.member("packets", run.packets);
    json.member("packets_per_second", run.packets_per_second);
    write_list(json, "wires", run.wires);
    write_list(json, "pools", run.pools);
    json.member("pools_forgotten", run.pools_forgotten);
    write_list(json, "findings", findings);
    if (!run.freedom.empty()) {
        json.key("freedom");
        json.begin_object();
        for (const auto& [name, count] : run.freedom)
            json.member(name, count);
        json.end_object();
    }
    write_list(json, "trouble", run.trouble);
    write_list(json, "log", run.log);
    if (report.swept)
        write_sweep(json, report);
    json.end_object();
}

} // namespace ndispool::observe
