// When a pool takes memory from the system, when it gives it back, and what a refusal does.
#include "ndispool/pool/test_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

// Present when the program runs under a sanitizer.
extern "C" [[gnu::weak]] void __asan_init();
extern "C" [[gnu::weak]] void __tsan_init();

namespace ndispool::pool {
namespace {

const bool shadow_memory_counts_too = &__asan_init != nullptr || &__tsan_init != nullptr;

// Resident bytes of this process, exact (the quick counter in statm lags by up to 64 pages a thread).
std::size_t resident() {
    std::ifstream rollup("/proc/self/smaps_rollup");
    std::string word;
    while (rollup >> word)
        if (word == "Rss:") {
            std::size_t kilobytes = 0;
            rollup >> kilobytes;
            return kilobytes * 1024;
        }
    return 0;
}

// Everything of the pool, each descriptor written to in full.
void fill(Pool& pool, std::vector<void*>& held) {
    held.resize(pool.capacity());
    ASSERT_EQ(pool.allocate(held), held.size());
    for (void* descriptor : held)
        std::memset(descriptor, 1, pool.shape().size);
}

TEST(PoolMemory, creation_takes_the_static_part_only) {
    TestPages pages;
    const auto with = Pool::create({.descriptors = 1000, .overflow = 60000, .size = 400, .alignment = 16}, pages);
    const std::size_t taken = pages.out();
    EXPECT_GE(taken, 448'000u); // the stride is a multiple of 64
    EXPECT_LE(taken, 458'000u);
    const auto without = Pool::create({.descriptors = 1000, .overflow = 0, .size = 400, .alignment = 16}, pages);
    EXPECT_EQ(pages.out(), 2 * taken);
}

TEST(PoolMemory, static_descriptors_never_ask_the_system) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 100, .overflow = 100, .size = 400}, pages);
    std::vector<void*> held(100);
    pages.before_map = [] { ADD_FAILURE() << "asked for memory while a static descriptor was free"; };
    ASSERT_EQ(pool->allocate(held), 100u);
    EXPECT_EQ(pool->free(held), 100u);
}

TEST(PoolMemory, a_chunk_goes_back_when_its_last_descriptor_is_freed) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 1, .overflow = 500, .size = 1000}, pages);
    const std::size_t before = pages.out();
    pool->free(pool->allocate()); // this thread's stock is counted, too
    const std::size_t held_before = pool->snapshot().bytes;
    std::vector<void*> held;
    fill(*pool, held);
    EXPECT_GE(pages.out() - before, 500u * 1000);
    EXPECT_EQ(pool->snapshot().bytes - held_before, pages.out() - before);
    std::size_t last = pages.out();
    for (std::size_t i = 1; i + 1 < held.size(); ++i) {
        pool->free(held[i]);
        EXPECT_LE(pages.out(), last);
        last = pages.out();
    }
    EXPECT_EQ(pages.out() - before, 164u * 1024) << "one descriptor keeps one chunk: 160 of 1024 bytes and their marks";
    pool->free(held.back());
    EXPECT_EQ(pages.out(), before);
    EXPECT_EQ(pool->snapshot().bytes, held_before);
}

TEST(PoolMemory, peaks_of_any_size_leave_the_resident_memory_where_it_was) {
    if (shadow_memory_counts_too)
        GTEST_SKIP() << "a sanitizer's shadow memory is resident too";
    const auto pool = Pool::create({.descriptors = 1, .overflow = max_capacity - 1, .size = 384});
    std::vector<void*> held;
    held.reserve(max_capacity);
    const auto peak = [&](std::uint32_t height) {
        for (std::uint32_t i = 0; i < height; ++i) {
            held.push_back(pool->allocate());
            std::memset(held.back(), 1, 384);
        }
        const std::size_t highest = resident();
        EXPECT_EQ(pool->free(held), height);
        held.clear();
        return highest;
    };
    peak(max_capacity); // from here on the test's own memory is all touched
    const std::size_t before = resident();
    const std::size_t bytes = pool->snapshot().bytes;
    for (const std::uint32_t height : {std::uint32_t{1}, std::uint32_t{170}, std::uint32_t{5000}, max_capacity}) {
        const std::size_t highest = peak(height);
        EXPECT_GE(highest, before + (height - 1) * std::size_t{384});
        EXPECT_LE(resident(), before + 16 * 1024) << "after a peak of " << height;
        EXPECT_EQ(pool->snapshot().bytes, bytes);
    }
}

TEST(PoolMemory, the_first_peak_leaves_no_more_than_later_ones) {
    if (shadow_memory_counts_too)
        GTEST_SKIP() << "a sanitizer's shadow memory is resident too";
    std::vector<void*> held(max_capacity, nullptr);
    const auto pool = Pool::create({.descriptors = 1, .overflow = max_capacity - 1, .size = 384});
    const std::size_t before = resident();
    fill(*pool, held);
    EXPECT_GT(resident(), before + 24'000'000);
    EXPECT_EQ(pool->free(held), held.size());
    // The static descriptor's page, and pages of code that ran for the first time.
    EXPECT_LE(resident(), before + 256 * 1024);
}

TEST(PoolMemory, static_memory_is_not_touched_before_it_is_used) {
    if (shadow_memory_counts_too)
        GTEST_SKIP() << "a sanitizer's shadow memory is resident too";
    const std::size_t before = resident();
    const auto pool = Pool::create({.descriptors = max_capacity, .overflow = 0, .size = 4096});
    ASSERT_TRUE(pool);
    EXPECT_LE(resident(), before + 256 * 1024);
}

