/* Events with names, work items and IRPs of drivers. PASSIVE_LEVEL unless said otherwise.
 * Documentation: IoCreateNotificationEvent, IoAllocateWorkItem and others of the Windows Driver Kit.
 */
#ifndef NDIS_OBJECT_H
#define NDIS_OBJECT_H

#include "io.h"
#include "thread.h"

typedef struct _IO_WORKITEM* PIO_WORKITEM;
typedef VOID(NTAPI* PIO_WORKITEM_ROUTINE)(IN PDEVICE_OBJECT DeviceObject, IN PVOID Context);
typedef enum _WORK_QUEUE_TYPE { CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue } WORK_QUEUE_TYPE;

NDIS_BEGIN_DECLS

/* As KeWaitForSingleObject, for what a handle names: a thread or an event. STATUS_INVALID_HANDLE for other handles.
 * Documentation: ZwWaitForSingleObject. */
NDISAPI NTSTATUS NTAPI ZwWaitForSingleObject(IN HANDLE Handle, IN BOOLEAN Alertable,
                                             IN PLARGE_INTEGER Timeout OPTIONAL);
/* An event with a name, the same for everybody who asks for it while a handle of it is open; starts signalled. The handle is closed
 * with ZwClose. Documentation: IoCreateNotificationEvent, IoCreateSynchronizationEvent. */
NDISAPI PKEVENT NTAPI IoCreateNotificationEvent(IN PUNICODE_STRING EventName, OUT PHANDLE EventHandle);
NDISAPI PKEVENT NTAPI IoCreateSynchronizationEvent(IN PUNICODE_STRING EventName, OUT PHANDLE EventHandle);

/* A work item of a device; NULL when there is no memory. <= DISPATCH_LEVEL. Documentation: IoAllocateWorkItem. */
NDISAPI PIO_WORKITEM NTAPI IoAllocateWorkItem(IN PDEVICE_OBJECT DeviceObject);
/* Not while it is queued; its routine may. <= DISPATCH_LEVEL. Documentation: IoFreeWorkItem. */
NDISAPI VOID NTAPI IoFreeWorkItem(IN PIO_WORKITEM IoWorkItem);
/* The routine is called at PASSIVE_LEVEL in a worker thread. An item that is queued already is reported and queued once; QueueType is
 * ignored. <= DISPATCH_LEVEL. Documentation: IoQueueWorkItem. */
NDISAPI VOID NTAPI IoQueueWorkItem(IN PIO_WORKITEM IoWorkItem, IN PIO_WORKITEM_ROUTINE WorkerRoutine,
                                   IN WORK_QUEUE_TYPE QueueType, IN PVOID Context OPTIONAL);

/* An IRP of the driver's own with StackSize stack locations, to send to another device; ChargeQuota is ignored. NULL when there is no
 * memory. The completion routine takes it back: it returns STATUS_MORE_PROCESSING_REQUIRED. <= DISPATCH_LEVEL.
 * Documentation: IoAllocateIrp, IoFreeIrp. */
NDISAPI PIRP NTAPI IoAllocateIrp(IN CCHAR StackSize, IN BOOLEAN ChargeQuota);
NDISAPI VOID NTAPI IoFreeIrp(IN PIRP Irp);
/* Marks the IRP cancelled; TRUE: its cancel routine was called. <= DISPATCH_LEVEL. Documentation: IoCancelIrp. */
NDISAPI BOOLEAN NTAPI IoCancelIrp(IN PIRP Irp);

/* Memory of the only process is always there; an address that is not aligned is reported. <= APC_LEVEL.
 * Documentation: ProbeForRead, ProbeForWrite. */
NDISAPI VOID NTAPI ProbeForRead(IN const VOID* Address, IN SIZE_T Length, IN ULONG Alignment);
NDISAPI VOID NTAPI ProbeForWrite(IN OUT PVOID Address, IN SIZE_T Length, IN ULONG Alignment);

NDIS_END_DECLS

#endif
