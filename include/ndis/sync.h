/* NDIS spin locks, read-write locks, events, timers, work items, interlocked helpers.
 * The storage of every object is the driver's; sizes are those of Win64. Zero-filled locks are free locks.
 */
#ifndef NDIS_SYNC_H
#define NDIS_SYNC_H

#include "kernel.h"

typedef struct _NDIS_SPIN_LOCK {
    KSPIN_LOCK SpinLock;
    KIRQL OldIrql;
} NDIS_SPIN_LOCK, *PNDIS_SPIN_LOCK;
NDIS_STATIC_ASSERT(sizeof(NDIS_SPIN_LOCK) == 16 && offsetof(NDIS_SPIN_LOCK, OldIrql) == 8, "Win64 NDIS_SPIN_LOCK");

typedef struct _NDIS_EVENT {
    KEVENT Event;
} NDIS_EVENT, *PNDIS_EVENT;
NDIS_STATIC_ASSERT(sizeof(NDIS_EVENT) == 24, "Win64 NDIS_EVENT");

typedef VOID(NTAPI* PNDIS_TIMER_FUNCTION)(IN PVOID SystemSpecific1, IN PVOID FunctionContext, IN PVOID SystemSpecific2,
                                          IN PVOID SystemSpecific3);

typedef struct _NDIS_TIMER {
    KTIMER Timer;
    KDPC Dpc;
} NDIS_TIMER, *PNDIS_TIMER;
NDIS_STATIC_ASSERT(sizeof(NDIS_TIMER) == 128 && offsetof(NDIS_TIMER, Dpc) == 64, "Win64 NDIS_TIMER");

typedef struct _NDIS_WORK_ITEM NDIS_WORK_ITEM, *PNDIS_WORK_ITEM;
typedef VOID (*NDIS_PROC)(IN PNDIS_WORK_ITEM WorkItem, IN PVOID Context);
struct _NDIS_WORK_ITEM {
    PVOID Context;
    NDIS_PROC Routine;
    UCHAR WrapperReserved[8 * sizeof(PVOID)];
};
NDIS_STATIC_ASSERT(sizeof(NDIS_WORK_ITEM) == 80, "Win64 NDIS_WORK_ITEM");

/* What a processor counts of its own readers; 16 bytes so that two processors share few cache lines. */
typedef union _NDIS_RW_LOCK_REFCOUNT {
    UINT RefCount;
    UCHAR cacheLine[16];
} NDIS_RW_LOCK_REFCOUNT;

typedef struct _NDIS_RW_LOCK {
    __extension__ union {
        __extension__ struct {
            KSPIN_LOCK SpinLock;
            PVOID Context;
        };
        UCHAR Reserved[16];
    };
    NDIS_RW_LOCK_REFCOUNT RefCount[64];
} NDIS_RW_LOCK, *PNDIS_RW_LOCK;
NDIS_STATIC_ASSERT(sizeof(NDIS_RW_LOCK) == 1040 && offsetof(NDIS_RW_LOCK, RefCount) == 16, "Win64 NDIS_RW_LOCK");

typedef struct _LOCK_STATE {
    USHORT LockState;
    KIRQL OldIrql;
} LOCK_STATE, *PLOCK_STATE;
NDIS_STATIC_ASSERT(sizeof(LOCK_STATE) == 4 && offsetof(LOCK_STATE, OldIrql) == 2, "drivers keep it on their stack");

NDIS_BEGIN_DECLS

/* ---- Spin locks. Not recursive; released before any call that may call the driver back. A lock taken twice by one thread, or
 * released by a thread that does not own it, is reported. ---- */

/* Allocate makes a free lock, Free has nothing to do. Any IRQL. Documentation: NdisAllocateSpinLock, NdisFreeSpinLock. */
NDISAPI VOID NTAPI NdisAllocateSpinLock(OUT PNDIS_SPIN_LOCK SpinLock);
NDISAPI VOID NTAPI NdisFreeSpinLock(IN PNDIS_SPIN_LOCK SpinLock);
/* Raises to DISPATCH_LEVEL; the level before is kept in the lock. <= DISPATCH_LEVEL. Documentation: NdisAcquireSpinLock. */
NDISAPI VOID NTAPI NdisAcquireSpinLock(IN OUT PNDIS_SPIN_LOCK SpinLock);
/* Goes back to that level. DISPATCH_LEVEL. Documentation: NdisReleaseSpinLock. */
NDISAPI VOID NTAPI NdisReleaseSpinLock(IN OUT PNDIS_SPIN_LOCK SpinLock);
/* The same for a caller that is at DISPATCH_LEVEL: the level does not change. Documentation: NdisDprAcquireSpinLock. */
NDISAPI VOID NTAPI NdisDprAcquireSpinLock(IN OUT PNDIS_SPIN_LOCK SpinLock);
NDISAPI VOID NTAPI NdisDprReleaseSpinLock(IN OUT PNDIS_SPIN_LOCK SpinLock);