// descriptors x stride + 8 KiB + 1 KiB for each thread
TEST(PoolMemory, is_little_beside_the_descriptors) {
    for (const Shape& shape :
         {Shape{1, 0, 64}, Shape{64, 0, 400}, Shape{65535, 0, 64}, Shape{1, 65534, 64}, Shape{1, 65534, 9000}}) {
        const auto pool = Pool::create(shape);
        const std::size_t stride = (shape.size + 63) / 64 * 64;
        for (std::size_t threads = 1; threads <= 3; ++threads) {
            std::vector<std::jthread> users;
            std::latch all(static_cast<std::ptrdiff_t>(threads));
            for (std::size_t i = 0; i < threads; ++i)
                users.emplace_back([&] {
                    pool->free(pool->allocate());
                    all.arrive_and_wait();
                });
            users.clear();
            EXPECT_LE(pool->snapshot().bytes, shape.descriptors * stride + 8192 + threads * 1024);
        }
    }
}

TEST(PoolMemory, destruction_releases_everything_descriptors_still_out_included) {
    TestPages pages;
    std::vector<void*> held;
    fill(*Pool::create({.descriptors = 10, .overflow = 1000, .size = 384}, pages), held);
    EXPECT_EQ(pages.out(), 0u);
}

TEST(PoolMemory, no_pool_when_the_static_memory_is_refused) {
    TestPages pages;
    pages.limit = 4096;
    EXPECT_FALSE(Pool::create({.descriptors = 100, .overflow = 0, .size = 400}, pages));
    EXPECT_EQ(pages.out(), 0u);
}

TEST(PoolMemory, no_pool_when_the_system_itself_refuses) {
    EXPECT_FALSE(Pool::create({.descriptors = max_capacity, .overflow = 0, .size = std::size_t{1} << 46}));
}

TEST(PoolMemory, a_refused_overflow_descriptor_is_a_refusal_and_counts_nowhere_else) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 1, .overflow = 10, .size = 400}, pages);
    pages.limit = pages.out();
    std::vector<void*> held(11);
    EXPECT_EQ(pool->allocate(held), 1u);
    EXPECT_EQ(pool->allocate(), nullptr);
    const Snapshot refused = pool->snapshot();
    EXPECT_EQ(refused.in_use, 1u);
    EXPECT_EQ(refused.peak, 1u);
    EXPECT_EQ(refused.overflow_peak, 0u);
    EXPECT_EQ(refused.allocations, 1u);
    EXPECT_EQ(refused.refusals, 2u);
    pages.limit = TestPages::everything;
    EXPECT_EQ(pool->allocate(std::span(held).subspan(1)), 10u);
}

TEST(PoolMemory, a_large_burst_gets_what_the_memory_suffices_for) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 10, .overflow = 1000, .size = 1024}, pages);
    pages.limit = pages.out() + 300 * 1024;
    std::vector<void*> held(1010);
    const std::size_t got = pool->allocate(held);
    EXPECT_GT(got, 10u + 127);
    EXPECT_LT(got, 10u + 300);
    EXPECT_EQ(pool->in_use(), got);
    EXPECT_EQ(pool->free(std::span(held).first(got)), got);
    EXPECT_EQ(pool->in_use(), 0u);
}

TEST(PoolMemory, a_static_descriptor_freed_while_the_system_is_asked_is_used) {
    for (const bool granted : {true, false}) {
        TestPages pages;
        const auto pool = Pool::create({.descriptors = 1, .overflow = 1, .size = 400}, pages);
        const std::size_t before = pages.out();
        void* first = pool->allocate();
        pages.before_map = [&] { EXPECT_TRUE(pool->free(first)); };
        pages.limit = granted ? TestPages::everything : before;
        EXPECT_EQ(pool->allocate(), first) << "memory granted: " << granted;
        EXPECT_EQ(pages.out(), before);
        EXPECT_EQ(pool->snapshot().overflow_peak, 0u);
        EXPECT_EQ(pool->snapshot().refusals, 0u);
    }
}

TEST(PoolMemory, an_attempt_that_finds_the_last_one_gone_is_refused_and_gives_its_memory_back) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 1, .overflow = 1, .size = 400}, pages);
    void* other = nullptr;
    ASSERT_NE(pool->allocate(), nullptr);
    pages.before_map = [&] { other = pool->allocate(); };
    EXPECT_EQ(pool->allocate(), nullptr);
    EXPECT_NE(other, nullptr);
    EXPECT_EQ(pool->in_use(), 2u);
    EXPECT_EQ(pool->snapshot().peak, 2u);
    EXPECT_EQ(pages.out(), 2 * 4096u);
}

TEST(PoolMemory, an_attempt_that_finds_room_in_anothers_chunk_gives_its_memory_back) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 0, .overflow = 5, .size = 400}, pages);
    pages.before_map = [&] { EXPECT_NE(pool->allocate(), nullptr); };
    EXPECT_NE(pool->allocate(), nullptr);
    EXPECT_EQ(pages.out(), 4096u);
    EXPECT_EQ(pool->in_use(), 2u);
}

TEST(PoolMemory, the_pool_is_not_locked_while_memory_goes_back) {
    TestPages pages;
    const auto pool = Pool::create({.descriptors = 1, .overflow = 1, .size = 400}, pages);
    ASSERT_NE(pool->allocate(), nullptr);
    void* second = pool->allocate();
    std::uint32_t seen = 0;
    pages.before_unmap = [&] { seen = pool->snapshot().in_use; };
    EXPECT_TRUE(pool->free(second));
    EXPECT_EQ(seen, 1u);
}

} // namespace
} // namespace ndispool::pool
