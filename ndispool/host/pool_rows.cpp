#include "ndispool/host/pool_rows.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace ndispool::host {

namespace {

bool is_over(const ndis::PoolRecord& record) {
    return record.freed && record.in_use_when_freed == 0 && !record.alive;
}

auto origin(const PoolReport& pool) {
    const ndis::PoolRecord& record = pool.record;
    return std::tuple(pool.allocator, record.descriptors, record.overflow, record.protocol_reserved);
}

void add(PoolReport& row, const PoolReport& pool) {
    ndis::PoolRecord& to = row.record;
    const ndis::PoolRecord& from = pool.record;
    row.pools += pool.pools;
    to.peak = std::max(to.peak, from.peak);
    to.overflow_peak = std::max(to.overflow_peak, from.overflow_peak);
    to.allocations += from.allocations;
    to.frees += from.frees;
    to.refusals += from.refusals;
}

} // namespace

std::vector<PoolReport> merged_rows(std::vector<PoolReport> pools) {
    using Origin = decltype(origin(pools.front()));
    std::map<Origin, std::size_t> finished;
    for (const PoolReport& pool : pools)
        finished[origin(pool)] += is_over(pool.record) ? 1 : 0;
    std::vector<PoolReport> rows;
    std::map<Origin, std::size_t> shared; // where their row is
    for (PoolReport& pool : pools) {
        const Origin place = origin(pool);
        if (is_over(pool.record) && finished[place] > rows_of_one_place) {
            const auto [row, is_first] = shared.emplace(place, rows.size());
            if (!is_first) {
                add(rows[row->second], pool);
                continue;
            }
        }
        rows.push_back(std::move(pool));
    }
    return rows;
}

} // namespace ndispool::host
