// The kernel's interlocked operations on the lock word inside an NDIS spin lock; its OldIrql is not used.
#include "ndis/sync.h"

extern "C" {

LONG NdisInterlockedIncrement(PLONG Addend) {
    return InterlockedIncrement(Addend);
}

LONG NdisInterlockedDecrement(PLONG Addend) {
    return InterlockedDecrement(Addend);
}

ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock) {
    return ExInterlockedAddUlong(Addend, Increment, &SpinLock->SpinLock);
}

LARGE_INTEGER NdisInterlockedAddLargeInterger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
                                              PNDIS_SPIN_LOCK SpinLock) {
    return ExInterlockedAddLargeInteger(Addend, Increment, &SpinLock->SpinLock);
}

void NdisInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment) {
    ExInterlockedAddLargeStatistic(Addend, Increment);
}

PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock) {
    return ExInterlockedInsertHeadList(ListHead, ListEntry, &SpinLock->SpinLock);
}

PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PNDIS_SPIN_LOCK SpinLock) {
    return ExInterlockedInsertTailList(ListHead, ListEntry, &SpinLock->SpinLock);
}

PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock) {
    return ExInterlockedRemoveHeadList(ListHead, &SpinLock->SpinLock);
}

PSINGLE_LIST_ENTRY NdisInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                PNDIS_SPIN_LOCK Lock) {
    return ExInterlockedPushEntryList(ListHead, ListEntry, &Lock->SpinLock);
}

PSINGLE_LIST_ENTRY NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK Lock) {
    return ExInterlockedPopEntryList(ListHead, &Lock->SpinLock);
}

} // extern "C"
