#include <atomic>
#include <gtest/gtest.h>
#include <memory>

#include "ndis/sync.h"
#include "ndispool/machine/processor.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/timers.h"

namespace ndispool::ndis {
namespace {

constexpr UINT an_hour_ms = 3'600'000;

struct Call {
    std::atomic<int> calls = 0;
    NDIS_EVENT called;
    KIRQL irql = PASSIVE_LEVEL;
    Call() { NdisInitializeEvent(&called); }
};

void note(PVOID, PVOID context, PVOID, PVOID) {
    Call& call = *static_cast<Call*>(context);
    ++call.calls;
    call.irql = KeGetCurrentIrql();
    NdisSetEvent(&call.called);
}

__attribute__((ms_abi)) void note_microsoft(PVOID, PVOID context, PVOID, PVOID) {
    note(nullptr, context, nullptr, nullptr);
}

// One processor, so that a test at DISPATCH keeps every timer from firing.
class NdisTimer : public testing::Test {
  protected:
    void SetUp() override { machine::start({.processors = 1}); }
    void TearDown() override { machine::stop(); }

    // Every timer that was due before the call has fired when it returns.
    static void let_due_timers_fire() {
        Call last;
        NDIS_TIMER timer;
        NdisInitializeTimer(&timer, note, &last);
        NdisSetTimer(&timer, 0);
        NdisWaitEvent(&last.called, 0);
        machine::synchronize();
    }
    static bool cancel(NDIS_TIMER& timer) {
        BOOLEAN cancelled = 99;
        NdisCancelTimer(&timer, &cancelled);
        return cancelled;
    }

    Call call_;
    NDIS_TIMER timer_;
};

TEST_F(NdisTimer, calls_its_function_once_at_dispatch_level_with_its_context) {
    NdisInitializeTimer(&timer_, note, &call_);
    NdisSetTimer(&timer_, 0);
    NdisWaitEvent(&call_.called, 0);
    let_due_timers_fire();
    EXPECT_EQ(call_.calls, 1);
    EXPECT_EQ(call_.irql, DISPATCH_LEVEL);
    EXPECT_FALSE(cancel(timer_)) << "it has fired";
}

TEST_F(NdisTimer, found_set_by_cancel_does_not_fire) {
    NdisInitializeTimer(&timer_, note, &call_);
    EXPECT_FALSE(cancel(timer_)) << "it was not set yet";
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisSetTimer(&timer_, 0); // due at once, but this thread has the only processor
    EXPECT_TRUE(cancel(timer_));
    KeLowerIrql(old);
    let_due_timers_fire();
    EXPECT_EQ(call_.calls, 0);
}

TEST_F(NdisTimer, set_again_is_replaced) {
    NdisInitializeTimer(&timer_, note, &call_);
    NdisSetTimer(&timer_, an_hour_ms);
    NdisSetTimer(&timer_, 0);
    NdisWaitEvent(&call_.called, 0);
    EXPECT_FALSE(cancel(timer_));
}

TEST_F(NdisTimer, set_with_a_context_keeps_that_one) {
    Call first;
    NdisInitializeTimer(&timer_, note, &first);
    NdisSetTimerEx(&timer_, 0, &call_);
    NdisWaitEvent(&call_.called, 0);
    NdisResetEvent(&call_.called);
    NdisSetTimer(&timer_, 0);
    NdisWaitEvent(&call_.called, 0);
    EXPECT_EQ(first.calls, 0);
}

TEST_F(NdisTimer, that_is_periodic_fires_until_it_is_cancelled) {
    NdisInitializeTimer(&timer_, note, &call_);
    NdisSetPeriodicTimer(&timer_, 1);
    for (int i = 0; i < 3; ++i) {
        NdisWaitEvent(&call_.called, 0);
        NdisResetEvent(&call_.called);
    }
    EXPECT_TRUE(cancel(timer_));
    machine::synchronize();
    const int calls = call_.calls;
    let_due_timers_fire();
    EXPECT_EQ(call_.calls, calls);
}

TEST_F(NdisTimer, may_be_freed_by_its_function) {
    struct Mine {
        NDIS_TIMER timer;
        PNDIS_EVENT freed;
    };
    auto mine = std::make_unique<Mine>();
    mine->freed = &call_.called;
    const auto free_it = [](PVOID, PVOID context, PVOID, PVOID) {
        const PNDIS_EVENT freed = static_cast<Mine*>(context)->freed;
        delete static_cast<Mine*>(context);
        NdisSetEvent(freed);
    };
    NdisInitializeTimer(&mine->timer, free_it, mine.get());
    Mine* const raw = mine.release();
    NdisSetTimer(&raw->timer, 0);
    NdisWaitEvent(&call_.called, 0);
}

TEST_F(NdisTimer, may_be_set_again_by_its_function) {
    struct Mine : Call {
        NDIS_TIMER timer;
    } mine;
    const auto again = [](PVOID, PVOID context, PVOID, PVOID) {
        Mine& my = *static_cast<Mine*>(context);
        if (++my.calls < 3)
            NdisSetTimer(&my.timer, 0);
        else
            NdisSetEvent(&my.called);
    };
    NdisInitializeTimer(&mine.timer, again, &mine);
    NdisSetTimer(&mine.timer, 0);
    NdisWaitEvent(&mine.called, 0);
    EXPECT_EQ(mine.calls, 3);
}

TEST_F(NdisTimer, of_a_driver_is_found_while_it_is_set) {
    const auto code = reinterpret_cast<const char*>(&note);
    nt::register_code(code, code + 1, nt::Abi::system_v, &call_);
    NdisInitializeTimer(&timer_, note, &call_);
    NdisSetTimer(&timer_, an_hour_ms);
    ASSERT_EQ(nt::timers_of(&call_).size(), 1u);
    EXPECT_EQ(nt::timers_of(&call_)[0].object, &timer_);
    cancel(timer_);
    EXPECT_TRUE(nt::timers_of(&call_).empty());
    nt::unregister_code(code);
}

TEST_F(NdisTimer, of_a_microsoft_driver_is_called_its_way) {
    const auto function = reinterpret_cast<PNDIS_TIMER_FUNCTION>(&note_microsoft);
    const auto code = reinterpret_cast<const char*>(function);
    nt::register_code(code, code + 1, nt::Abi::microsoft, nullptr);
    NdisInitializeTimer(&timer_, function, &call_);
    NdisSetTimer(&timer_, 0);
    NdisWaitEvent(&call_.called, 0);
    machine::synchronize();
    nt::unregister_code(code);
}

} // namespace
} // namespace ndispool::ndis
