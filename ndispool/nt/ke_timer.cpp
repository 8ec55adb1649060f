// Kernel timers: an event word, and a DPC to queue.
#include <atomic>

#include "ndis/dispatcher.h"
#include "ndispool/machine/event.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/dpcs.h"
#include "ndispool/nt/due_time.h"
#include "ndispool/nt/timers.h"

using namespace ndispool;

namespace {

constexpr UCHAR timer_kind = 8; // of a notification timer; a synchronization timer is the next one

void queue_its_dpc(const nt::TimerCall& call) {
    if (call.wrapper != nullptr)
        nt::queue_dpc(*static_cast<const KDPC*>(call.wrapper), nullptr, nullptr);
}

bool set_timer(KTIMER& timer, LARGE_INTEGER due, LONG period_ms, KDPC* dpc, const void* code) {
    machine::reset(timer.Header.SignalState);
    const nt::TimerCall call{.key = &timer,
                             .code = dpc != nullptr ? reinterpret_cast<const void*>(dpc->DeferredRoutine) : code,
                             .context = nullptr,
                             .run = queue_its_dpc,
                             .wrapper = dpc,
                             .signal = &timer.Header.SignalState};
    return nt::arm_timer(call, nt::from_now(due), static_cast<std::uint64_t>(period_ms) * nt::ticks_per_ms);
}

} // namespace

extern "C" {

void KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
    *Timer = {};
    Timer->Header.Type = static_cast<UCHAR>(timer_kind + Type);
    Timer->Header.Size = sizeof(KTIMER) / sizeof(LONG);
    InitializeListHead(&Timer->Header.WaitListHead);
}

void KeInitializeTimer(PKTIMER Timer) {
    KeInitializeTimerEx(Timer, NotificationTimer);
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) {
    return set_timer(*Timer, DueTime, 0, Dpc, nt::caller(__builtin_return_address(0)));
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
    return set_timer(*Timer, DueTime, Period, Dpc, nt::caller(__builtin_return_address(0)));
}

BOOLEAN KeCancelTimer(PKTIMER Timer) {
    return nt::disarm_timer(Timer);
}

BOOLEAN KeReadStateTimer(PKTIMER Timer) {
    // acquire, partner: the release in machine::set(), so that what was done before it is seen
    return std::atomic_ref(Timer->Header.SignalState).load(std::memory_order_acquire) != 0;
}

} // extern "C"
