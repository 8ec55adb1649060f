#include "ndispool/host/pool_rows.h"

#include <gtest/gtest.h>

namespace ndispool::host {
namespace {

PoolReport finished(const std::string& allocator, std::uint32_t descriptors, std::uint64_t allocations) {
    PoolReport pool;
    pool.allocator = allocator;
    pool.record.descriptors = descriptors;
    pool.record.peak = pool.record.overflow_peak = static_cast<std::uint32_t>(allocations);
    pool.record.allocations = pool.record.frees = allocations;
    pool.record.refusals = 1;
    pool.record.freed = true;
    return pool;
}

std::vector<PoolReport> finished_ones(std::size_t count) {
    std::vector<PoolReport> pools;
    for (std::size_t i = 0; i < count; ++i)
        pools.push_back(finished("driver!bind", 64, i));
    return pools;
}

TEST(PoolRows, few_pools_of_one_place_keep_their_rows) {
    EXPECT_EQ(merged_rows(finished_ones(rows_of_one_place)).size(), rows_of_one_place);
    EXPECT_TRUE(merged_rows({}).empty());
}

TEST(PoolRows, many_finished_pools_of_one_place_share_a_row_and_no_number_is_lost) {
    const auto rows = merged_rows(finished_ones(1000));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].pools, 1000U);
    EXPECT_EQ(rows[0].allocator, "driver!bind");
    EXPECT_EQ(rows[0].record.peak, 999U);
    EXPECT_EQ(rows[0].record.overflow_peak, 999U);
    EXPECT_EQ(rows[0].record.allocations, 999U * 1000 / 2);
    EXPECT_EQ(rows[0].record.frees, 999U * 1000 / 2);
    EXPECT_EQ(rows[0].record.refusals, 1000U);
}

TEST(PoolRows, what_leaked_is_alive_or_was_asked_for_otherwise_stands_by_itself) {
    std::vector<PoolReport> pools = finished_ones(100);
    pools[10].record.in_use_when_freed = 1;
    pools[20].record.freed = false;
    pools[30].record.alive = true;
    pools[40].record.descriptors = 65;
    pools[50].allocator = "driver!other";
    const auto rows = merged_rows(pools);
    ASSERT_EQ(rows.size(), 6U);
    EXPECT_EQ(rows[0].pools, 95U);
    EXPECT_EQ(rows[1].record.in_use_when_freed, 1U);
    EXPECT_FALSE(rows[2].record.freed);
    EXPECT_TRUE(rows[3].record.alive);
    EXPECT_EQ(rows[4].record.descriptors, 65U);
    EXPECT_EQ(rows[5].allocator, "driver!other");
}

} // namespace
} // namespace ndispool::host
