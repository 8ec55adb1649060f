#include "ndispool/machine/dpc.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/testing.h"
#include <gtest/gtest.h>
#include <memory>

namespace ndispool::machine {

using namespace testing;
using namespace std::chrono_literals;

TEST(Event, set_and_reset_return_the_state_before) {
    std::int32_t state = 0;
    EXPECT_EQ(set(state), 0);
    EXPECT_EQ(set(state), 1);
    EXPECT_EQ(reset(state), 1);
    EXPECT_EQ(reset(state), 0);
}

TEST(Event, a_wait_for_a_set_one_returns_and_leaves_it_set) {
    std::int32_t state = 0;
    set(state);
    EXPECT_TRUE(wait(state, false, {}));
    EXPECT_TRUE(wait(state, false, {}));
    EXPECT_EQ(state, 1);
}

TEST(Event, with_auto_reset_a_wait_takes_the_signal) {
    std::int32_t state = 0;
    set(state);
    set(state);
    EXPECT_TRUE(wait(state, true, {}));
    EXPECT_EQ(state, 0);
    EXPECT_FALSE(wait(state, true, 0ns));
}

TEST(Event, a_wait_times_out_and_not_early) {
    std::int32_t state = 0;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(wait(state, false, 5ms));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 5ms);
    EXPECT_FALSE(wait(state, false, -1ns));
}

TEST(Event, of_several_the_first_that_is_signalled_ends_the_wait_and_only_it_is_taken) {
    std::int32_t first = 0, second = 1, third = 1;
    const Waited all[] = {{&first, true}, {&second, true}, {&third, true}};
    EXPECT_EQ(wait_for_one(all, {}), 1u);
    EXPECT_EQ(second, 0);
    EXPECT_EQ(third, 1);
    EXPECT_EQ(wait_for_one(std::span(all).first(2), 1ms), std::nullopt);
}

TEST(Event, all_of_several_are_taken_together_or_none) {
    std::int32_t first = 1, second = 0;
    const Waited all[] = {{&first, true}, {&second, false}};
    EXPECT_FALSE(wait_for_all(all, 1ms));
    EXPECT_EQ(first, 1);
    std::jthread setter([&] { set(second); });
    EXPECT_TRUE(wait_for_all(all, {}));
    EXPECT_EQ(first, 0);
    EXPECT_EQ(second, 1);
}

// Each signal is taken once, whether a waiter waits for one event or for both.
TEST(Event, waiters_for_several_and_for_one_share_the_signals) {
    constexpr int rounds = 500;
    std::int32_t one = 0, two = 0, stop = 0, taken = 0;
    std::atomic<int> count = 0;
    const auto take = [&](std::vector<Waited> objects) {
        objects.push_back({&stop, false});
        while (wait_for_one(objects, {}) != objects.size() - 1) {
            ++count;
            set(taken);
        }
    };
    {
        std::jthread single(take, std::vector<Waited>{{&one, true}});
        std::jthread several(take, std::vector<Waited>{{&one, true}, {&two, true}});
        for (int i = 0; i < rounds; ++i) {
            set(i % 2 ? one : two);
            EXPECT_TRUE(wait(taken, true, {}));
        }
        set(stop);
    }
    EXPECT_EQ(count, rounds);
}

TEST(Event, set_wakes_all_waiters) {
    std::int32_t state = 0;
    std::jthread setter([&] { set(state); });
    in_threads(4, [&](unsigned) { EXPECT_TRUE(wait(state, false, {})); });
}

TEST(Event, with_auto_reset_each_set_lets_one_waiter_go) {
    std::int32_t go = 0, gone = 0;
    std::atomic<int> through = 0;
    std::vector<std::jthread> waiters;
    for (int i = 0; i < 4; ++i)
        waiters.emplace_back([&] {
            EXPECT_TRUE(wait(go, true, {}));
            ++through;
            set(gone);
        });
    for (int i = 1; i <= 4; ++i) {
        set(go);
        EXPECT_TRUE(wait(gone, true, {}));
        EXPECT_EQ(through, i);
    }
}

TEST(Event, hand_over_carries_what_was_written) {
    std::int32_t full = 0, empty = 1;
    int plain = 0;
    std::jthread writer([&] {
        for (int i = 1; i <= 3'000; ++i) {
            wait(empty, true, {});
            plain = i;
            set(full);
        }
    });
    for (int i = 1; i <= 3'000; ++i) {
        wait(full, true, {});
        EXPECT_EQ(plain, i);
        set(empty);
    }
}

// 4.3: no resources may be needed for destruction.
TEST(Event, may_be_freed_by_a_waiter_as_soon_as_it_saw_the_signal) {
    for (int i = 0; i < 500; ++i) {
        auto state = std::make_unique<std::int32_t>(0);
        std::int32_t& word = *state;
        std::jthread setter([&word] { set(word); });
        EXPECT_TRUE(wait(word, i % 2, {}));
        state.reset();
    }
}

TEST(Event, looking_at_dispatch_is_allowed) {
    BugNet net;
    const DispatchScope scope;
    std::int32_t state = 0;
    EXPECT_FALSE(wait(state, false, 0ns));
    set(state);
    EXPECT_TRUE(wait(state, true, {}));
    EXPECT_EQ(net.take(), Reports{});
}

// What the driver waits for needs the only processor, which the driver holds.
TEST(Event, a_blocking_wait_at_dispatch_is_reported_and_does_not_hang) {
    BugNet net;
    const RunningMachine machine(1);
    std::int32_t state = 0;
    Dpc dpc{[](void* state) { set(*static_cast<std::int32_t*>(state)); }, &state};
    const DispatchScope scope;
    queue_dpc(dpc, 0);
    EXPECT_TRUE(wait(state, false, {}));
    EXPECT_EQ(current_irql(), dispatch_level);
    EXPECT_EQ(net.take(), Reports{"wait for an event at DISPATCH"});
}

} // namespace ndispool::machine
