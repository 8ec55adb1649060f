#include "ndispool/host/miniport_timer.h"

#include "ndispool/host/adapter.h"
#include "ndispool/nt/timers.h"

namespace ndispool::host {

namespace {

constexpr std::uint64_t millisecond_100ns = 10'000;

void fire(const nt::TimerCall& call) {
    Adapter& adapter = *static_cast<Adapter*>(call.wrapper);
    const auto function = reinterpret_cast<PNDIS_TIMER_FUNCTION>(const_cast<void*>(call.code));
    serially(adapter, [&adapter, function, context = call.context] {
        nt::invoke(adapter.abi, function, PVOID{nullptr}, context, PVOID{nullptr}, PVOID{nullptr});
    });
}

} // namespace

void initialize_timer(NDIS_MINIPORT_TIMER& timer, Adapter& adapter, PNDIS_TIMER_FUNCTION function, PVOID context) {
    timer = {};
    timer.MiniportTimerFunction = function;
    timer.MiniportTimerContext = context;
    timer.Miniport = &adapter.block;
}

void set_timer(NDIS_MINIPORT_TIMER& timer, UINT milliseconds, bool periodic) {
    const std::uint64_t delay = milliseconds * millisecond_100ns;
    nt::arm_timer({&timer, reinterpret_cast<const void*>(timer.MiniportTimerFunction), timer.MiniportTimerContext, fire,
                   adapter_of(timer.Miniport), nullptr},
                  delay, periodic ? delay : 0);
}

bool cancel_timer(NDIS_MINIPORT_TIMER& timer) {
    return nt::disarm_timer(&timer);
}

} // namespace ndispool::host
