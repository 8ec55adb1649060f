// The checked forms of event functions, and the ledger of events.
#include "ndispool/verify/events.h"

#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/table.h"
#include "ndispool/verify/unfinished.h"

#include <atomic>

namespace ndispool::verify {

namespace {

struct EventEntry {
    Site initialized, set, reset, waited;
    unsigned waiters = 0;
};

Table<EventEntry>& events() {
    static auto& all = *new Table<EventEntry>;
    return all;
}

// Counts and a flag; the entries they speak of are under their own locks.
std::atomic<std::size_t> known{0};
std::atomic<unsigned> waiters{0};
std::atomic<bool> all_known{true};

// Whoever is still waited for stays.
void forget_some() {
    all_known.store(false, std::memory_order_relaxed);
    events().erase_if([](const void*, const EventEntry& entry) { return entry.waiters == 0; });
    known.store(events().size(), std::memory_order_relaxed);
}

void initialized(Call& call, const void* event) {
    if (known.load(std::memory_order_relaxed) >= most_events)
        forget_some();
    events().make(event, [&](EventEntry& entry) {
        if (!entry.initialized)
            known.fetch_add(1, std::memory_order_relaxed);
        if (entry.waiters > 0)
            call.found(rule::event_misuse,
                       "an event is initialised while a thread waits for it: on Windows that wait never ends",
                       {{"initialised", entry.initialized}, {"waits", entry.waited}});
        entry = {call.site(), {}, {}, entry.waited, entry.waiters};
    });
}

// False: nobody initialised it.
bool look_at(Call& call, const void* event) {
    const bool found = !all_known.load(std::memory_order_relaxed) || events().find(event, [](const EventEntry* entry) {
        return entry != nullptr && bool(entry->initialized);
    });
    if (!found)
        call.found(rule::event_misuse,
                   std::string(call.function().name) + " was given an event that nobody initialised");
    return found;
}

enum class Change : std::uint8_t { set, reset };

void change(Call& call, const void* event, Change what) {
    if (!look_at(call, event))
        return;
    events().find(event, [&](EventEntry* entry) {
        if (entry)
            (what == Change::set ? entry->set : entry->reset) = call.site();
    });
}

VOID NTAPI InitializeEvent(PNDIS_EVENT event) {
    NDISPOOL_CALL(NdisInitializeEvent);
    initialized(call, event);
    plain_NdisInitializeEvent(event);
}

VOID NTAPI SetEvent(PNDIS_EVENT event) {
    NDISPOOL_CALL(NdisSetEvent);
    change(call, event, Change::set);
    plain_NdisSetEvent(event);
}

VOID NTAPI ResetEvent(PNDIS_EVENT event) {
    NDISPOOL_CALL(NdisResetEvent);
    change(call, event, Change::reset);
    plain_NdisResetEvent(event);
}

BOOLEAN NTAPI WaitEvent(PNDIS_EVENT event, UINT milliseconds) {
    NDISPOOL_CALL(NdisWaitEvent);
    look_at(call, event);
    const Waiting waiting(call, event);
    return plain_NdisWaitEvent(event, milliseconds);
}

VOID NTAPI InitializeKernelEvent(PRKEVENT event, EVENT_TYPE type, BOOLEAN state) {
    NDISPOOL_CALL(KeInitializeEvent);
    initialized(call, event);
    plain_KeInitializeEvent(event, type, state);
}

// Others than the driver's own events have their initialisation behind them: IoCreateSynchronizationEvent and the like.
void change_kernel_event(Call& call, const void* event, Change what) {
    events().find(event, [&](EventEntry* entry) {
        if (entry)
            (what == Change::set ? entry->set : entry->reset) = call.site();
    });
}

LONG NTAPI SetKernelEvent(PRKEVENT event, KPRIORITY increment, BOOLEAN wait) {
    NDISPOOL_CALL(KeSetEvent);
    change_kernel_event(call, event, Change::set);
    return plain_KeSetEvent(event, increment, wait);
}

VOID NTAPI ClearKernelEvent(PRKEVENT event) {
    NDISPOOL_CALL(KeClearEvent);
    change_kernel_event(call, event, Change::reset);
    plain_KeClearEvent(event);
}

LONG NTAPI ResetKernelEvent(PRKEVENT event) {
    NDISPOOL_CALL(KeResetEvent);
    change_kernel_event(call, event, Change::reset);
    return plain_KeResetEvent(event);
}

} // namespace

Waiting::Waiting(Call& call, const void* object) noexcept
    : object_(object), known_(events().find(object, [&](EventEntry* entry) {
          if (!entry)
              return false;
          entry->waited = call.site();
          ++entry->waiters;
          return true;
      })) {
    if (known_)
        waiters.fetch_add(1, std::memory_order_relaxed);
}

Waiting::~Waiting() {
    if (!known_)
        return;
    waiters.fetch_sub(1, std::memory_order_relaxed);
    events().find(object_, [](EventEntry* entry) {
        if (entry && entry->waiters > 0)
            --entry->waiters;
    });
}

void check_events_in(Call& call, const void* memory, std::size_t bytes) {
    if (waiters.load(std::memory_order_relaxed) == 0)
        return;
    const auto* const begin = static_cast<const std::byte*>(memory);
    events().each([&](const void* event, const EventEntry& entry) {
        if (entry.waiters > 0 && event >= begin && event < begin + bytes)
            call.found(rule::event_misuse, "memory is freed that holds an event for which a thread waits",
                       {{"initialised", entry.initialized}, {"waits", entry.waited}});
    });
}

std::vector<Unfinished> unfinished_waits() {
    std::vector<Unfinished> all;
    events().each([&](const void*, const EventEntry& entry) {
        if (entry.waiters == 0)
            return;
        all.push_back(
            {entry.set ? "an event is waited for that was reset and not set again"
                       : "an event is waited for that was never set",
             {{"event initialised", entry.initialized}, {"last set", entry.set}, {"last reset", entry.reset}}});
    });
    return all;
}

void forget_events() {
    events().erase_if([](const void*, const EventEntry&) { return true; });
    known.store(0, std::memory_order_relaxed);
    all_known.store(true, std::memory_order_relaxed);
}

std::span<const DoorPart> event_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisInitializeEvent, InitializeEvent),
        NDISPOOL_PART(NdisSetEvent, SetEvent),
        NDISPOOL_PART(NdisResetEvent, ResetEvent),
        NDISPOOL_PART(NdisWaitEvent, WaitEvent),
        NDISPOOL_PART(KeInitializeEvent, InitializeKernelEvent),
        NDISPOOL_PART(KeSetEvent, SetKernelEvent),
        NDISPOOL_PART(KeClearEvent, ClearKernelEvent),
        NDISPOOL_PART(KeResetEvent, ResetKernelEvent),
    };
    return list;
}

} // namespace ndispool::verify
