#include "ndispool/machine/testing.h"
#include "ndispool/machine/work.h"
#include <gtest/gtest.h>
#include <latch>
#include <memory>

namespace ndispool::machine {

using namespace testing;

TEST(Work, runs_at_passive_in_another_thread) {
    const RunningMachine machine;
    struct Seen {
        Irql irql = 99;
        std::thread::id thread;
    } seen;
    queue_work(
        [](void* context) {
            auto& seen = *static_cast<Seen*>(context);
            seen = {current_irql(), std::this_thread::get_id()};
        },
        &seen);
    drain_work();
    EXPECT_EQ(seen.irql, passive_level);
    EXPECT_NE(seen.thread, std::this_thread::get_id());
}

TEST(Work, can_be_queued_at_dispatch) {
    const RunningMachine machine;
    Counter counter;
    {
        const DispatchScope scope;
        queue_work(Counter::count, &counter);
    }
    drain_work();
    EXPECT_EQ(counter.calls, 1);
}

TEST(Work, drain_waits_for_every_item_queued_before) {
    const RunningMachine machine;
    Counter counter;
    for (int i = 1; i <= 50; ++i) {
        for (int n = 0; n < 20; ++n)
            queue_work(Counter::count, &counter);
        drain_work();
        EXPECT_EQ(counter.calls, i * 20);
    }
}

TEST(Work, drain_does_not_wait_for_items_queued_after) {
    const RunningMachine machine;
    std::latch go(1);
    struct Chain {
        std::latch& go;
        Counter first;
        static void begin(void* self) {
            queue_work(wait, self);
            ++static_cast<Chain*>(self)->first.calls;
        }
        static void wait(void* self) { static_cast<Chain*>(self)->go.wait(); }
    } chain{go, {}};
    queue_work(Chain::begin, &chain);
    chain.first.wait_for(1);
    std::jthread late([&] { go.count_down(); });
    late.join();
    drain_work();
}

TEST(Work, drain_without_any_item_returns) {
    drain_work();
    EXPECT_FALSE(running());
}

// 4.5: several items may run concurrently, and their routines may block.
TEST(Work, up_to_64_routines_may_wait_for_each_other) {
    const RunningMachine machine;
    std::latch all(64);
    for (int i = 0; i < 64; ++i)
        queue_work([](void* all) { static_cast<std::latch*>(all)->arrive_and_wait(); }, &all);
    drain_work();
}

TEST(Work, more_items_than_workers_all_run) {
    const RunningMachine machine;
    Counter counter;
    in_threads(3, [&](unsigned) {
        for (int i = 0; i < 500; ++i)
            queue_work(Counter::count, &counter);
    });
    drain_work();
    EXPECT_EQ(counter.calls, 1'500);
}

// 4.5: the storage may be freed inside the routine.
TEST(Work, routine_may_free_what_led_to_it) {
    const RunningMachine machine;
    for (int i = 0; i < 50; ++i)
        queue_work([](void* item) { delete static_cast<int*>(item); }, new int(i));
    drain_work();
}

TEST(Work, drain_in_a_work_routine_is_reported_and_does_not_hang) {
    BugNet net;
    const RunningMachine machine;
    queue_work([](void*) { drain_work(); }, nullptr);
    drain_work();
    EXPECT_EQ(net.take().size(), 1u);
}

TEST(Work, a_routine_that_returns_raised_is_reported_and_its_processor_is_free_again) {
    BugNet net;
    const RunningMachine machine;
    queue_work([](void*) { raise_irql(dispatch_level); }, nullptr);
    drain_work();
    EXPECT_EQ(net.take().size(), 1u);
    const DispatchScope gets_it;
}

} // namespace ndispool::machine
