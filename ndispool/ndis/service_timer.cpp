// Timers of protocols and intermediate drivers. Function and context stand in the object's DPC, from where they are
// copied each time the timer is set.
#include "ndis/sync.h"
#include "ndispool/nt/due_time.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/timers.h"

using namespace ndispool;

namespace {

void call_function(const nt::TimerCall& call) {
    const auto function = reinterpret_cast<PNDIS_TIMER_FUNCTION>(const_cast<void*>(call.code));
    nt::invoke(function, PVOID{nullptr}, call.context, PVOID{nullptr}, PVOID{nullptr});
}

void set(NDIS_TIMER& timer, UINT delay_ms, UINT period_ms) {
    const nt::TimerCall call{.key = &timer,
                             .code = reinterpret_cast<const void*>(timer.Dpc.DeferredRoutine),
                             .context = timer.Dpc.DeferredContext,
                             .run = call_function};
    nt::arm_timer(call, delay_ms * nt::ticks_per_ms, period_ms * nt::ticks_per_ms);
}

} // namespace

extern "C" {

void NdisInitializeTimer(PNDIS_TIMER Timer, PNDIS_TIMER_FUNCTION TimerFunction, PVOID FunctionContext) {
    KeInitializeTimer(&Timer->Timer);
    KeInitializeDpc(&Timer->Dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(TimerFunction), FunctionContext);
}

void NdisSetTimer(PNDIS_TIMER Timer, UINT MillisecondsToDelay) {
    set(*Timer, MillisecondsToDelay, 0);
}

void NdisSetTimerEx(PNDIS_TIMER Timer, UINT MillisecondsToDelay, PVOID FunctionContext) {
    Timer->Dpc.DeferredContext = FunctionContext;
    set(*Timer, MillisecondsToDelay, 0);
}

void NdisSetPeriodicTimer(PNDIS_TIMER Timer, UINT MillisecondsPeriod) {
    set(*Timer, MillisecondsPeriod, MillisecondsPeriod);
}

void NdisCancelTimer(PNDIS_TIMER Timer, PBOOLEAN TimerCancelled) {
    *TimerCancelled = nt::disarm_timer(Timer);
}

} // extern "C"
