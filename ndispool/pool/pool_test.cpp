// The contract of pool.h, one thread at a time. Its memory: pool_memory_test.cpp. Many threads: pool_threads_test.cpp.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace ndispool::pool {
namespace {

std::unique_ptr<Pool> pool_of(std::uint32_t descriptors, std::uint32_t overflow, std::size_t size = 64) {
    return Pool::create({.descriptors = descriptors, .overflow = overflow, .size = size});
}

// All there is, one by one.
std::vector<void*> drain(Pool& pool) {
    std::vector<void*> held;
    while (void* descriptor = pool.allocate())
        held.push_back(descriptor);
    return held;
}

class PoolCapacity : public testing::TestWithParam<Shape> {};

TEST_P(PoolCapacity, exactly_descriptors_plus_overflow_succeed_and_one_free_makes_exactly_one_succeed) {
    const auto pool = Pool::create(GetParam());
    ASSERT_TRUE(pool);
    const std::uint32_t capacity = GetParam().descriptors + GetParam().overflow;
    EXPECT_EQ(pool->capacity(), capacity);
    std::vector<void*> held = drain(*pool);
    ASSERT_EQ(held.size(), capacity);
    EXPECT_EQ(pool->in_use(), capacity);
    EXPECT_EQ(pool->allocate(), nullptr);
    for (const std::size_t one : {std::size_t{0}, held.size() / 2, held.size() - 1}) {
        if (held.empty())
            break;
        EXPECT_TRUE(pool->free(held[one]));
        EXPECT_EQ(pool->in_use(), capacity - 1);
        EXPECT_NE(held[one] = pool->allocate(), nullptr);
        EXPECT_EQ(pool->allocate(), nullptr);
    }
    EXPECT_EQ(pool->free(held), capacity);
    EXPECT_EQ(pool->in_use(), 0u);
    EXPECT_EQ(pool->snapshot().overflow_in_use, 0u);
}

TEST_P(PoolCapacity, a_bulk_allocation_is_short_only_by_what_the_pool_does_not_have) {
    const auto pool = Pool::create(GetParam());
    ASSERT_TRUE(pool);
    std::vector<void*> held(pool->capacity() + 3);
    ASSERT_EQ(pool->allocate(held), pool->capacity());
    held.resize(pool->capacity());
    auto sorted = held;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
    EXPECT_EQ(pool->free(held), held.size());
    EXPECT_EQ(pool->in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PoolCapacity,
                         testing::Values(Shape{0, 0, 64}, Shape{0, 1, 64}, Shape{1, 0, 64}, Shape{1, 1, 64},
                                         Shape{0, 500, 384}, Shape{65535, 0, 64}, Shape{65534, 1, 64},
                                         Shape{1, 65534, 64}, Shape{0, 65535, 64}, Shape{64, 64, 20000}),
                         [](const auto& test) {
                             return std::to_string(test.param.descriptors) + "_and_" +
                                    std::to_string(test.param.overflow) + "_of_" + std::to_string(test.param.size);
                         });

TEST(Pool, is_not_created_of_a_shape_that_breaks_the_rules) {
    EXPECT_FALSE(Pool::create({.descriptors = 65536, .overflow = 0, .size = 64}));
    EXPECT_FALSE(Pool::create({.descriptors = 65535, .overflow = 1, .size = 64}));
    EXPECT_FALSE(Pool::create({.descriptors = 1, .overflow = 0xFFFFFFFF, .size = 64}));
    EXPECT_FALSE(Pool::create({.descriptors = 1, .overflow = 0, .size = 0}));
    EXPECT_FALSE(Pool::create({.descriptors = 1, .overflow = 0, .size = SIZE_MAX}));
    EXPECT_FALSE(Pool::create({.descriptors = 1, .overflow = 0, .size = 64, .alignment = 0}));
    EXPECT_FALSE(Pool::create({.descriptors = 1, .overflow = 0, .size = 64, .alignment = 48}));
    EXPECT_FALSE(Pool::create({.descriptors = 1, .overflow = 0, .size = 64, .alignment = 8192}));
}

TEST(Pool, static_descriptors_go_out_before_overflow_ones) {
    const auto pool = pool_of(3, 2);
    const std::vector<void*> held = drain(*pool);
    EXPECT_EQ(pool->snapshot().overflow_in_use, 2u);
    // One static and one overflow descriptor are free: the static one is taken.
    pool->free(held[4]);
    pool->free(held[1]);
    EXPECT_EQ(pool->allocate(), held[1]);
    EXPECT_EQ(pool->snapshot().overflow_in_use, 1u);
    EXPECT_NE(pool->allocate(), nullptr);
    EXPECT_EQ(pool->snapshot().overflow_in_use, 2u);
}

TEST(Pool, an_overflow_descriptor_goes_back_to_overflow_whatever_is_free) {
    const auto pool = pool_of(1, 2);
    const std::vector<void*> held = drain(*pool);
    pool->free(held[0]);
    EXPECT_EQ(pool->snapshot().overflow_in_use, 2u);
    pool->free(held[1]);
    EXPECT_EQ(pool->snapshot().overflow_in_use, 1u);
    EXPECT_EQ(pool->in_use(), 1u);
}

TEST(Pool, the_descriptor_freed_last_is_taken_first) {
    const auto pool = pool_of(8, 0);
    const std::vector<void*> held = drain(*pool);
    for (const std::size_t one : {2, 7, 0})
        pool->free(held[one]);
    EXPECT_EQ(pool->allocate(), held[0]);
    EXPECT_EQ(pool->allocate(), held[7]);
    EXPECT_EQ(pool->allocate(), held[2]);
}

TEST(Pool, descriptors_are_aligned_and_never_overlap) {
    for (const std::size_t size : {1, 7, 64, 65, 384, 5000})
        for (const std::size_t alignment : {1, 8, 64, 4096}) {
            SCOPED_TRACE(testing::Message() << size << " bytes aligned " << alignment);
            const auto pool = Pool::create({.descriptors = 150, .overflow = 150, .size = size, .alignment = alignment});
            std::vector<void*> held = drain(*pool);
            ASSERT_EQ(held.size(), 300u);
            std::sort(held.begin(), held.end());
            std::uintptr_t end = 0;
            for (void* descriptor : held) {
                const auto start = reinterpret_cast<std::uintptr_t>(descriptor);
                EXPECT_EQ(start % alignment, 0u);
                EXPECT_GE(start, end);
                end = start + size;
            }
        }
}

TEST(Pool, of_a_descriptor_that_was_freed_only_the_last_64_bytes_are_the_pools) {
    constexpr std::size_t size = 136, kept = 192 - 64; // the stride is 192
    const auto pool = pool_of(100, 100, size);
    std::vector<void*> held = drain(*pool);
    for (void* descriptor : held)
        std::memset(descriptor, 0xAB, size);
    // The static ones all come and go between the same overflow ones.
    const auto statics = std::span(held).first(100);
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(pool->free(statics), 100u);
        EXPECT_EQ(pool->allocate(statics), 100u);
    }
    for (void* descriptor : held) {
        const std::span bytes(static_cast<unsigned char*>(descriptor), kept);
        EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0xAB; }));
    }
    EXPECT_EQ(pool->free(held), 200u);
}

