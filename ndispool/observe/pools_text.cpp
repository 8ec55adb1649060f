#include "ndispool/observe/pools_text.h"

#include "ndispool/observe/table.h"
#include "ndispool/observe/utf8.h"
#include "ndispool/observe/words.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace ndispool::observe {

namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::string table(const std::vector<monitor::Pool>& pools) {
    Table table({{"", "static"},
                 {"descriptors", "overflow"},
                 {"", "now"},
                 {"in use", "peak"},
                 {"", "now"},
                 {"overflow", "peak"},
                 {"", "allocations"},
                 {"", "refusals"},
                 {"packet", "bytes"},
                 {"", "freed", false},
                 {"", "handle"},
                 {"", "allocated by", false}});
    for (const monitor::Pool& pool : pools) {
        const ndis::PoolRecord& record = pool.record;
        table.add({number(record.descriptors), number(record.overflow), number(record.in_use), number(record.peak),
                   number(record.overflow_in_use), number(record.overflow_peak), number(record.allocations),
                   number(record.refusals), number(record.packet_size), freed_text(record),
                   fmt::format("{:#x}", reinterpret_cast<std::uintptr_t>(record.handle)), printable(pool.allocator)});
    }
    return table.text();
}

std::string process_text(const Watched& watched, bool all) {
    std::vector<monitor::Pool> pools = watched.answer.pools;
    const std::size_t freed =
        std::erase_if(pools, [&](const monitor::Pool& pool) { return !all && !pool.record.alive; });
    const std::uint64_t left_out = freed + watched.answer.forgotten;
    return fmt::format("Process {}: {}, {}{}\n{}", watched.process, printable(watched.answer.program),
                       counted(pools.size(), "packet pool"),
                       left_out == 0 ? "" : fmt::format("; {} freed and empty", left_out),
                       pools.empty() ? "" : table(pools));
}

} // namespace

std::string freed_text(const ndis::PoolRecord& record) {
    if (!record.freed)
        return "no";
    return record.in_use_when_freed == 0 ? "empty" : fmt::format("{} out", record.in_use_when_freed);
}

std::string pools_text(const std::vector<Watched>& processes, bool all) {
    std::string text;
    for (const Watched& watched : processes)
        text += (text.empty() ? "" : "\n") + process_text(watched, all);
    return text;
}

} // namespace ndispool::observe
