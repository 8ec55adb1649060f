// The contract of pool.h under many threads: strict, exact, bounded.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <thread>
#include <vector>

namespace ndispool::pool {
namespace {

std::unique_ptr<Pool> pool_of(std::uint32_t descriptors, std::uint32_t overflow) {
    return Pool::create({.descriptors = descriptors, .overflow = overflow, .size = 384});
}

// Runs body(number) in so many threads, which start together, and waits for them.
template <class Body> void in_threads(int count, Body body) {
    std::latch all(count);
    std::vector<std::jthread> threads;
    for (int number = 0; number < count; ++number)
        threads.emplace_back([&, number] {
            all.arrive_and_wait();
            body(number);
        });
}

struct Turns {
    Shape shape;
    int threads;
    std::size_t each;
    int turns;
};

class PoolStrictness : public testing::TestWithParam<Turns> {};

// The demand never exceeds the capacity, so at no instant of any allocation is every descriptor out.
TEST_P(PoolStrictness, threads_that_together_need_the_capacity_are_never_refused) {
    const Turns demand = GetParam();
    const auto pool = Pool::create(demand.shape);
    std::atomic<int> refused = 0;
    in_threads(demand.threads, [&](int) {
        std::vector<void*> held(demand.each);
        for (int turn = 0; turn < demand.turns; ++turn) {
            const std::size_t got = pool->allocate(held);
            refused += got != demand.each;
            std::this_thread::yield(); // so that others come while these are out, on two processors too
            refused += pool->free(std::span(held).first(got)) != got;
        }
    });
    EXPECT_EQ(refused, 0);
    EXPECT_EQ(pool->snapshot().refusals, 0u);
    EXPECT_EQ(pool->in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Demands, PoolStrictness,
                         testing::Values(Turns{{8, 0, 384}, 8, 1, 2000}, Turns{{4, 4, 384}, 8, 1, 1000},
                                         Turns{{0, 8, 384}, 8, 1, 1000}, Turns{{1, 1, 384}, 2, 1, 2000},
                                         Turns{{64, 0, 384}, 4, 16, 5000}, Turns{{16, 48, 384}, 4, 16, 1000}),
                         [](const auto& test) {
                             return std::to_string(test.param.shape.descriptors) + "_and_" +
                                    std::to_string(test.param.shape.overflow) + "_for_" +
                                    std::to_string(test.param.threads) + "_of_" + std::to_string(test.param.each);
                         });

TEST(PoolBounded, what_an_idle_thread_gave_back_is_everybodys) {
    const auto pool = pool_of(64, 0);
    std::latch gave_back(1), done(1);
    std::jthread idle([&] {
        std::vector<void*> held(64);
        EXPECT_EQ(pool->allocate(held), 64u);
        EXPECT_EQ(pool->free(held), 64u);
        gave_back.count_down();
        done.wait();
    });
    gave_back.wait();
    std::vector<void*> held(65);
    EXPECT_EQ(pool->allocate(held), 64u);
    done.count_down();
}

TEST(PoolThreads, any_thread_frees_what_any_other_allocated_also_after_that_one_ended) {
    const auto pool = pool_of(10, 10);
    std::vector<void*> held(20);
    std::jthread([&] { EXPECT_EQ(pool->allocate(held), 20u); }).join();
    EXPECT_EQ(pool->in_use(), 20u);
    std::jthread([&] { EXPECT_EQ(pool->free(held), 20u); }).join();
    EXPECT_EQ(pool->in_use(), 0u);
}

TEST(PoolThreads, questions_are_answered_rightly_while_others_allocate_and_free) {
    const auto pool = pool_of(1, 200);
    void* kept_static = pool->allocate();
    void* gone = pool->allocate();
    void* kept_overflow = pool->allocate();
    pool->free(gone);
    std::atomic<bool> done = false;
    std::jthread churning([&] {
        std::vector<void*> held(180); // more than a chunk, so chunks come and go
        for (int turn = 0; turn < 150; ++turn) {
            const std::size_t got = pool->allocate(held);
            pool->free(std::span(held).first(got));
        }
        done = true;
    });
    while (!done) {
        for (void* kept : {kept_static, kept_overflow}) {
            ASSERT_TRUE(pool->is_allocated(kept));
            ASSERT_TRUE(pool->owns(kept));
            int shown = 0;
            pool->for_each_in_use([&](void* descriptor) { shown += descriptor == kept; });
            ASSERT_EQ(shown, 1);
        }
        ASSERT_FALSE(pool->owns(static_cast<std::byte*>(kept_overflow) + 1));
        static_cast<void>(pool->owns(gone)); // either answer may be true: it must only be safe to ask
    }
}

TEST(PoolExactness, a_reader_sees_only_numbers_that_were_true) {
    for (const std::uint32_t statics : {10u, 5u}) { // the sixth is a static or an overflow descriptor
        const auto pool = pool_of(statics, 10 - statics);
        std::vector<void*> held(5);
        ASSERT_EQ(pool->allocate(held), 5u);
        std::atomic<bool> done = false;
        std::latch both(2);
        std::jthread toggling([&] {
            both.arrive_and_wait();
            for (int turn = 0; turn < 2000; ++turn)
                pool->free(pool->allocate());
            done = true;
        });
        both.arrive_and_wait();
        while (!done) {
            const std::uint32_t seen = pool->in_use();
            ASSERT_TRUE(seen == 5 || seen == 6) << seen;
            const Snapshot now = pool->snapshot();
            ASSERT_TRUE(now.in_use == 5 || now.in_use == 6) << now.in_use;
            ASSERT_EQ(now.in_use, now.allocations - now.frees);
        }
    }
}

TEST(PoolExactness, the_peak_is_what_threads_held_together) {
    const auto pool = pool_of(4, 100);
    std::barrier together(8);
    in_threads(8, [&](int number) {
        std::vector<void*> held(static_cast<std::size_t>(number));
        EXPECT_EQ(pool->allocate(held), held.size());
        together.arrive_and_wait();
        EXPECT_EQ(pool->free(held), held.size());
    });
    EXPECT_EQ(pool->snapshot().peak, 28u);
    EXPECT_EQ(pool->snapshot().overflow_peak, 24u);
    EXPECT_EQ(pool->in_use(), 0u);
}

TEST(PoolExactness, who_reads_that_all_are_back_sees_what_their_holders_did) {
    for (int round = 0; round < 200; ++round) {
        const auto pool = pool_of(1, 1);
        std::vector<void*> held(2);
        ASSERT_EQ(pool->allocate(held), 2u);
        int done = 0; // not atomic: the thread sanitizer would report an order that is too weak
        std::jthread holder([&] {
            pool->free(held[0]);
            done = 1;
            pool->free(held[1]);
        });
        while (pool->in_use() != 0)
            std::this_thread::yield();
        ASSERT_EQ(done, 1);
    }
}

// A driver polls the usage and frees the pool when it reads 0; the last free may not have returned yet.
TEST(PoolDestruction, is_safe_as_soon_as_the_usage_reads_zero) {
    for (const std::uint32_t statics : {1u, 0u})
        for (int round = 0; round < 300; ++round) {
            auto pool = pool_of(statics, 1 - statics);
            Pool* seen_by_holder = pool.get();
            void* descriptor = pool->allocate();
            *static_cast<int*>(descriptor) = 1;
            std::jthread holder([=] { seen_by_holder->free(descriptor); });
            while (pool->in_use() != 0)
                std::this_thread::yield();
            pool.reset();
        }
}

} // namespace
} // namespace ndispool::pool