TEST(Pool, a_holder_has_the_whole_descriptor_whatever_the_others_do) {
    for (const std::size_t size : {1, 64, 100, 384}) {
        const auto pool = pool_of(200, 0, size);
        std::vector<void*> held = drain(*pool);
        for (std::size_t i = 0; i < held.size(); ++i)
            std::memset(held[i], static_cast<int>(i + 1), size);
        const auto odd = [&](auto action) {
            for (std::size_t i = 1; i < held.size(); i += 2)
                action(held[i]);
        };
        odd([&](void* descriptor) { pool->free(descriptor); });
        odd([&](void*& descriptor) { std::memset(descriptor = pool->allocate(), 0, size); });
        for (std::size_t i = 0; i < held.size(); i += 2) {
            const std::span bytes(static_cast<unsigned char*>(held[i]), size);
            EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [&](unsigned char byte) { return byte == i + 1; }));
        }
    }
}

TEST(Pool, no_two_descriptors_share_a_cache_line) {
    const auto pool = pool_of(50, 50, 1);
    std::vector<void*> held = drain(*pool);
    std::sort(held.begin(), held.end());
    for (std::size_t i = 1; i < held.size(); ++i)
        EXPECT_NE(reinterpret_cast<std::uintptr_t>(held[i - 1]) / 64, reinterpret_cast<std::uintptr_t>(held[i]) / 64);
}

