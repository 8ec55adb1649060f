#include "ndispool/observe/report_json.h"

#include "ndispool/observe/json.h"
#include "ndispool/observe/kind.h"

namespace ndispool::observe {

namespace {

constexpr unsigned schema_version = 1;

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
    json.end_object();
}

void write(JsonWriter& json, const host::PoolReport& pool) {
    const ndis::PoolRecord& record = pool.record;
    json.begin_object();
    json.member("id", record.id);
    json.member("allocator", pool.allocator);
    json.member("descriptors", record.descriptors);
    json.member("overflow", record.overflow);
    json.member("capacity", record.capacity);
    json.member("in_use", record.in_use);
    json.member("peak", record.peak);
    json.member("overflow_in_use", record.overflow_in_use);
    json.member("overflow_peak", record.overflow_peak);
    json.member("allocations", record.allocations);
    json.member("frees", record.frees);
    json.member("refusals", record.refusals);
    json.member("packet_size_bytes", record.packet_size);
    json.member("protocol_reserved_bytes", record.protocol_reserved);
    json.member("protocol_id", record.protocol_id);
    json.member("freed", record.freed);
    json.member("in_use_when_freed", record.in_use_when_freed);
    json.member("empty_when_freed", record.freed && record.in_use_when_freed == 0);
    json.member("alive", record.alive);
    json.end_object();
}

void write(JsonWriter& json, const host::Finding& finding) {
    json.begin_object();
    json.member("rule", finding.rule);
    json.member("message", finding.message);
    json.member("where", finding.where);
    json.end_object();
}

void write(JsonWriter& json, const std::string& line) {
    json.value(line);
}

void write_list(JsonWriter& json, std::string_view name, const auto& list) {
    json.key(name);
    json.begin_array();
    for (const auto& entry : list)
        write(json, entry);
    json.end_array();
}

} // namespace

void write_report_json(std::ostream& out, const host::Report& report, std::string_view ndispool_version) {
    JsonWriter json(out);
    json.begin_object();
    json.member("schema", "ndispool-run");
    json.member("version", schema_version);
    json.member("ndispool_version", ndispool_version);
    json.member("driver", report.driver);
    json.member("kind", kind_name(report.kind));
    json.member("seed", report.seed);
    json.member("processors", report.processors);
    json.member("interrupted", report.interrupted);
    json.member("seconds", report.seconds);
    json.member("packets", report.packets);
    json.member("packets_per_second", report.packets_per_second);
    write_list(json, "wires", report.wires);
    write_list(json, "pools", report.pools);
    write_list(json, "findings", report.findings);
    write_list(json, "log", report.log);
    json.end_object();
}

} // namespace ndispool::observe
