#include "ndispool/machine/clock.h"
#include "ndispool/machine/testing.h"
#include "ndispool/machine/timer.h"
#include <gtest/gtest.h>
#include <memory>

namespace ndispool::machine {

using namespace testing;

namespace {
constexpr std::uint64_t millisecond = 10'000, hour = 36'000'000'000;
}

TEST(Timer, fires_once_at_dispatch_and_not_early) {
    const RunningMachine machine;
    struct Seen : Counter {
        Irql irql;
        std::uint64_t when;
        static void look(void* self) {
            auto& seen = *static_cast<Seen*>(self);
            seen.irql = current_irql();
            seen.when = uptime_100ns();
            ++seen.calls;
        }
    } seen;
    const auto start = uptime_100ns();
    EXPECT_FALSE(set_timer(&seen, 5 * millisecond, 0, Seen::look, &seen));
    seen.wait_for(1);
    EXPECT_EQ(seen.irql, dispatch_level);
    EXPECT_GE(seen.when, start + 5 * millisecond);
    EXPECT_EQ(timers_queued(), 0u);
}

TEST(Timer, with_delay_0_fires_too) {
    const RunningMachine machine;
    Counter counter;
    for (int i = 1; i <= 50; ++i) {
        set_timer(&counter, 0, 0, Counter::count, &counter);
        counter.wait_for(i);
    }
}

TEST(Timer, runs_on_the_processor_that_set_it_or_0) {
    const RunningMachine machine(3);
    struct Seen : Counter {
        unsigned processor;
        static void look(void* self) {
            auto& seen = *static_cast<Seen*>(self);
            seen.processor = current_processor();
            ++seen.calls;
        }
    } seen;
    std::atomic<unsigned> at_dispatch = 0;
    unsigned setter = 0;
    in_threads(3, [&](unsigned) {
        const DispatchScope scope;
        ++at_dispatch;
        wait_until([&] { return at_dispatch == 3; });
        if (current_processor() == 2)
            setter = set_timer(&seen, 0, 0, Seen::look, &seen) ? 0 : 2;
    });
    seen.wait_for(1);
    EXPECT_EQ(seen.processor, setter);
    EXPECT_EQ(setter, 2u);
    set_timer(&seen, 0, 0, Seen::look, &seen);
    seen.wait_for(2);
    EXPECT_EQ(seen.processor, 0u);
}

TEST(Timer, an_earlier_one_ends_the_sleep_for_a_later_one) {
    const RunningMachine machine;
    Counter late, early;
    set_timer(&late, hour, 0, Counter::count, &late);
    for (int i = 1; i <= 20; ++i) {
        set_timer(&early, millisecond, 0, Counter::count, &early);
        early.wait_for(i);
    }
    EXPECT_EQ(late.calls, 0);
    EXPECT_TRUE(cancel_timer(&late));
}

TEST(Timer, those_due_fire_in_the_order_of_their_times) {
    const RunningMachine machine;
    static std::vector<char> order;
    static std::atomic<int> fired;
    order.clear();
    fired = 0;
    char names[] = {'a', 'b', 'c'};
    const auto note = [](void* name) {
        order.push_back(*static_cast<char*>(name));
        ++fired;
    };
    {
        const DispatchScope scope;
        set_timer(&names[2], 3 * millisecond, 0, note, &names[2]);
        set_timer(&names[0], 1 * millisecond, 0, note, &names[0]);
        set_timer(&names[1], 2 * millisecond, 0, note, &names[1]);
    }
    wait_until([] { return fired == 3; });
    EXPECT_EQ(order, (std::vector<char>{'a', 'b', 'c'}));
}

TEST(Timer, cancelled_does_not_fire) {
    const RunningMachine machine;
    Counter counter, after;
    {
        const DispatchScope scope; // the only processor: nothing fires meanwhile
        set_timer(&counter, 0, 0, Counter::count, &counter);
        EXPECT_TRUE(cancel_timer(&counter));
        EXPECT_FALSE(cancel_timer(&counter));
        set_timer(&after, 0, 0, Counter::count, &after);
    }
    after.wait_for(1);
    EXPECT_EQ(counter.calls, 0);
}

TEST(Timer, cancel_after_it_fired_says_false) {
    const RunningMachine machine;
    Counter counter;
    set_timer(&counter, 0, 0, Counter::count, &counter);
    counter.wait_for(1);
    EXPECT_FALSE(cancel_timer(&counter));
}

TEST(Timer, cancel_says_true_exactly_when_the_routine_does_not_run) {
    const RunningMachine machine(2);
    for (int i = 0; i < 300; ++i) {
        Counter counter;
        set_timer(&counter, i % 3, 0, Counter::count, &counter);
        const bool cancelled = cancel_timer(&counter);
        synchronize();
        EXPECT_EQ(counter.calls, cancelled ? 0 : 1);
    }
}

TEST(Timer, set_again_replaces_time_routine_and_context) {
    const RunningMachine machine;
    Counter old, fresh;
    EXPECT_FALSE(set_timer(&old, hour, hour, Counter::count, &old));
    EXPECT_TRUE(set_timer(&old, 0, 0, Counter::count, &fresh));
    fresh.wait_for(1);
    EXPECT_EQ(old.calls, 0);
    EXPECT_EQ(timers_queued(), 0u);
}

TEST(Timer, periodic_fires_until_cancelled) {
    const RunningMachine machine;
    Counter counter;
    set_timer(&counter, 0, millisecond, Counter::count, &counter);
    counter.wait_for(5);
    EXPECT_TRUE(cancel_timer(&counter));
    synchronize();
    const int then = counter.calls;
    Counter other;
    set_timer(&other, 3 * millisecond, 0, Counter::count, &other);
    other.wait_for(1);
    EXPECT_EQ(counter.calls, then);
}

TEST(Timer, periodic_can_be_cancelled_by_its_own_routine) {
    const RunningMachine machine;
    struct Once : Counter {
        bool cancelled = false;
        static void run(void* self) {
            auto& once = *static_cast<Once*>(self);
            once.cancelled = cancel_timer(self);
            ++once.calls;
        }
    } once;
    set_timer(&once, 0, 1, Once::run, &once);
    once.wait_for(1);
    synchronize();
    EXPECT_TRUE(once.cancelled);
    EXPECT_EQ(once.calls, 1);
    EXPECT_EQ(timers_queued(), 0u);
}

// 4.4: a timer function may re-set its own timer.
TEST(Timer, can_be_set_again_by_its_own_routine) {
    const RunningMachine machine(2);
    struct Again : Counter {
        static void run(void* self) {
            auto& again = *static_cast<Again*>(self);
            if (again.calls < 9)
                set_timer(self, again.calls % 2 * millisecond, 0, run, self);
            ++again.calls;
        }
    } again;
    set_timer(&again, 0, 0, Again::run, &again);
    again.wait_for(10);
    synchronize();
    EXPECT_EQ(again.calls, 10);
}

// 4.4: after invoking the function the host must not touch the timer object.
TEST(Timer, object_may_be_freed_by_its_routine) {
    const RunningMachine machine;
    static Counter counter;
    counter.calls = 0;
    struct Own {
        static void run(void* self) {
            delete static_cast<Own*>(self);
            ++counter.calls;
        }
    };
    for (int i = 0; i < 100; ++i) {
        auto* own = new Own;
        set_timer(own, i, 0, Own::run, own);
    }
    counter.wait_for(100);
}

// 6: a timer function is never concurrent with itself.
TEST(Timer, routines_of_one_key_never_run_at_the_same_time) {
    const RunningMachine machine(3);
    struct Plain : Counter {
        int plain = 0; // a race if two ran at once
        static void run(void* self) {
            auto& it = *static_cast<Plain*>(self);
            const int before = it.plain;
            stall_us(20);
            it.plain = before + 1;
            ++it.calls;
        }
    } plain;
    in_threads(2, [&](unsigned) {
        for (int i = 0; i < 200; ++i) {
            const DispatchScope scope; // so that it is set on different processors
            set_timer(&plain, 0, 0, Plain::run, &plain);
        }
    });
    plain.wait_for(1);
    cancel_timer(&plain);
    synchronize();
    EXPECT_EQ(plain.plain, plain.calls);
}

TEST(Timer, a_delay_beyond_the_end_of_time_never_fires) {
    const RunningMachine machine;
    Counter counter, other;
    set_timer(&counter, ~0ull, ~0ull, Counter::count, &counter);
    set_timer(&other, millisecond, 0, Counter::count, &other);
    other.wait_for(1);
    EXPECT_EQ(counter.calls, 0);
    EXPECT_TRUE(cancel_timer(&counter));
}

TEST(Timer, queued_ones_are_counted_and_found_by_address) {
    const RunningMachine machine;
    char object[16];
    for (int i : {3, 9, 4})
        set_timer(&object[i], hour, 0, Counter::count, nullptr);
    EXPECT_EQ(timers_queued(), 3u);
    EXPECT_EQ(timers_between(object, object + 16), (std::vector<const void*>{&object[3], &object[4], &object[9]}));
    EXPECT_EQ(timers_between(object + 4, object + 9), (std::vector<const void*>{&object[4]}));
    for (int i : {3, 9, 4})
        EXPECT_TRUE(cancel_timer(&object[i]));
    EXPECT_EQ(timers_queued(), 0u);
}

} // namespace ndispool::machine
