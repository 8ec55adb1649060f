#include "ndispool/machine/dpc.h"
#include "ndispool/machine/poller.h"
#include "ndispool/machine/processor.h"
#include "ndispool/machine/testing.h"
#include "ndispool/machine/timer.h"
#include "ndispool/machine/work.h"
#include <gtest/gtest.h>
#include <stdexcept>

namespace ndispool::machine {

using namespace testing;

struct BusyPoller final : Poller {
    std::atomic<int> rounds = 0;
    bool poll() noexcept override {
        ++rounds;
        return true;
    }
};

TEST(Machine, has_one_processor_until_it_is_started_and_again_after_it_stopped) {
    EXPECT_FALSE(running());
    EXPECT_EQ(processor_count(), 1u);
    start({4});
    EXPECT_TRUE(running());
    EXPECT_EQ(processor_count(), 4u);
    stop();
    EXPECT_FALSE(running());
    EXPECT_EQ(processor_count(), 1u);
}

TEST(Machine, can_be_started_again) {
    for (unsigned processors : {2u, 32u, 1u}) {
        const RunningMachine machine(processors);
        Counter counter;
        Dpc dpc{Counter::count, &counter};
        queue_dpc(dpc, processors - 1);
        counter.wait_for(1);
    }
}

TEST(Machine, refuses_a_number_of_processors_that_drivers_could_not_index) {
    EXPECT_THROW(start({0}), std::invalid_argument);
    EXPECT_THROW(start({max_processors + 1}), std::invalid_argument);
    EXPECT_FALSE(running());
}

TEST(Machine, refuses_to_be_started_twice) {
    const RunningMachine machine;
    EXPECT_THROW(start({1}), std::logic_error);
    EXPECT_TRUE(running());
}

TEST(Machine, started_by_first_use_gains_processors_when_started) {
    Counter counter;
    Dpc dpc{Counter::count, &counter};
    queue_dpc(dpc, 0);
    EXPECT_TRUE(running());
    EXPECT_EQ(processor_count(), 1u);
    {
        const RunningMachine machine(3);
        EXPECT_EQ(processor_count(), 3u);
        counter.wait_for(1);
        queue_dpc(dpc, 2);
        counter.wait_for(2);
    }
    EXPECT_FALSE(running());
}

TEST(Machine, stop_without_start_does_nothing) {
    stop();
    EXPECT_FALSE(running());
}

TEST(Machine, stop_runs_the_dpcs_and_work_items_queued_before) {
    for (int i = 0; i < 20; ++i) {
        Counter dpcs, items;
        Dpc dpc[3] = {{Counter::count, &dpcs}, {Counter::count, &dpcs}, {Counter::count, &dpcs}};
        {
            const RunningMachine machine(2);
            for (Dpc& one : dpc)
                queue_dpc(one, 1);
            for (int n = 0; n < 10; ++n)
                queue_work(Counter::count, &items);
        }
        EXPECT_EQ(dpcs.calls, 3);
        EXPECT_EQ(items.calls, 10);
    }
}

TEST(Machine, stop_forgets_what_is_still_registered) {
    Counter ticks;
    BusyPoller poller;
    struct Again {
        Dpc dpc{run, this};
        static void run(void* self) { queue_dpc(static_cast<Again*>(self)->dpc, 0); }
    } again;
    {
        const RunningMachine machine(2);
        set_timer(&ticks, 36'000'000'000, 0, Counter::count, &ticks);
        set_timer(&poller, 10'000, 10'000, Counter::count, &ticks);
        add_poller(poller, 1);
        queue_dpc(again.dpc, 0);
        ticks.wait_for(1);
        wait_until([&] { return poller.rounds > 0; });
    }
    const int ticks_then = ticks.calls, rounds_then = poller.rounds;
    EXPECT_EQ(timers_queued(), 0u);
    EXPECT_FALSE(remove_dpc(again.dpc));
    {
        const RunningMachine machine(2);
        Counter counter;
        Dpc dpc{Counter::count, &counter};
        queue_dpc(dpc, 1);
        counter.wait_for(1);
    }
    EXPECT_EQ(ticks.calls, ticks_then);
    EXPECT_EQ(poller.rounds, rounds_then);
}

TEST(Machine, stop_from_a_thread_of_the_machine_is_reported_and_ignored) {
    BugNet net;
    const RunningMachine machine;
    queue_work([](void*) { stop(); }, nullptr);
    drain_work();
    EXPECT_TRUE(running());
    EXPECT_EQ(net.take().size(), 1u);
}

// 4.2, 6: a driver at PASSIVE raises for every lock it takes, whatever the wires do meanwhile.
TEST(Machine, a_busy_processor_lets_a_passive_thread_in) {
    const RunningMachine machine(1);
    BusyPoller poller;
    add_poller(poller, 0);
    wait_until([&] { return poller.rounds > 0; });
    for (int i = 0; i < 10'000; ++i)
        const DispatchScope scope;
    remove_poller(poller);
}

TEST(Machine, busy_passive_threads_let_the_processor_in) {
    const RunningMachine machine(1);
    std::atomic<bool> over = false;
    std::jthread observer([&] {
        Counter counter;
        Dpc dpc{Counter::count, &counter};
        for (int i = 1; i <= 300; ++i) {
            queue_dpc(dpc, 0);
            counter.wait_for(i);
        }
        over = true;
    });
    in_threads(2, [&](unsigned) {
        while (!over)
            const DispatchScope scope;
    });
}

TEST(Machine, a_dpc_waits_until_the_thread_that_holds_its_processor_lowers) {
    const RunningMachine machine(1);
    for (int i = 0; i < 200; ++i) {
        struct Proof {
            bool lowered = false, seen = false; // plain: the processor orders them
            std::atomic<bool> ran = false;
            static void look(void* self) {
                auto& proof = *static_cast<Proof*>(self);
                proof.seen = proof.lowered;
                proof.ran = true;
            }
        } proof;
        Dpc dpc{Proof::look, &proof};
        {
            const DispatchScope scope;
            queue_dpc(dpc, 0);
            std::this_thread::yield();
            EXPECT_FALSE(proof.ran);
            proof.lowered = true;
        }
        wait_until([&] { return proof.ran.load(); });
        EXPECT_TRUE(proof.seen);
    }
}

} // namespace ndispool::machine
