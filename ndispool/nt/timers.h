// Driver timers of every kind: kernel, NDIS and miniport timers are one table here, by the address of the timer object.
//   Callers:   any thread, <= DISPATCH.
//   Holds:     what a timer will do is copied when it is armed; the object is not touched when or after it fires, but
//              for the signal word, before the call. A timer that disarm_timer() found armed does not fire any more,
//              not even when its time had come; one that it did not find has begun its call, or was never armed.
//   Not here:  time itself (machine); what wraps the call of the driver's function (`run`: who arms, decides).
#pragma once

#include <cstdint>
#include <vector>

#include "ndispool/nt/pending_call.h"

namespace ndispool::nt {

struct TimerCall {
    const void* key;                // the timer object
    const void* code;               // the driver's function, by which its owner is known
    void* context;                  // what the driver gave for it
    void (*run)(const TimerCall&);  // at DISPATCH on a processor thread; calls `code` through invoke()
    void* wrapper = nullptr;        // for `run`: the adapter whose lock it takes, a DPC, ...
    std::int32_t* signal = nullptr; // an event word set when the timer fires
};

// Replaces what was armed; returns whether it was. Delay 0: as soon as possible. Period 0: once.
bool arm_timer(const TimerCall& call, std::uint64_t delay_100ns, std::uint64_t period_100ns);
bool disarm_timer(const void* key); // true: it was armed, and its function will not be called (again)

std::vector<PendingCall> timers_of(const void* owner); // armed timers whose function is code of this driver

} // namespace ndispool::nt
