// wait_until_empty.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace ndispool::pool {
namespace {

using namespace std::chrono_literals;

constexpr auto for_ever = 1min; // a test that waits that long has failed

TEST(WaitUntilEmpty, an_empty_pool_is_not_waited_for) {
    const auto pool = Pool::create({.descriptors = 1, .overflow = 1, .size = 64});
    EXPECT_TRUE(pool->wait_until_empty(0ns));
    EXPECT_TRUE(pool->wait_until_empty(std::chrono::nanoseconds::max()));
    pool->free(pool->allocate());
    EXPECT_TRUE(pool->wait_until_empty(-1ns));
}

TEST(WaitUntilEmpty, says_no_when_the_time_is_over) {
    const auto pool = Pool::create({.descriptors = 1, .overflow = 0, .size = 64});
    void* out = pool->allocate();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(pool->wait_until_empty(2ms));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 2ms);
    EXPECT_FALSE(pool->wait_until_empty(0ns));
    pool->free(out);
    EXPECT_TRUE(pool->wait_until_empty(0ns));
}

class WaitUntilEmptyOf : public testing::TestWithParam<Shape> {};

TEST_P(WaitUntilEmptyOf, the_last_free_wakes_all_who_wait) {
    const auto pool = Pool::create(GetParam());
    for (int turn = 0; turn < 30; ++turn) {
        std::vector<void*> out(pool->capacity());
        ASSERT_EQ(pool->allocate(out), out.size());
        std::atomic<int> woken = 0;
        {
            std::vector<std::jthread> waiting(2);
            for (std::jthread& thread : waiting)
                thread = std::jthread([&] { woken += pool->wait_until_empty(for_ever); });
            if (turn % 2 == 0)
                std::this_thread::sleep_for(1ms); // by then they sleep, most likely
            for (void* descriptor : out) {
                EXPECT_EQ(woken, 0);
                EXPECT_TRUE(pool->free(descriptor));
            }
        }
        EXPECT_EQ(woken, 2);
    }
}

// Frees through a stock, of a thread that used the pool before anybody waited.
TEST_P(WaitUntilEmptyOf, a_free_by_a_thread_that_knows_of_no_waiting_wakes) {
    const auto pool = Pool::create(GetParam());
    for (int turn = 0; turn < 200; ++turn) {
        void* out = pool->allocate();
        std::jthread waiting([&] { EXPECT_TRUE(pool->wait_until_empty(for_ever)); });
        for (int i = 0; i < turn; ++i)
            pool->free(pool->allocate());
        EXPECT_TRUE(pool->free(out));
    }
}

TEST_P(WaitUntilEmptyOf, afterwards_the_pool_is_what_it_was) {
    const auto pool = Pool::create(GetParam());
    void* out = pool->allocate();
    EXPECT_FALSE(pool->wait_until_empty(0ns));
    pool->free(out);
    EXPECT_TRUE(pool->wait_until_empty(0ns));
    std::vector<void*> all(pool->capacity());
    EXPECT_EQ(pool->allocate(all), all.size());
    EXPECT_EQ(pool->allocate(), nullptr);
    EXPECT_EQ(pool->free(all), all.size());
    EXPECT_EQ(pool->in_use(), 0u);
    pool->free(pool->allocate());
    EXPECT_EQ(pool->free_at_once(pool->allocate_at_once()), pool->shape().descriptors != 0) << "stocks are used again";
}

INSTANTIATE_TEST_SUITE_P(Shapes, WaitUntilEmptyOf,
                         testing::Values(Shape{1, 0, 64}, Shape{0, 1, 64}, Shape{100, 0, 64}, Shape{2, 3, 64}),
                         [](const auto& test) {
                             return std::to_string(test.param.descriptors) + "_and_" +
                                    std::to_string(test.param.overflow);
                         });

// What a driver does: wait, then free the pool, though the free that woke it may not have returned yet.
TEST(WaitUntilEmpty, the_pool_may_be_destroyed_as_soon_as_it_says_yes) {
    for (const std::uint32_t statics : {1u, 0u})
        for (int turn = 0; turn < 100; ++turn) {
            auto pool = Pool::create({.descriptors = statics, .overflow = 1 - statics, .size = 64});
            Pool* seen_by_holder = pool.get();
            void* out = pool->allocate();
            std::jthread holder([=] { seen_by_holder->free(out); });
            EXPECT_TRUE(pool->wait_until_empty(for_ever));
            pool.reset();
        }
}

} // namespace
} // namespace ndispool::pool
