#include <atomic>
#include <gtest/gtest.h>
#include <memory>

#include "ndis/kernel.h"
#include "ndispool/machine/processor.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/timers.h"

namespace ndispool::nt {
namespace {

class KernelTimer : public testing::Test {
  protected:
    void SetUp() override { machine::start({.processors = 1}); }
    void TearDown() override { machine::stop(); }

    static NTSTATUS wait_for(KTIMER& timer) {
        return KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, nullptr);
    }
    static LARGE_INTEGER after_ms(LONGLONG ms) {
        LARGE_INTEGER due;
        due.QuadPart = -ms * 10'000;
        return due;
    }
    static constexpr LONGLONG an_hour_ms = 3'600'000;
};

TEST_F(KernelTimer, is_signalled_when_it_is_due) {
    KTIMER timer;
    KeInitializeTimer(&timer);
    EXPECT_FALSE(KeReadStateTimer(&timer));
    EXPECT_FALSE(KeSetTimer(&timer, after_ms(1), nullptr));
    EXPECT_EQ(wait_for(timer), STATUS_SUCCESS);
    EXPECT_TRUE(KeReadStateTimer(&timer)) << "a notification timer stays signalled";
    KeSetTimer(&timer, after_ms(an_hour_ms), nullptr);
    EXPECT_FALSE(KeReadStateTimer(&timer)) << "setting it resets it";
    EXPECT_TRUE(KeCancelTimer(&timer));
    EXPECT_FALSE(KeCancelTimer(&timer));
}

TEST_F(KernelTimer, of_synchronization_is_reset_by_the_wait_it_ends) {
    KTIMER timer;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeSetTimer(&timer, after_ms(0), nullptr);
    EXPECT_EQ(wait_for(timer), STATUS_SUCCESS);
    EXPECT_FALSE(KeReadStateTimer(&timer));
}

TEST_F(KernelTimer, queues_its_dpc_when_it_is_due) {
    struct Call {
        KEVENT event;
        PKDPC dpc = nullptr;
    } call;
    KeInitializeEvent(&call.event, NotificationEvent, FALSE);
    KTIMER timer;
    KDPC dpc;
    KeInitializeTimer(&timer);
    KeInitializeDpc(
        &dpc,
        [](PKDPC self, void* context, void*, void*) {
            static_cast<Call*>(context)->dpc = self;
            KeSetEvent(&static_cast<Call*>(context)->event, IO_NO_INCREMENT, FALSE);
        },
        &call);
    KeSetTimer(&timer, after_ms(0), &dpc);
    KeWaitForSingleObject(&call.event, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(call.dpc, &dpc);
}

TEST_F(KernelTimer, with_a_period_goes_on_until_it_is_cancelled) {
    static std::atomic<int> ticks;
    ticks = 0;
    KEVENT third;
    KeInitializeEvent(&third, NotificationEvent, FALSE);
    KTIMER timer;
    KDPC dpc;
    KeInitializeTimerEx(&timer, NotificationTimer);
    KeInitializeDpc(
        &dpc,
        [](PKDPC, void* context, void*, void*) {
            if (++ticks == 3)
                KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
        },
        &third);
    KeSetTimerEx(&timer, after_ms(0), 1, &dpc);
    KeWaitForSingleObject(&third, Executive, KernelMode, FALSE, nullptr);
    EXPECT_TRUE(KeCancelTimer(&timer));
    KeFlushQueuedDpcs();
    KeRemoveQueueDpc(&dpc);
}

TEST_F(KernelTimer, with_its_dpc_may_be_freed_by_the_dpcs_routine) {
    struct Both {
        KTIMER timer;
        KDPC dpc;
        PKEVENT done;
    };
    KEVENT done;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    auto both = std::make_unique<Both>();
    both->done = &done;
    KeInitializeTimer(&both->timer);
    KeInitializeDpc(
        &both->dpc,
        [](PKDPC, void* context, void*, void*) {
            const auto mine = static_cast<Both*>(context);
            const PKEVENT event = mine->done;
            delete mine;
            KeSetEvent(event, IO_NO_INCREMENT, FALSE);
        },
        both.get());
    Both* const raw = both.release();
    KeSetTimer(&raw->timer, after_ms(0), &raw->dpc);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
}

TEST_F(KernelTimer, belongs_to_the_driver_of_its_dpc_or_else_to_who_set_it) {
    KTIMER timer;
    KDPC dpc{};
    const auto routine = [](PKDPC, void*, void*, void*) {};
    const auto code = reinterpret_cast<const char*>(+static_cast<PKDEFERRED_ROUTINE>(routine));
    register_code(code, code + 1, Abi::system_v, &dpc);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, routine, nullptr);
    KeSetTimer(&timer, after_ms(an_hour_ms), &dpc);
    EXPECT_EQ(timers_of(&dpc).size(), 1u);
    KeSetTimer(&timer, after_ms(an_hour_ms), nullptr);
    EXPECT_TRUE(timers_of(&dpc).empty());
    KeCancelTimer(&timer);
    unregister_code(code);
}

} // namespace
} // namespace ndispool::nt