TEST(Pool, a_free_of_a_foreign_pointer_is_refused_and_changes_nothing) {
    const auto pool = pool_of(2, 2);
    const auto other = pool_of(2, 2);
    const std::vector<void*> held = drain(*pool);
    std::vector<void*> foreign = drain(*other);
    int local = 0;
    foreign.insert(foreign.end(), {nullptr, &local, pool.get(), reinterpret_cast<void*>(UINTPTR_MAX)});
    for (void* descriptor : held)
        for (const int offset : {-1, 1, 8, 63, 4096, 1 << 20})
            foreign.push_back(static_cast<std::byte*>(descriptor) + offset);
    for (void* pointer : foreign) {
        EXPECT_FALSE(pool->free(pointer)) << pointer;
        EXPECT_FALSE(pool->owns(pointer)) << pointer;
        EXPECT_FALSE(pool->is_allocated(pointer)) << pointer;
    }
    EXPECT_EQ(pool->free(foreign), 0u);
    EXPECT_EQ(pool->in_use(), 4u);
    EXPECT_EQ(pool->free(held), 4u);
}

TEST(Pool, owns_static_descriptors_always_and_overflow_ones_while_they_are_out) {
    const auto pool = pool_of(1, 1);
    const std::vector<void*> held = drain(*pool);
    EXPECT_TRUE(pool->owns(held[0]));
    EXPECT_TRUE(pool->owns(held[1]));
    EXPECT_TRUE(pool->is_allocated(held[0]));
    EXPECT_TRUE(pool->is_allocated(held[1]));
    pool->free(held);
    EXPECT_TRUE(pool->owns(held[0]));
    EXPECT_FALSE(pool->owns(held[1]));
    EXPECT_FALSE(pool->is_allocated(held[0]));
    EXPECT_FALSE(pool->is_allocated(held[1]));
}

TEST(Pool, shows_exactly_the_descriptors_that_are_out) {
    const auto pool = pool_of(100, 1000);
    std::vector<void*> held = drain(*pool);
    std::vector<void*> out;
    for (std::size_t i = 0; i < held.size(); ++i)
        if (i % 3 == 0)
            out.push_back(held[i]);
        else
            pool->free(held[i]);
    std::vector<void*> shown;
    pool->for_each_in_use([&](void* descriptor) { shown.push_back(descriptor); });
    std::sort(shown.begin(), shown.end());
    std::sort(out.begin(), out.end());
    EXPECT_EQ(shown, out);
}

TEST(Pool, snapshot_tells_use_peaks_allocations_frees_and_refusals) {
    const auto pool = pool_of(2, 3);
    std::vector<void*> held(4);
    ASSERT_EQ(pool->allocate(held), 4u);
    EXPECT_EQ(pool->free(held), 4u);
    held.resize(6);
    EXPECT_EQ(pool->allocate(held), 5u);
    EXPECT_EQ(pool->allocate(), nullptr);
    EXPECT_EQ(pool->free(std::span(held).first(3)), 3u);
    const Snapshot now = pool->snapshot();
    EXPECT_EQ(now.shape.descriptors, 2u);
    EXPECT_EQ(now.shape.overflow, 3u);
    EXPECT_EQ(now.shape.size, 64u);
    EXPECT_EQ(now.in_use, 2u);
    EXPECT_EQ(now.peak, 5u);
    EXPECT_EQ(now.overflow_in_use, 2u);
    EXPECT_EQ(now.overflow_peak, 3u);
    EXPECT_EQ(now.allocations, 9u);
    EXPECT_EQ(now.frees, 7u);
    EXPECT_EQ(now.refusals, 2u);
}

// What came back to the depot and was fetched from there again may make a peak without another record of the depot's.
TEST(Pool, the_peak_of_one_thread_is_exact) {
    const auto pool = pool_of(75, 0);
    std::vector<void*> held(75);
    const std::span all(held);
    ASSERT_EQ(pool->allocate(all.first(47)), 47u);
    ASSERT_EQ(pool->free(all.first(44)), 44u);
    ASSERT_EQ(pool->allocate(all.first(48)), 48u);
    ASSERT_EQ(pool->allocate(all.subspan(48, 12)), 12u);
    ASSERT_TRUE(pool->free(held[0]));
    EXPECT_EQ(pool->snapshot().in_use, 62u);
    EXPECT_EQ(pool->snapshot().peak, 63u);
}

TEST(Pool, an_empty_bulk_is_no_refusal) {
    const auto pool = pool_of(0, 0);
    EXPECT_EQ(pool->allocate(std::span<void*>()), 0u);
    EXPECT_EQ(pool->free(std::span<void* const>()), 0u);
    EXPECT_EQ(pool->snapshot().refusals, 0u);
}

} // namespace
} // namespace ndispool::pool
