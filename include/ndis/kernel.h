/* The small part of the kernel, beside NDIS, that network drivers use: IRQL, spin locks, time, interlocked operations, lists
 * shared between processors. Events, timers and DPCs are in dispatcher.h, devices and IRPs in io.h, DbgPrint in debug.h.
 */
#ifndef NDIS_KERNEL_H
#define NDIS_KERNEL_H

#include "debug.h"
#include "dispatcher.h"
#include "io.h"

NDIS_BEGIN_DECLS

/* ---- IRQL and processors ---- */

/* Any IRQL. Documentation: KeGetCurrentIrql, KeRaiseIrql, KeLowerIrql. Lowering goes back to what raising returned. */
NDISAPI KIRQL NTAPI KeGetCurrentIrql(VOID);
NDISAPI VOID NTAPI KeRaiseIrql(IN KIRQL NewIrql, OUT PKIRQL OldIrql);
NDISAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);
NDISAPI VOID NTAPI KeLowerIrql(IN KIRQL NewIrql);
/* Less than 32; stays the same while the caller is at DISPATCH_LEVEL. Any IRQL. Documentation: KeGetCurrentProcessorNumber. */
NDISAPI ULONG NTAPI KeGetCurrentProcessorNumber(VOID);
/* One bit for each processor. Any IRQL. Documentation: KeQueryActiveProcessors. */
NDISAPI KAFFINITY NTAPI KeQueryActiveProcessors(VOID);

/* ---- Spin locks: one word, zero is free. Not recursive. ---- */

/* Any IRQL. Documentation: KeInitializeSpinLock. */
NDISAPI VOID NTAPI KeInitializeSpinLock(OUT PKSPIN_LOCK SpinLock);
/* Raises to DISPATCH_LEVEL, then acquires; releasing goes back to NewIrql, what acquiring gave. <= DISPATCH_LEVEL.
 * Documentation: KeAcquireSpinLock, KeReleaseSpinLock. */
NDISAPI VOID NTAPI KeAcquireSpinLock(IN OUT PKSPIN_LOCK SpinLock, OUT PKIRQL OldIrql);
NDISAPI KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(IN OUT PKSPIN_LOCK SpinLock);
NDISAPI VOID NTAPI KeReleaseSpinLock(IN OUT PKSPIN_LOCK SpinLock, IN KIRQL NewIrql);
/* No IRQL change; the caller is at DISPATCH_LEVEL. Documentation: KeAcquireSpinLockAtDpcLevel. */
NDISAPI VOID NTAPI KeAcquireSpinLockAtDpcLevel(IN OUT PKSPIN_LOCK SpinLock);
NDISAPI VOID NTAPI KeReleaseSpinLockFromDpcLevel(IN OUT PKSPIN_LOCK SpinLock);

/* ---- Time ---- */

/* 100 ns since 1601-01-01 UTC. Any IRQL. Documentation: KeQuerySystemTime. */
NDISAPI VOID NTAPI KeQuerySystemTime(OUT PLARGE_INTEGER CurrentTime);
/* Ticks since the system started, and the length of a tick in 100 ns. Any IRQL. Documentation: KeQueryTickCount,
 * KeQueryTimeIncrement. */
NDISAPI VOID NTAPI KeQueryTickCount(OUT PLARGE_INTEGER TickCount);
NDISAPI ULONG NTAPI KeQueryTimeIncrement(VOID);
/* A counter that never goes back, and its frequency in Hz. Any IRQL. Documentation: KeQueryPerformanceCounter. */
NDISAPI LARGE_INTEGER NTAPI KeQueryPerformanceCounter(OUT PLARGE_INTEGER PerformanceFrequency OPTIONAL);
/* The clock needs no finer ticks: answers with the length of one in 100 ns, whatever is asked for. <= APC_LEVEL.
 * Documentation: ExSetTimerResolution. */
NDISAPI ULONG NTAPI ExSetTimerResolution(IN ULONG DesiredTime, IN BOOLEAN SetResolution);
/* Busy wait, at most 50 microseconds please. Any IRQL. Documentation: KeStallExecutionProcessor. */
NDISAPI VOID NTAPI KeStallExecutionProcessor(IN ULONG MicroSeconds);

/* ---- Chance ---- */

/* A number from 0 to MAXLONG - 1 (RtlRandomEx: to MAXLONG) that follows from *Seed alone, which is set for the next call. Any IRQL.
 * Documentation: RtlRandom, RtlRandomEx. */
NDISAPI ULONG NTAPI RtlRandom(IN OUT PULONG Seed);
NDISAPI ULONG NTAPI RtlRandomEx(IN OUT PULONG Seed);

/* ---- Version: 5.1 build 2600, free ---- */

typedef struct _OSVERSIONINFOW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;
NDIS_STATIC_ASSERT(sizeof(RTL_OSVERSIONINFOW) == 276, "the size tells RtlGetVersion which structure it fills");

/* TRUE for a checked build: always FALSE. Every argument may be NULL. PASSIVE_LEVEL. Documentation: PsGetVersion. */
NDISAPI BOOLEAN NTAPI PsGetVersion(OUT PULONG MajorVersion OPTIONAL, OUT PULONG MinorVersion OPTIONAL,
                                   OUT PULONG BuildNumber OPTIONAL, OUT PUNICODE_STRING CSDVersion OPTIONAL);
/* dwOSVersionInfoSize is set by the caller. STATUS_SUCCESS. PASSIVE_LEVEL. Documentation: RtlGetVersion. */
NDISAPI NTSTATUS NTAPI RtlGetVersion(IN OUT PRTL_OSVERSIONINFOW VersionInformation);

