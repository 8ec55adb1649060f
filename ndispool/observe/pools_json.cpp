#include "ndispool/observe/pools_json.h"

#include "ndispool/observe/pool_json.h"

#include <cstdint>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

// The driver or program that made the pool: "passthru" of "passthru!PtBind+0x3c"; nothing of a bare address.
std::string_view owner_of(std::string_view allocator) {
    const std::size_t end = allocator.find('!');
    return end == allocator.npos ? std::string_view{} : allocator.substr(0, end);
}

void write(JsonWriter& json, const Watched& watched) {
    json.begin_object();
    json.member("process", static_cast<std::uint64_t>(watched.process));
    json.member("program", watched.answer.program);
    json.member("pools_forgotten", watched.answer.forgotten);
    json.key("pools");
    json.begin_array();
    for (const monitor::Pool& pool : watched.answer.pools) {
        json.begin_object();
        write_pool_fields(json, pool.record, pool.allocator);
        json.member("owner", owner_of(pool.allocator));
        json.member("handle", fmt::format("{:#x}", reinterpret_cast<std::uintptr_t>(pool.record.handle)));
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

} // namespace

void write_pools_json(std::ostream& out, const std::vector<Watched>& processes, std::string_view ndispool_version) {
    JsonWriter json(out);
    json.begin_object();
    json.member("schema", "ndispool-pools");
    json.member("version", 1u);
    json.member("ndispool_version", ndispool_version);
    json.key("processes");
    json.begin_array();
    for (const Watched& watched : processes)
        write(json, watched);
    json.end_array();
    json.end_object();
}

} // namespace ndispool::observe
