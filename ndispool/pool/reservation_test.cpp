#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <set>
#include <thread>
#include <vector>

namespace ndispool::pool {
namespace {

std::unique_ptr<Pool> pool_of(std::uint32_t descriptors, std::uint32_t overflow) {
    return Pool::create({.descriptors = descriptors, .overflow = overflow, .size = 64});
}

class ReservationOf : public testing::TestWithParam<Shape> {};

TEST_P(ReservationOf, all_there_is_can_be_had_and_one_more_cannot) {
    const auto pool = Pool::create(GetParam());
    Reservation too_many = pool->reserve(pool->capacity() + 1);
    EXPECT_FALSE(too_many);
    EXPECT_EQ(too_many.size(), 0u);
    EXPECT_EQ(too_many.allocate(), nullptr);
    EXPECT_EQ(pool->in_use(), 0u) << "none, if not all";
    EXPECT_EQ(pool->snapshot().peak, 0u);
    EXPECT_EQ(pool->snapshot().refusals, 1u);
    const Reservation all = pool->reserve(pool->capacity());
    EXPECT_TRUE(all);
    EXPECT_EQ(all.size(), pool->capacity());
    EXPECT_EQ(pool->in_use(), pool->capacity()) << "what is reserved counts as in use";
    EXPECT_EQ(pool->allocate(), nullptr);
}

TEST_P(ReservationOf, allocates_to_the_last_whatever_others_take) {
    const auto pool = Pool::create(GetParam());
    const std::uint32_t half = pool->capacity() / 2;
    Reservation reserved = pool->reserve(half);
    std::vector<void*> others(pool->capacity());
    EXPECT_EQ(pool->allocate(others), pool->capacity() - half);
    std::set<void*> got;
    for (std::uint32_t left = half; left != 0; --left) {
        EXPECT_EQ(reserved.size(), left);
        void* descriptor = reserved.allocate();
        ASSERT_NE(descriptor, nullptr);
        EXPECT_TRUE(pool->is_allocated(descriptor));
        EXPECT_TRUE(got.insert(descriptor).second);
    }
    EXPECT_EQ(reserved.allocate(), nullptr);
    EXPECT_EQ(pool->in_use(), pool->capacity());
    for (void* descriptor : got)
        EXPECT_TRUE(pool->free(descriptor)) << "like any other";
    EXPECT_EQ(pool->in_use(), pool->capacity() - half);
}

TEST_P(ReservationOf, what_was_not_allocated_is_free_again_when_it_ends) {
    const auto pool = Pool::create(GetParam());
    void* taken = nullptr;
    {
        Reservation reserved = pool->reserve(pool->capacity());
        taken = reserved.allocate();
    }
    EXPECT_EQ(pool->in_use(), 1u);
    EXPECT_TRUE(pool->free(taken));
    EXPECT_TRUE(pool->reserve(pool->capacity())) << "nothing was lost";
}

// One is out all the time, so all cannot be had; another comes and goes meanwhile.
TEST_P(ReservationOf, what_is_refused_takes_nothing_from_others_and_is_never_in_use) {
    const auto pool = Pool::create(GetParam());
    void* kept = pool->allocate();
    std::atomic<int> left = 200;
    std::jthread asking([&] {
        for (; left != 0; --left) {
            EXPECT_FALSE(pool->reserve(pool->capacity()));
            std::this_thread::sleep_for(std::chrono::microseconds(10)); // or the others would wait for the lock
        }
    });
    while (left != 0) {
        void* descriptor = pool->allocate();
        ASSERT_NE(descriptor, nullptr);
        ASSERT_EQ(pool->in_use(), 2u);
        ASSERT_TRUE(pool->free(descriptor));
        ASSERT_EQ(pool->in_use(), 1u);
    }
    asking.join();
    EXPECT_EQ(pool->snapshot().peak, 2u);
    EXPECT_TRUE(pool->free(kept));
}

INSTANTIATE_TEST_SUITE_P(Shapes, ReservationOf,
                         testing::Values(Shape{2, 0, 64}, Shape{0, 2, 64}, Shape{40, 60, 384}, Shape{200, 0, 64}),
                         [](const auto& test) {
                             return std::to_string(test.param.descriptors) + "_and_" +
                                    std::to_string(test.param.overflow);
                         });

TEST(Reservation, may_take_chunk_after_chunk_and_none_is_left) {
    const auto pool = Pool::create({.descriptors = 10, .overflow = 1000, .size = 3000}); // 160 to a chunk
    const std::size_t bytes = pool->snapshot().bytes;
    void* kept = pool->allocate();
    EXPECT_FALSE(pool->reserve(1010));
    EXPECT_EQ(pool->snapshot().overflow_in_use, 0u);
    {
        const Reservation most = pool->reserve(1009);
        EXPECT_EQ(most.size(), 1009u);
        EXPECT_EQ(pool->allocate(), nullptr);
    }
    EXPECT_TRUE(pool->free(kept));
    EXPECT_LE(pool->snapshot().bytes, bytes + 1024);
}

TEST(Reservation, of_nothing_holds_nothing) {
    const auto pool = pool_of(1, 0);
    EXPECT_FALSE(pool->reserve(0));
    EXPECT_EQ(pool->snapshot().refusals, 0u);
}

TEST(Reservation, moves_with_what_it_holds_and_frees_what_it_held_before) {
    const auto pool = pool_of(5, 0);
    Reservation first = pool->reserve(2);
    Reservation second = pool->reserve(3);
    second = std::move(first);
    EXPECT_EQ(second.size(), 2u);
    EXPECT_EQ(first.size(), 0u); // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(pool->in_use(), 2u);
    const Reservation third(std::move(second));
    EXPECT_EQ(third.size(), 2u);
    EXPECT_EQ(pool->in_use(), 2u);
}

// Each wants 6 of 10 and has nothing when it asks, so one at most has them.
TEST(Reservation, is_of_one_thread_whatever_others_reserve) {
    const auto pool = pool_of(6, 4);
    std::atomic<int> holders = 0, most = 0;
    {
        std::vector<std::jthread> threads(4);
        for (std::jthread& thread : threads)
            thread = std::jthread([&] {
                for (int turn = 0; turn < 300; ++turn)
                    if (Reservation reserved = pool->reserve(6)) {
                        const int now = ++holders;
                        if (now > most)
                            most = now;
                        std::this_thread::yield();
                        --holders;
                        for (int i = 0; i < 6; ++i)
                            EXPECT_TRUE(pool->free(reserved.allocate()));
                    }
            });
    }
    EXPECT_LE(most, 1);
    EXPECT_EQ(pool->in_use(), 0u);
    EXPECT_TRUE(pool->reserve(10));
}

} // namespace
} // namespace ndispool::pool
