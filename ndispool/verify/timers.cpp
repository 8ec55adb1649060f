// The checked forms of timer and work item functions.
#include "ndispool/verify/timers.h"

#include "ndispool/ndis/service_work.h"
#include "ndispool/nt/dpcs.h"
#include "ndispool/nt/io_work.h"
#include "ndispool/nt/timers.h"
#include "ndispool/verify/call.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/table.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace ndispool::verify {

namespace {

Table<Site>& set_at() {
    static auto& all = *new Table<Site>;
    return all;
}

void note(Call& call, const void* object) {
    set_at().make(object, [&](Site& site) { site = call.site(); });
}

Site last_set(const void* object) {
    return set_at().find(object, [](const Site* site) { return site ? *site : Site{}; });
}

VOID NTAPI SetTimer(PNDIS_TIMER timer, UINT delay) {
    NDISPOOL_CALL(NdisSetTimer);
    note(call, timer);
    plain_NdisSetTimer(timer, delay);
}

VOID NTAPI SetTimerEx(PNDIS_TIMER timer, UINT delay, PVOID context) {
    NDISPOOL_CALL(NdisSetTimerEx);
    note(call, timer);
    plain_NdisSetTimerEx(timer, delay, context);
}

VOID NTAPI SetPeriodicTimer(PNDIS_TIMER timer, UINT period) {
    NDISPOOL_CALL(NdisSetPeriodicTimer);
    note(call, timer);
    plain_NdisSetPeriodicTimer(timer, period);
}

VOID NTAPI SetMiniportTimer(PNDIS_MINIPORT_TIMER timer, UINT delay) {
    NDISPOOL_CALL(NdisMSetTimer);
    note(call, timer);
    plain_NdisMSetTimer(timer, delay);
}

VOID NTAPI SetPeriodicMiniportTimer(PNDIS_MINIPORT_TIMER timer, UINT period) {
    NDISPOOL_CALL(NdisMSetPeriodicTimer);
    note(call, timer);
    plain_NdisMSetPeriodicTimer(timer, period);
}

BOOLEAN NTAPI SetKernelTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc) {
    NDISPOOL_CALL(KeSetTimer);
    note(call, timer);
    return plain_KeSetTimer(timer, due, dpc);
}

BOOLEAN NTAPI SetKernelTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc) {
    NDISPOOL_CALL(KeSetTimerEx);
    note(call, timer);
    return plain_KeSetTimerEx(timer, due, period, dpc);
}

NDIS_STATUS NTAPI ScheduleWorkItem(PNDIS_WORK_ITEM item) {
    NDISPOOL_CALL(NdisScheduleWorkItem);
    note(call, item);
    return plain_NdisScheduleWorkItem(item);
}

VOID NTAPI QueueIoWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE queue, PVOID context) {
    NDISPOOL_CALL(IoQueueWorkItem);
    note(call, item);
    plain_IoQueueWorkItem(item, routine, queue, context);
}

} // namespace

void judge_pending(const void* owner) {
    for (const nt::PendingCall& timer : nt::timers_of(owner)) {
        nt::disarm_timer(timer.object); // its function is about to be unmapped
        found(rule::timer_at_unload, "a timer is still set when the driver is unloaded",
              {{"set", last_set(timer.object)}, {"its function", site_of_handler(timer.code)}});
    }
    std::vector<nt::PendingCall> work = ndis::work_of(owner);
    std::ranges::copy(nt::io_work_of(owner), std::back_inserter(work));
    for (const nt::PendingCall& item : work)
        found(rule::work_item_at_unload, "a work item is still queued when the driver is unloaded",
              {{"queued", last_set(item.object)}, {"its routine", site_of_handler(item.code)}});
    for (const nt::PendingCall& dpc : nt::dpcs_of(owner))
        found(rule::timer_at_unload, "a DPC is still queued when the driver is unloaded",
              {{"its routine", site_of_handler(dpc.code)}});
}

void forget_timers() {
    set_at().erase_if([](const void*, const Site&) { return true; });
}

std::span<const DoorPart> timer_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(IoQueueWorkItem, QueueIoWorkItem),
        NDISPOOL_PART(NdisSetTimer, SetTimer),
        NDISPOOL_PART(NdisSetTimerEx, SetTimerEx),
        NDISPOOL_PART(NdisSetPeriodicTimer, SetPeriodicTimer),
        NDISPOOL_PART(NdisMSetTimer, SetMiniportTimer),
        NDISPOOL_PART(NdisMSetPeriodicTimer, SetPeriodicMiniportTimer),
        NDISPOOL_PART(KeSetTimer, SetKernelTimer),
        NDISPOOL_PART(KeSetTimerEx, SetKernelTimerEx),
        NDISPOOL_PART(NdisScheduleWorkItem, ScheduleWorkItem),
    };
    return list;
}

} // namespace ndispool::verify
