#include "ndispool/machine/dpc.h"
#include "ndispool/machine/testing.h"
#include <gtest/gtest.h>
#include <memory>

namespace ndispool::machine {

using namespace testing;

TEST(Dpc, runs_at_dispatch_on_the_processor_it_was_queued_to) {
    const RunningMachine machine(4);
    struct Seen : Counter {
        Irql irql;
        unsigned processor;
        static void look(void* self) {
            auto& seen = *static_cast<Seen*>(self);
            seen.irql = current_irql();
            seen.processor = current_processor();
            ++seen.calls;
        }
    } seen;
    Dpc dpc{Seen::look, &seen};
    int calls = 0;
    for (unsigned p : {3u, 0u, 2u}) {
        EXPECT_TRUE(queue_dpc(dpc, p));
        seen.wait_for(++calls);
        EXPECT_EQ(seen.irql, dispatch_level);
        EXPECT_EQ(seen.processor, p);
    }
}

TEST(Dpc, is_queued_once_and_runs_once) {
    const RunningMachine machine(2);
    Counter counter;
    Dpc dpc{Counter::count, &counter};
    {
        const DispatchScope scope; // holds a processor: what is queued to it stays queued
        const unsigned here = current_processor();
        EXPECT_TRUE(queue_dpc(dpc, here));
        EXPECT_FALSE(queue_dpc(dpc, here));
        EXPECT_FALSE(queue_dpc(dpc, 1 - here)) << "wherever it is queued";
        EXPECT_EQ(counter.calls, 0);
    }
    counter.wait_for(1);
    synchronize();
    EXPECT_EQ(counter.calls, 1);
}

TEST(Dpc, removed_from_any_place_does_not_run_and_can_be_queued_again) {
    const RunningMachine machine;
    for (int place : {0, 1, 2}) {
        Counter counters[3];
        Dpc dpcs[3] = {{Counter::count, &counters[0]}, {Counter::count, &counters[1]}, {Counter::count, &counters[2]}};
        {
            const DispatchScope scope;
            for (Dpc& dpc : dpcs)
                queue_dpc(dpc, 0);
            EXPECT_TRUE(remove_dpc(dpcs[place]));
            EXPECT_FALSE(remove_dpc(dpcs[place]));
        }
        for (int i = 0; i < 3; ++i)
            if (i != place)
                counters[i].wait_for(1);
        EXPECT_EQ(counters[place].calls, 0);
        EXPECT_TRUE(queue_dpc(dpcs[place], 0));
        counters[place].wait_for(1);
    }
}

TEST(Dpc, those_of_one_processor_run_in_order) {
    const RunningMachine machine;
    static std::vector<int> order;
    static std::atomic<int> ran;
    order.clear();
    ran = 0;
    int numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    std::vector<Dpc> dpcs(8);
    {
        const DispatchScope scope;
        for (int i = 0; i < 8; ++i) {
            dpcs[i].routine = [](void* number) {
                order.push_back(*static_cast<int*>(number));
                ++ran;
            };
            dpcs[i].context = &numbers[i];
            queue_dpc(dpcs[i], 0);
        }
    }
    wait_until([] { return ran == 8; });
    EXPECT_EQ(order, std::vector<int>(std::begin(numbers), std::end(numbers)));
}

// 4.5, 10.1 (12): freed inside its own routine.
TEST(Dpc, may_be_freed_by_its_routine) {
    const RunningMachine machine;
    struct Own {
        Dpc dpc{run, this};
        Counter& counter;
        static void run(void* self) {
            const std::unique_ptr<Own> own(static_cast<Own*>(self));
            ++own->counter.calls;
        }
    };
    Counter counter;
    for (int i = 0; i < 100; ++i)
        queue_dpc((new Own{.counter = counter})->dpc, 0);
    counter.wait_for(100);
}

TEST(Dpc, may_queue_itself_again_and_a_round_still_ends) {
    const RunningMachine machine;
    struct Again : Counter {
        Dpc dpc{run, this};
        std::atomic<bool> over = false;
        static void run(void* self) {
            auto& again = *static_cast<Again*>(self);
            ++again.calls;
            if (!again.over)
                queue_dpc(again.dpc, 0);
        }
    } again;
    queue_dpc(again.dpc, 0);
    again.wait_for(10);
    synchronize(); // needs the round to end
    again.over = true;
    synchronize(); // a routine that had not seen it yet has queued itself by now, for the last time
    wait_until([&] { return again.dpc.queued_on == 0; });
    synchronize();
}

TEST(Dpc, after_remove_said_false_synchronize_waits_for_its_routine) {
    const RunningMachine machine(2);
    for (int i = 0; i < 300; ++i) {
        int runs = 0; // plain: a race if the routine were still running
        {
            Dpc dpc{[](void* runs) { ++*static_cast<int*>(runs); }, &runs};
            queue_dpc(dpc, 1);
            if (remove_dpc(dpc)) {
                EXPECT_EQ(runs, 0);
                continue;
            }
            synchronize();
        }
        EXPECT_EQ(runs, 1);
    }
}

TEST(Dpc, queueing_removing_and_running_at_once_keep_count) {
    const RunningMachine machine(2);
    Counter counter;
    Dpc dpcs[4];
    for (Dpc& dpc : dpcs) {
        dpc.routine = Counter::count;
        dpc.context = &counter;
    }
    std::atomic<int> queued = 0, removed = 0;
    in_threads(3, [&](unsigned me) {
        for (int i = 0; i < 3'000; ++i) {
            Dpc& dpc = dpcs[(i + me) % 4];
            if (i % 3)
                queued += queue_dpc(dpc, (i + me) % 2);
            else
                removed += remove_dpc(dpc);
        }
    });
    for (Dpc& dpc : dpcs)
        wait_until([&] { return dpc.queued_on == 0; });
    synchronize();
    EXPECT_EQ(queued, counter.calls + removed);
}

TEST(Dpc, for_a_processor_that_is_not_there_is_reported_and_runs_on_0) {
    BugNet net;
    const RunningMachine machine;
    Counter counter;
    Dpc dpc{Counter::count, &counter};
    EXPECT_TRUE(queue_dpc(dpc, 5));
    counter.wait_for(1);
    EXPECT_EQ(net.take().size(), 1u);
}

TEST(Dpc, a_routine_that_returns_at_another_level_is_reported_and_the_round_goes_on) {
    BugNet net;
    const RunningMachine machine;
    Counter counter;
    Dpc bad{[](void*) { lower_irql(passive_level); }, nullptr}, good{Counter::count, &counter};
    {
        const DispatchScope scope;
        queue_dpc(bad, 0);
        queue_dpc(good, 0);
    }
    counter.wait_for(1);
    EXPECT_EQ(net.take(), Reports{"a routine returned at another IRQL than it was called at"});
}

} // namespace ndispool::machine
