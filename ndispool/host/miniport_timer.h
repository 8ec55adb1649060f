// Timers of a miniport (NDIS_MINIPORT_TIMER): like other timers, but the function of a serialized miniport runs under its lock.
//   Callers:   initialize_timer() at PASSIVE_LEVEL, the rest up to DISPATCH_LEVEL.
//   Holds:     once its function was called the timer object is not touched: the driver may free it inside.
#pragma once

#include <ndis.h>

namespace ndispool::host {

struct Adapter;

void initialize_timer(NDIS_MINIPORT_TIMER& timer, Adapter& adapter, PNDIS_TIMER_FUNCTION function, PVOID context);
void set_timer(NDIS_MINIPORT_TIMER& timer, UINT milliseconds, bool periodic);
bool cancel_timer(NDIS_MINIPORT_TIMER& timer);

} // namespace ndispool::host
