#include "ndispool/observe/pool_json.h"

namespace ndispool::observe {

void write_pool_fields(JsonWriter& json, const ndis::PoolRecord& record, std::string_view allocator) {
    json.member("id", record.id);
    json.member("allocator", allocator);
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
}

} // namespace ndispool::observe
