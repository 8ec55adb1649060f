// Timers, each known by an address its owner chose (the driver's timer object).
//
// All state is in a table here; the memory at the key is never read or written. Routine and context are copied, and a
// one-shot timer is out of the table, before the routine is called: it may free the object or set the timer again.
// Always holds: routines run at DISPATCH on a processor's thread, the processor that set the timer (0 if set below
// DISPATCH); routines of one key never run at the same time; never early. Occurrences of a periodic timer that were
// missed are skipped. After cancel_timer() said false, synchronize() waits for a routine that has already begun. May be
// called at any IRQL up to DISPATCH, from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ndispool::machine {

using TimerRoutine = void (*)(void* context);

// Period 0 is once. Replaces a queued timer of this key; returns whether there was one. Delay 0: as soon as possible.
bool set_timer(const void* key, std::uint64_t delay_100ns, std::uint64_t period_100ns, TimerRoutine routine,
               void* context);

bool cancel_timer(const void* key); // true: it was queued, and is removed before it fired (again). Never waits.

std::size_t timers_queued();
std::vector<const void*> timers_between(const void* begin, const void* end); // queued keys in [begin, end), ascending

} // namespace ndispool::machine
