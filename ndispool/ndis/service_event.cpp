// NDIS events are notification events; sleeping.
#include <chrono>
#include <optional>

#include "ndis/sync.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/event.h"
#include "ndispool/nt/due_time.h"

using namespace ndispool;

extern "C" {

void NdisInitializeEvent(PNDIS_EVENT Event) {
    KeInitializeEvent(&Event->Event, NotificationEvent, FALSE);
}

void NdisSetEvent(PNDIS_EVENT Event) {
    machine::set(Event->Event.Header.SignalState);
}

void NdisResetEvent(PNDIS_EVENT Event) {
    machine::reset(Event->Event.Header.SignalState);
}

BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait) {
    // NdisWaitEvent: with zero the caller waits indefinitely
    std::optional<std::chrono::nanoseconds> timeout;
    if (MsToWait != 0)
        timeout = std::chrono::milliseconds(MsToWait);
    return machine::wait(Event->Event.Header.SignalState, false, timeout);
}

void NdisMSleep(ULONG MicrosecondsToSleep) {
    machine::sleep_100ns(MicrosecondsToSleep * nt::ticks_per_us);
}

} // extern "C"
