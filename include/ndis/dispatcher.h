/* Kernel objects that are waited for or fire: events, timers, deferred procedure calls.
 * The storage is the driver's and needs no destruction. Sizes are those of Win64, because drivers embed these objects in
 * their own structures; what a member holds is the host's business, except where a comment says otherwise.
 */
#ifndef NDIS_DISPATCHER_H
#define NDIS_DISPATCHER_H

#include "base.h"

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny } WAIT_TYPE;
typedef enum _MODE { KernelMode, UserMode } MODE;
typedef enum _KWAIT_REASON {
    Executive,
    FreePage,
    PageIn,
    PoolAllocation,
    DelayExecution,
    Suspended,
    UserRequest,
    WrExecutive
} KWAIT_REASON;

typedef struct _DISPATCHER_HEADER {
    UCHAR Type; /* 0 and 1: events, 8 and 9: timers; the odd ones are reset by the wait they end */
    UCHAR Absolute;
    UCHAR Size;
    UCHAR Inserted;
    LONG SignalState;
    LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER, *PDISPATCHER_HEADER;

typedef struct _KEVENT {
    DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT, *PRKEVENT;

typedef struct _KDPC *PKDPC, *PRKDPC;
typedef VOID(NTAPI* PKDEFERRED_ROUTINE)(IN PKDPC Dpc, IN PVOID DeferredContext, IN PVOID SystemArgument1,
                                        IN PVOID SystemArgument2);

typedef struct _KDPC {
    UCHAR Type;
    UCHAR Importance;
    USHORT Number;
    LIST_ENTRY DpcListEntry;
    PKDEFERRED_ROUTINE DeferredRoutine;
    PVOID DeferredContext;
    PVOID SystemArgument1;
    PVOID SystemArgument2;
    PVOID DpcData;
} KDPC;

typedef struct _KTIMER {
    DISPATCHER_HEADER Header;
    ULARGE_INTEGER DueTime;
    LIST_ENTRY TimerListEntry;
    PKDPC Dpc;
    ULONG Processor;
    ULONG Period;
} KTIMER, *PKTIMER, *PRKTIMER;

NDIS_STATIC_ASSERT(sizeof(KEVENT) == 24, "NDIS_EVENT and drivers' contexts embed one");
NDIS_STATIC_ASSERT(offsetof(DISPATCHER_HEADER, SignalState) == 4, "Win64 DISPATCHER_HEADER");
NDIS_STATIC_ASSERT(sizeof(KTIMER) == 64 && sizeof(KDPC) == 64, "NDIS_TIMER is the two side by side, 128 bytes");
NDIS_STATIC_ASSERT(offsetof(KDPC, DeferredRoutine) == 24 && offsetof(KTIMER, Dpc) == 48, "Win64 KDPC and KTIMER");

#define MAXIMUM_WAIT_OBJECTS 64
#define THREAD_WAIT_OBJECTS 3

/* What a caller of KeWaitForMultipleObjects lends for more than THREAD_WAIT_OBJECTS objects; not used here. */
typedef struct _KWAIT_BLOCK {
    LIST_ENTRY WaitListEntry;
    PVOID Thread;
    PVOID Object;
    struct _KWAIT_BLOCK* NextWaitBlock;
    USHORT WaitKey;
    UCHAR WaitType;
} KWAIT_BLOCK, *PKWAIT_BLOCK;
NDIS_STATIC_ASSERT(sizeof(KWAIT_BLOCK) == 48, "drivers make arrays of them");

typedef LONG KPRIORITY;
#define IO_NO_INCREMENT 0
#define EVENT_INCREMENT 1
#define IO_NETWORK_INCREMENT 2

NDIS_BEGIN_DECLS

/* ---- Events ---- */

/* State TRUE: starts signalled. A NotificationEvent wakes every waiter and stays set until it is reset; a SynchronizationEvent
 * wakes one waiter and is reset by that. Any IRQL. Documentation: KeInitializeEvent. */
NDISAPI VOID NTAPI KeInitializeEvent(OUT PRKEVENT Event, IN EVENT_TYPE Type, IN BOOLEAN State);
/* Signals; returns the state before (0: was not set). Increment is ignored; Wait TRUE (a wait follows at once) likewise.
 * <= DISPATCH_LEVEL. Documentation: KeSetEvent. */
NDISAPI LONG NTAPI KeSetEvent(IN OUT PRKEVENT Event, IN KPRIORITY Increment, IN BOOLEAN Wait);
/* To not signalled. KeResetEvent returns the state before. <= DISPATCH_LEVEL. Documentation: KeClearEvent, KeResetEvent. */
NDISAPI VOID NTAPI KeClearEvent(IN OUT PRKEVENT Event);
NDISAPI LONG NTAPI KeResetEvent(IN OUT PRKEVENT Event);
/* The state now; 0: not set. <= DISPATCH_LEVEL. Documentation: KeReadStateEvent. */
NDISAPI LONG NTAPI KeReadStateEvent(IN PRKEVENT Event);

/* Waits until Object (an event or a timer) is signalled. Timeout, in 100 ns: NULL = for ever, 0 = only look, negative =
 * from now, positive = at that system time. STATUS_SUCCESS, STATUS_TIMEOUT; STATUS_INVALID_PARAMETER for other kinds of object,
 * which is also reported as a bug. PASSIVE_LEVEL; DISPATCH_LEVEL with a timeout of 0. WaitReason, WaitMode and Alertable are
 * ignored. Documentation: KeWaitForSingleObject. */
NDISAPI NTSTATUS NTAPI KeWaitForSingleObject(IN PVOID Object, IN KWAIT_REASON WaitReason, IN KPROCESSOR_MODE WaitMode,
                                             IN BOOLEAN Alertable, IN PLARGE_INTEGER Timeout OPTIONAL);
/* As KeWaitForSingleObject, for 1 to MAXIMUM_WAIT_OBJECTS objects: all of them (STATUS_SUCCESS), or any (STATUS_WAIT_0 + the index of
 * the one that ended the wait). Documentation: KeWaitForMultipleObjects. */
NDISAPI NTSTATUS NTAPI KeWaitForMultipleObjects(IN ULONG Count, IN PVOID Object[], IN WAIT_TYPE WaitType,
                                                IN KWAIT_REASON WaitReason, IN KPROCESSOR_MODE WaitMode,
                                                IN BOOLEAN Alertable, IN PLARGE_INTEGER Timeout OPTIONAL,
                                                OUT PKWAIT_BLOCK WaitBlockArray OPTIONAL);
/* Sleeps for *Interval in 100 ns: negative = from now, positive = until that system time. STATUS_SUCCESS. PASSIVE_LEVEL.
 * Documentation: KeDelayExecutionThread. */
NDISAPI NTSTATUS NTAPI KeDelayExecutionThread(IN KPROCESSOR_MODE WaitMode, IN BOOLEAN Alertable,
                                              IN PLARGE_INTEGER Interval);

/* ---- Deferred procedure calls. The routine runs once for each time it was queued, at DISPATCH_LEVEL; the host does not touch
 * the object after it has called the routine, which may free or queue it. ---- */

/* Any IRQL. Documentation: KeInitializeDpc. */
NDISAPI VOID NTAPI KeInitializeDpc(OUT PRKDPC Dpc, IN PKDEFERRED_ROUTINE DeferredRoutine,
                                   IN PVOID DeferredContext OPTIONAL);
/* TRUE: queued, with these arguments, on the current processor or the one that was set. FALSE: it already was, nothing
 * changes. Any IRQL. Documentation: KeInsertQueueDpc. */
NDISAPI BOOLEAN NTAPI KeInsertQueueDpc(IN OUT PRKDPC Dpc, IN PVOID SystemArgument1 OPTIONAL,
                                       IN PVOID SystemArgument2 OPTIONAL);
/* TRUE: it was queued and will not run. Any IRQL. Documentation: KeRemoveQueueDpc. */
NDISAPI BOOLEAN NTAPI KeRemoveQueueDpc(IN OUT PRKDPC Dpc);
/* Number: a processor. Any IRQL. Documentation: KeSetTargetProcessorDpc. */
NDISAPI VOID NTAPI KeSetTargetProcessorDpc(IN OUT PRKDPC Dpc, IN CCHAR Number);
/* Returns when every DPC that was queued before the call has run. PASSIVE_LEVEL. Documentation: KeFlushQueuedDpcs. */
NDISAPI VOID NTAPI KeFlushQueuedDpcs(VOID);

/* ---- Timers. When one is due it is signalled and its DPC, if there is one, is queued. ---- */

/* <= DISPATCH_LEVEL. KeInitializeTimer makes a NotificationTimer. Documentation: KeInitializeTimer, KeInitializeTimerEx. */
NDISAPI VOID NTAPI KeInitializeTimer(OUT PKTIMER Timer);
NDISAPI VOID NTAPI KeInitializeTimerEx(OUT PKTIMER Timer, IN TIMER_TYPE Type);
/* DueTime in 100 ns: negative = from now, positive = at that system time; Period in milliseconds, 0 = once. Setting again
 * replaces; TRUE when the timer was set before. <= DISPATCH_LEVEL. Documentation: KeSetTimer, KeSetTimerEx. */
NDISAPI BOOLEAN NTAPI KeSetTimer(IN OUT PKTIMER Timer, IN LARGE_INTEGER DueTime, IN PKDPC Dpc OPTIONAL);
NDISAPI BOOLEAN NTAPI KeSetTimerEx(IN OUT PKTIMER Timer, IN LARGE_INTEGER DueTime, IN LONG Period,
                                   IN PKDPC Dpc OPTIONAL);
/* TRUE: it was set and will not fire. A DPC that it has queued already stays queued. <= DISPATCH_LEVEL.
 * Documentation: KeCancelTimer. */
NDISAPI BOOLEAN NTAPI KeCancelTimer(IN OUT PKTIMER Timer);
/* Has it fired since it was set? <= DISPATCH_LEVEL. Documentation: KeReadStateTimer. */
NDISAPI BOOLEAN NTAPI KeReadStateTimer(IN PKTIMER Timer);

NDIS_END_DECLS

#endif