/* ---- Lists shared between processors, each under the spin lock that is given. Any IRQL, which does not change. ---- */

/* The entry that was first (last) before; NULL: the list was empty. Documentation: ExInterlockedInsertHeadList and others. */
NDISAPI PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(IN OUT PLIST_ENTRY ListHead, IN OUT PLIST_ENTRY ListEntry,
                                                      IN OUT PKSPIN_LOCK Lock);
NDISAPI PLIST_ENTRY NTAPI ExInterlockedInsertTailList(IN OUT PLIST_ENTRY ListHead, IN OUT PLIST_ENTRY ListEntry,
                                                      IN OUT PKSPIN_LOCK Lock);
/* NULL: the list is empty. */
NDISAPI PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(IN OUT PLIST_ENTRY ListHead, IN OUT PKSPIN_LOCK Lock);
NDISAPI PSINGLE_LIST_ENTRY NTAPI ExInterlockedPushEntryList(IN OUT PSINGLE_LIST_ENTRY ListHead,
                                                            IN OUT PSINGLE_LIST_ENTRY ListEntry,
                                                            IN OUT PKSPIN_LOCK Lock);
NDISAPI PSINGLE_LIST_ENTRY NTAPI ExInterlockedPopEntryList(IN OUT PSINGLE_LIST_ENTRY ListHead, IN OUT PKSPIN_LOCK Lock);
/* Adds and returns the value before. Documentation: ExInterlockedAddUlong. */
NDISAPI ULONG NTAPI ExInterlockedAddUlong(IN OUT PULONG Addend, IN ULONG Increment, IN OUT PKSPIN_LOCK Lock);
NDISAPI LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(IN OUT PLARGE_INTEGER Addend, IN LARGE_INTEGER Increment,
                                                         IN OUT PKSPIN_LOCK Lock);
/* Adds without a lock. Documentation: ExInterlockedAddLargeStatistic. */
NDISAPI VOID NTAPI ExInterlockedAddLargeStatistic(IN OUT PLARGE_INTEGER Addend, IN ULONG Increment);

/* ---- Sequenced lists: their head is their lock. Zero-filled is empty. ---- */

typedef struct _SLIST_ENTRY {
    struct _SLIST_ENTRY* Next;
} __attribute__((aligned(16))) SLIST_ENTRY, *PSLIST_ENTRY;

typedef union _SLIST_HEADER {
    __extension__ struct {
        ULONGLONG Alignment; /* low 16 bits: the depth */
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
} __attribute__((aligned(16))) SLIST_HEADER, *PSLIST_HEADER;
NDIS_STATIC_ASSERT(sizeof(SLIST_HEADER) == 16 && sizeof(SLIST_ENTRY) == 16,
                   "the low 4 bits of an entry's address are 0");

/* Any IRQL. Push returns the entry that was first before, pop the first one (NULL: empty), flush the whole chain.
 * Documentation: ExInterlockedPushEntrySList and others. */
NDISAPI VOID NTAPI ExInitializeSListHead(OUT PSLIST_HEADER SListHead);
NDISAPI USHORT NTAPI ExQueryDepthSList(IN PSLIST_HEADER SListHead);
NDISAPI PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(IN OUT PSLIST_HEADER SListHead, IN OUT PSLIST_ENTRY SListEntry);
NDISAPI PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(IN OUT PSLIST_HEADER SListHead);
NDISAPI PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(IN OUT PSLIST_HEADER SListHead);
#define ExInterlockedPushEntrySList(SListHead, SListEntry, Lock) ExpInterlockedPushEntrySList(SListHead, SListEntry)
#define ExInterlockedPopEntrySList(SListHead, Lock) ExpInterlockedPopEntrySList(SListHead)
#define ExInterlockedFlushSList(SListHead) ExpInterlockedFlushSList(SListHead)
#define InitializeSListHead(SListHead) ExInitializeSListHead(SListHead)
#define QueryDepthSList(SListHead) ExQueryDepthSList(SListHead)

NDIS_END_DECLS

/* ---- Interlocked operations: full barriers, any IRQL. Increment and Decrement return the new value, the others the old.
 * Documentation: InterlockedIncrement and others. ---- */

FORCEINLINE LONG InterlockedIncrement(LONG volatile* Addend) {
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedDecrement(LONG volatile* Addend) {
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedExchange(LONG volatile* Target, LONG Value) {
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedExchangeAdd(LONG volatile* Addend, LONG Value) {
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedOr(LONG volatile* Target, LONG Value) {
    return __atomic_fetch_or(Target, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedAnd(LONG volatile* Target, LONG Value) {
    return __atomic_fetch_and(Target, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONG InterlockedCompareExchange(LONG volatile* Target, LONG Exchange, LONG Comperand) {
    __atomic_compare_exchange_n(Target, &Comperand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return Comperand;
}
FORCEINLINE LONGLONG InterlockedIncrement64(LONGLONG volatile* Addend) {
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONGLONG InterlockedDecrement64(LONGLONG volatile* Addend) {
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONGLONG InterlockedExchangeAdd64(LONGLONG volatile* Addend, LONGLONG Value) {
    return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE LONGLONG InterlockedCompareExchange64(LONGLONG volatile* Target, LONGLONG Exchange, LONGLONG Comperand) {
    __atomic_compare_exchange_n(Target, &Comperand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return Comperand;
}
FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile* Target, PVOID Value) {
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}
FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile* Target, PVOID Exchange, PVOID Comperand) {
    __atomic_compare_exchange_n(Target, &Comperand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return Comperand;
}

#endif