/* ---- Read-write locks. Any number of readers, or one writer. A reader, and the writer, may acquire again; a reader may not become
 * a writer (reported). Each acquisition has its own LockState, given to its release. ---- */

/* Any IRQL. Documentation: NdisInitializeReadWriteLock. */
NDISAPI VOID NTAPI NdisInitializeReadWriteLock(OUT PNDIS_RW_LOCK Lock);
/* fWrite TRUE: to write. Raises to DISPATCH_LEVEL. <= DISPATCH_LEVEL. Documentation: NdisAcquireReadWriteLock. */
NDISAPI VOID NTAPI NdisAcquireReadWriteLock(IN OUT PNDIS_RW_LOCK Lock, IN BOOLEAN fWrite, OUT PLOCK_STATE LockState);
/* DISPATCH_LEVEL; goes back to the level before. Documentation: NdisReleaseReadWriteLock. */
NDISAPI VOID NTAPI NdisReleaseReadWriteLock(IN OUT PNDIS_RW_LOCK Lock, IN PLOCK_STATE LockState);
/* For a caller that is at DISPATCH_LEVEL: the level does not change. */
NDISAPI VOID NTAPI NdisDprAcquireReadWriteLock(IN OUT PNDIS_RW_LOCK Lock, IN BOOLEAN fWrite, OUT PLOCK_STATE LockState);
NDISAPI VOID NTAPI NdisDprReleaseReadWriteLock(IN OUT PNDIS_RW_LOCK Lock, IN PLOCK_STATE LockState);

/* ---- Events: notification events, not signalled at first. Set wakes every waiter, and stays set until reset. ---- */

/* Any IRQL. Documentation: NdisInitializeEvent. */
NDISAPI VOID NTAPI NdisInitializeEvent(OUT PNDIS_EVENT Event);
/* <= DISPATCH_LEVEL. Documentation: NdisSetEvent, NdisResetEvent. */
NDISAPI VOID NTAPI NdisSetEvent(IN OUT PNDIS_EVENT Event);
NDISAPI VOID NTAPI NdisResetEvent(IN OUT PNDIS_EVENT Event);
/* MsToWait in milliseconds, 0 = for ever. TRUE: signalled; FALSE: timed out. PASSIVE_LEVEL. Documentation: NdisWaitEvent. */
NDISAPI BOOLEAN NTAPI NdisWaitEvent(IN PNDIS_EVENT Event, IN UINT MsToWait);
/* At least so long. PASSIVE_LEVEL. Documentation: NdisMSleep. */
NDISAPI VOID NTAPI NdisMSleep(IN ULONG MicrosecondsToSleep);

/* ---- Timers of protocols and intermediate drivers. The function runs at DISPATCH_LEVEL in an arbitrary thread, with
 * FunctionContext as its second parameter. Once it is called the host does not touch the timer object: it may free it or
 * set it again. ---- */

/* <= DISPATCH_LEVEL. Documentation: NdisInitializeTimer. */
NDISAPI VOID NTAPI NdisInitializeTimer(OUT PNDIS_TIMER Timer, IN PNDIS_TIMER_FUNCTION TimerFunction,
                                       IN PVOID FunctionContext);
/* Fires once after so many milliseconds (0: as soon as possible). Setting again replaces. <= DISPATCH_LEVEL.
 * Documentation: NdisSetTimer. */
NDISAPI VOID NTAPI NdisSetTimer(IN PNDIS_TIMER Timer, IN UINT MillisecondsToDelay);
/* The same with a new FunctionContext, which stays. Documentation: NdisSetTimerEx. */
NDISAPI VOID NTAPI NdisSetTimerEx(IN PNDIS_TIMER Timer, IN UINT MillisecondsToDelay, IN PVOID FunctionContext);
/* Fires every so many milliseconds, the first time after one period. Documentation: NdisSetPeriodicTimer. */
NDISAPI VOID NTAPI NdisSetPeriodicTimer(IN PNDIS_TIMER Timer, IN UINT MillisecondsPeriod);
/* *TimerCancelled TRUE: it was set and its function will not be called (again). FALSE: it was not set, or the function has been
 * called or is about to be. Never waits. <= DISPATCH_LEVEL. Documentation: NdisCancelTimer. */
