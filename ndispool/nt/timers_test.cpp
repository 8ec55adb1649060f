#include "ndispool/nt/timers.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>

#include "ndis/kernel.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/processor.h"
#include "ndispool/nt/due_time.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

constexpr std::uint64_t an_hour = 3600ull * 10'000'000;

// One processor, so that a test at DISPATCH keeps every timer from firing.
class Timers : public testing::Test {
  protected:
    void SetUp() override { machine::start({.processors = 1}); }
    void TearDown() override { machine::stop(); }

    // Every timer that was due before the call has fired when it returns: they fire in the order they are due.
    void let_due_timers_fire() {
        std::int32_t fired = 0;
        arm_timer(
            {.key = &fired, .code = nullptr, .context = nullptr, .run = [](const TimerCall&) {}, .signal = &fired}, 0,
            0);
        machine::wait(fired, false, std::nullopt);
        machine::synchronize();
    }
};

struct Counter {
    std::atomic<int> calls = 0;
    std::int32_t called = 0; // an event word

    TimerCall call(const void* key) { return {.key = key, .code = code(), .context = this, .run = count}; }
    static const void* code() { return reinterpret_cast<const void*>(&count); }
    static void count(const TimerCall& call) {
        Counter& counter = *static_cast<Counter*>(call.context);
        ++counter.calls;
        machine::set(counter.called);
    }
    void wait() { machine::wait(called, true, std::nullopt); }
};

TEST_F(Timers, fire_once_at_dispatch_level_with_what_they_were_armed_with) {
    static TimerCall seen;
    static KIRQL irql;
    std::int32_t signal = 0;
    int context, wrapper;
    const TimerCall call{.key = this,
                         .code = &context,
                         .context = &context,
                         .run =
                             [](const TimerCall& call) {
                                 seen = call;
                                 irql = KeGetCurrentIrql();
                             },
                         .wrapper = &wrapper,
                         .signal = &signal};
    EXPECT_FALSE(arm_timer(call, 0, 0));
    let_due_timers_fire();
    EXPECT_EQ(seen.context, &context);
    EXPECT_EQ(seen.wrapper, &wrapper);
    EXPECT_EQ(irql, DISPATCH_LEVEL);
    EXPECT_TRUE(machine::wait(signal, false, std::chrono::nanoseconds(0)));
    EXPECT_FALSE(disarm_timer(this)) << "it has fired";
}

TEST_F(Timers, that_are_periodic_fire_until_they_are_disarmed) {
    Counter counter;
    arm_timer(counter.call(this), 0, ticks_per_ms);
    for (int i = 0; i < 3; ++i)
        counter.wait();
    EXPECT_TRUE(disarm_timer(this));
    machine::synchronize();
    const int calls = counter.calls;
    let_due_timers_fire();
    EXPECT_EQ(counter.calls, calls);
}

TEST_F(Timers, found_armed_by_disarm_never_fire) {
    Counter counter;
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    arm_timer(counter.call(this), 0, 0); // due at once, but this thread has the only processor
    EXPECT_TRUE(disarm_timer(this));
    EXPECT_FALSE(disarm_timer(this));
    KeLowerIrql(old);
    let_due_timers_fire();
    EXPECT_EQ(counter.calls, 0);
}

TEST_F(Timers, armed_again_are_replaced) {
    Counter first, second;
    arm_timer(first.call(this), an_hour, 0);
    EXPECT_TRUE(arm_timer(second.call(this), 0, 0));
    let_due_timers_fire();
    EXPECT_EQ(first.calls, 0);
    EXPECT_EQ(second.calls, 1);
}

TEST_F(Timers, may_be_armed_again_by_their_own_function) {
    static Counter counter;
    counter.calls = 0;
    const auto again = [](const TimerCall& call) {
        if (++counter.calls < 3)
            EXPECT_FALSE(arm_timer(call, 0, 0)) << "a one-shot timer is not armed while it runs";
        else
            machine::set(counter.called);
    };
    arm_timer({.key = this, .code = nullptr, .context = nullptr, .run = again}, 0, 0);
    counter.wait();
    EXPECT_EQ(counter.calls, 3);
}

TEST_F(Timers, whose_function_returns_at_another_irql_are_reported) {
    BugTrap bugs;
    int code;
    arm_timer(
        {.key = this, .code = &code, .context = nullptr, .run = [](const TimerCall&) { KeLowerIrql(PASSIVE_LEVEL); }},
        0, 0);
    let_due_timers_fire();
    const auto reports = bugs.reports();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].object, &code) << "the driver's function, not one of ours";
}

TEST_F(Timers, of_a_driver_are_found_by_their_function) {
    Counter counter;
    const auto code = static_cast<const char*>(Counter::code());
    register_code(code, code + 1, Abi::system_v, &counter);
    int one, other;
    arm_timer(counter.call(&one), an_hour, 0);
    arm_timer(counter.call(&other), an_hour, ticks_per_ms);
    EXPECT_EQ(timers_of(&counter).size(), 2u);
    disarm_timer(&other);
    ASSERT_EQ(timers_of(&counter).size(), 1u);
    EXPECT_EQ(timers_of(&counter)[0].object, &one);
    EXPECT_EQ(timers_of(&counter)[0].code, code);
    EXPECT_TRUE(timers_of(&one).empty());
    disarm_timer(&one);
    unregister_code(code);
}

TEST(DueTime, negative_is_from_now_and_positive_is_a_system_time) {
    LARGE_INTEGER due;
    due.QuadPart = -1234;
    EXPECT_EQ(from_now(due), 1234u);
    due.QuadPart = 0;
    EXPECT_EQ(from_now(due), 0u);
    due.QuadPart = static_cast<LONGLONG>(machine::system_time_100ns()) + 1'000'000'000;
    EXPECT_GT(from_now(due), 0u);
    EXPECT_LE(from_now(due), 1'000'000'000u);
    due.QuadPart = INT64_MIN;
    EXPECT_LT(from_now(due), UINT64_C(1) << 55) << "bounded";
}

} // namespace
} // namespace ndispool::nt
