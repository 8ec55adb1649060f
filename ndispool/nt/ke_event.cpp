// Events, and waiting for whatever has a dispatcher header.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <span>

#include "ndis/dispatcher.h"
#include "ndis/status.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/event.h"
#include "ndispool/nt/due_time.h"

using namespace ndispool;

namespace {

constexpr UCHAR timer_kind = 8; // of a notification timer; kinds with bit 0 set are reset by a wait

bool can_be_waited_for(UCHAR type) {
    return (type & ~(timer_kind | 1)) == 0;
}

machine::Waited waited_for(PVOID object) {
    auto& header = *static_cast<DISPATCHER_HEADER*>(object);
    return {&header.SignalState, (header.Type & 1) != 0};
}

std::optional<std::chrono::nanoseconds> timeout_of(const LARGE_INTEGER* timeout) {
    if (timeout == nullptr)
        return {};
    return std::chrono::nanoseconds(nt::from_now(*timeout) * 100);
}

} // namespace

extern "C" {

void KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
    Event->Header = {};
    Event->Header.Type = static_cast<UCHAR>(Type);
    Event->Header.Size = sizeof(KEVENT) / sizeof(LONG);
    Event->Header.SignalState = State ? 1 : 0;
    InitializeListHead(&Event->Header.WaitListHead);
}

LONG KeSetEvent(PRKEVENT Event, KPRIORITY, BOOLEAN) {
    return machine::set(Event->Header.SignalState);
}

void KeClearEvent(PRKEVENT Event) {
    machine::reset(Event->Header.SignalState);
}

LONG KeResetEvent(PRKEVENT Event) {
    return machine::reset(Event->Header.SignalState);
}

LONG KeReadStateEvent(PRKEVENT Event) {
    // acquire, partner: the release in machine::set(), so that what was done before it is seen
    return std::atomic_ref(Event->Header.SignalState).load(std::memory_order_acquire);
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER Timeout) {
    auto& header = *static_cast<DISPATCHER_HEADER*>(Object);
    if (!can_be_waited_for(header.Type)) {
        machine::report_bug("KeWaitForSingleObject: not an event or a timer", Object);
        return STATUS_INVALID_PARAMETER;
    }
    const bool resets_it = (header.Type & 1) != 0;
    return machine::wait(header.SignalState, resets_it, timeout_of(Timeout)) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON, KPROCESSOR_MODE,
                                  BOOLEAN, PLARGE_INTEGER Timeout, PKWAIT_BLOCK) {
    const auto is_one = [](PVOID object) { return can_be_waited_for(static_cast<DISPATCHER_HEADER*>(object)->Type); };
    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS || !std::all_of(Object, Object + Count, is_one)) {
        machine::report_bug("KeWaitForMultipleObjects: not 1 to 64 events, timers or threads", Object);
        return STATUS_INVALID_PARAMETER;
    }
    std::array<machine::Waited, MAXIMUM_WAIT_OBJECTS> waited;
    std::transform(Object, Object + Count, waited.begin(), waited_for);
    const auto objects = std::span<const machine::Waited>(waited).first(Count);
    if (WaitType == WaitAll)
        return machine::wait_for_all(objects, timeout_of(Timeout)) ? STATUS_SUCCESS : STATUS_TIMEOUT;
    const auto first = machine::wait_for_one(objects, timeout_of(Timeout));
    return first ? STATUS_WAIT_0 + static_cast<NTSTATUS>(*first) : STATUS_TIMEOUT;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER Interval) {
    machine::sleep_100ns(nt::from_now(*Interval));
    return STATUS_SUCCESS;
}

} // extern "C"