NDISAPI VOID NTAPI NdisCancelTimer(IN PNDIS_TIMER Timer, OUT PBOOLEAN TimerCancelled);

/* ---- Work items ---- */

#define NdisInitializeWorkItem(WorkItem, WorkItemRoutine, WorkItemContext)                                             \
    ((void)((WorkItem)->Context = (WorkItemContext), (WorkItem)->Routine = (WorkItemRoutine)))
/* Calls Routine(WorkItem, Context) at PASSIVE_LEVEL in a worker thread, where it may block. Once it is called the host does not touch
 * WorkItem: it may free it or schedule it again. An item that is still queued is reported and stays queued once. Always
 * SUCCESS. <= DISPATCH_LEVEL. Documentation: NdisScheduleWorkItem. */
NDISAPI NDIS_STATUS NTAPI NdisScheduleWorkItem(IN PNDIS_WORK_ITEM WorkItem);

/* ---- Interlocked helpers. Any IRQL, which does not change; the lists are guarded by the spin lock given. ---- */

/* The new value. Documentation: NdisInterlockedIncrement, NdisInterlockedDecrement. */
NDISAPI LONG NTAPI NdisInterlockedIncrement(IN OUT PLONG Addend);
NDISAPI LONG NTAPI NdisInterlockedDecrement(IN OUT PLONG Addend);
/* The value before. Documentation: NdisInterlockedAddUlong. */
NDISAPI ULONG NTAPI NdisInterlockedAddUlong(IN OUT PULONG Addend, IN ULONG Increment, IN OUT PNDIS_SPIN_LOCK SpinLock);
NDISAPI LARGE_INTEGER NTAPI NdisInterlockedAddLargeInterger(IN OUT PLARGE_INTEGER Addend, IN LARGE_INTEGER Increment,
                                                            IN OUT PNDIS_SPIN_LOCK SpinLock);
NDISAPI VOID NTAPI NdisInterlockedAddLargeStatistic(IN OUT PLARGE_INTEGER Addend, IN ULONG Increment);
/* The entry that was first (last) before; NULL: the list was empty. Documentation: NdisInterlockedInsertHeadList and others. */
NDISAPI PLIST_ENTRY NTAPI NdisInterlockedInsertHeadList(IN OUT PLIST_ENTRY ListHead, IN OUT PLIST_ENTRY ListEntry,
                                                        IN OUT PNDIS_SPIN_LOCK SpinLock);
NDISAPI PLIST_ENTRY NTAPI NdisInterlockedInsertTailList(IN OUT PLIST_ENTRY ListHead, IN OUT PLIST_ENTRY ListEntry,
                                                        IN OUT PNDIS_SPIN_LOCK SpinLock);
/* NULL: the list is empty. */
NDISAPI PLIST_ENTRY NTAPI NdisInterlockedRemoveHeadList(IN OUT PLIST_ENTRY ListHead, IN OUT PNDIS_SPIN_LOCK SpinLock);
NDISAPI PSINGLE_LIST_ENTRY NTAPI NdisInterlockedPushEntryList(IN OUT PSINGLE_LIST_ENTRY ListHead,
                                                              IN OUT PSINGLE_LIST_ENTRY ListEntry,
                                                              IN OUT PNDIS_SPIN_LOCK Lock);
NDISAPI PSINGLE_LIST_ENTRY NTAPI NdisInterlockedPopEntryList(IN OUT PSINGLE_LIST_ENTRY ListHead,
                                                             IN OUT PNDIS_SPIN_LOCK Lock);
#define NdisInitializeListHead(ListHead) InitializeListHead(ListHead)
#define NdisInitializeSListHead(SListHead) ExInitializeSListHead(SListHead)
#define NdisInterlockedPushEntrySList(SListHead, SListEntry, Lock) ExpInterlockedPushEntrySList(SListHead, SListEntry)
#define NdisInterlockedPopEntrySList(SListHead, Lock) ExpInterlockedPopEntrySList(SListHead)
#define NdisInterlockedFlushSList(SListHead) ExpInterlockedFlushSList(SListHead)
#define NdisQueryDepthSList(SListHead) ExQueryDepthSList(SListHead)

NDIS_END_DECLS

#endif
