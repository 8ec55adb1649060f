/* Driver objects, device objects and I/O request packets, as far as network drivers reach into them: Win64 layouts.
 * Documentation: DRIVER_OBJECT, DEVICE_OBJECT, IRP, IO_STACK_LOCATION of the Windows Driver Kit.
 */
#ifndef NDIS_IO_H
#define NDIS_IO_H

#include "dispatcher.h"
#include "status.h"

#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CREATE_NAMED_PIPE 0x01
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_QUERY_INFORMATION 0x05
#define IRP_MJ_SET_INFORMATION 0x06
#define IRP_MJ_QUERY_EA 0x07
#define IRP_MJ_SET_EA 0x08
#define IRP_MJ_FLUSH_BUFFERS 0x09
#define IRP_MJ_QUERY_VOLUME_INFORMATION 0x0a
#define IRP_MJ_SET_VOLUME_INFORMATION 0x0b
#define IRP_MJ_DIRECTORY_CONTROL 0x0c
#define IRP_MJ_FILE_SYSTEM_CONTROL 0x0d
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0f
#define IRP_MJ_SHUTDOWN 0x10
#define IRP_MJ_LOCK_CONTROL 0x11
#define IRP_MJ_CLEANUP 0x12
#define IRP_MJ_CREATE_MAILSLOT 0x13
#define IRP_MJ_QUERY_SECURITY 0x14
#define IRP_MJ_SET_SECURITY 0x15
#define IRP_MJ_POWER 0x16
#define IRP_MJ_SYSTEM_CONTROL 0x17
#define IRP_MJ_DEVICE_CHANGE 0x18
#define IRP_MJ_QUERY_QUOTA 0x19
#define IRP_MJ_SET_QUOTA 0x1a
#define IRP_MJ_PNP 0x1b
#define IRP_MJ_MAXIMUM_FUNCTION 0x1b

#define FILE_DEVICE_NETWORK 0x00000012
#define FILE_DEVICE_PHYSICAL_NETCARD 0x00000017
#define FILE_DEVICE_NULL 0x00000015
#define FILE_DEVICE_TRANSPORT 0x00000021
#define FILE_DEVICE_UNKNOWN 0x00000022
#define FILE_DEVICE_SECURE_OPEN 0x00000100
#define FILE_ANY_ACCESS 0x0000
#define FILE_READ_ACCESS 0x0001
#define FILE_WRITE_ACCESS 0x0002
#define METHOD_BUFFERED 0
#define METHOD_IN_DIRECT 1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER 3
#define CTL_CODE(DeviceType, Function, Method, Access)                                                                 \
    (((ULONG)(DeviceType) << 16) | ((ULONG)(Access) << 14) | ((ULONG)(Function) << 2) | (ULONG)(Method))

#define DO_BUFFERED_IO 0x00000004
#define DO_EXCLUSIVE 0x00000008
#define DO_DIRECT_IO 0x00000010
#define DO_DEVICE_INITIALIZING 0x00000080

/* IO_STACK_LOCATION.Control */
#define SL_PENDING_RETURNED 0x01
#define SL_INVOKE_ON_CANCEL 0x20
#define SL_INVOKE_ON_SUCCESS 0x40
#define SL_INVOKE_ON_ERROR 0x80

typedef ULONG DEVICE_TYPE;

typedef struct _IO_STATUS_BLOCK {
    __extension__ union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef NTSTATUS(NTAPI* PDRIVER_DISPATCH)(IN PDEVICE_OBJECT DeviceObject, IN PIRP Irp);
typedef VOID(NTAPI* PDRIVER_CANCEL)(IN PDEVICE_OBJECT DeviceObject, IN PIRP Irp);
typedef VOID(NTAPI* PDRIVER_STARTIO)(IN PDEVICE_OBJECT DeviceObject, IN PIRP Irp);
typedef NTSTATUS(NTAPI* PDRIVER_ADD_DEVICE)(IN PDRIVER_OBJECT DriverObject, IN PDEVICE_OBJECT PhysicalDeviceObject);
typedef NTSTATUS(NTAPI* PIO_COMPLETION_ROUTINE)(IN PDEVICE_OBJECT DeviceObject, IN PIRP Irp, IN PVOID Context);

typedef struct _DRIVER_EXTENSION {
    PDRIVER_OBJECT DriverObject;
    PDRIVER_ADD_DEVICE AddDevice;
    ULONG Count;
    UNICODE_STRING ServiceKeyName;
} DRIVER_EXTENSION, *PDRIVER_EXTENSION;

struct _DRIVER_OBJECT {
    CSHORT Type;
    CSHORT Size;
    PDEVICE_OBJECT DeviceObject; /* the newest of the driver's devices; NextDevice leads to the others */
    ULONG Flags;
    PVOID DriverStart;
    ULONG DriverSize;
    PVOID DriverSection;
    PDRIVER_EXTENSION DriverExtension;
    UNICODE_STRING DriverName;
    PUNICODE_STRING HardwareDatabase;
    PVOID FastIoDispatch;
    PDRIVER_INITIALIZE DriverInit;
    PDRIVER_STARTIO DriverStartIo;
    PDRIVER_UNLOAD DriverUnload;
    PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

struct _DEVICE_OBJECT {
    CSHORT Type;
    USHORT Size;
    LONG ReferenceCount;
    PDRIVER_OBJECT DriverObject;
    PDEVICE_OBJECT NextDevice;
    PDEVICE_OBJECT AttachedDevice;
    PIRP CurrentIrp;
    PVOID Timer;
    ULONG Flags;
    ULONG Characteristics;
    PVOID Vpb;
    PVOID DeviceExtension;
    DEVICE_TYPE DeviceType;
    CCHAR StackSize;
    PVOID Queue[9];
    ULONG AlignmentRequirement;
    PVOID DeviceQueue[5];
    KDPC Dpc;
    ULONG ActiveThreadCount;
    PVOID SecurityDescriptor;
    KEVENT DeviceLock;
    USHORT SectorSize;
    USHORT Spare1;
    PVOID DeviceObjectExtension;
    PVOID Reserved;
} __attribute__((aligned(16)));

struct _FILE_OBJECT {
    CSHORT Type;
    CSHORT Size;
    PDEVICE_OBJECT DeviceObject;
    PVOID Vpb;
    PVOID FsContext; /* this and the next: the driver's own */
    PVOID FsContext2;
    PVOID SectionObjectPointer;
    PVOID PrivateCacheMap;
    NTSTATUS FinalStatus;
    PFILE_OBJECT RelatedFileObject;
    BOOLEAN LockOperation;
    BOOLEAN DeletePending;
    BOOLEAN ReadAccess;
    BOOLEAN WriteAccess;
    BOOLEAN DeleteAccess;
    BOOLEAN SharedRead;
    BOOLEAN SharedWrite;
    BOOLEAN SharedDelete;
    ULONG Flags;
    UNICODE_STRING FileName;
    LARGE_INTEGER CurrentByteOffset;
    ULONG Waiters;
    ULONG Busy;
    PVOID LastLock;
    KEVENT Lock;
    KEVENT Event;
    PVOID CompletionContext;
    KSPIN_LOCK IrpListLock;
    LIST_ENTRY IrpList;
    PVOID FileObjectExtension;
};

/* A parameter that Windows aligns to pointer size. */
#define NDIS_POINTER_ALIGNED __attribute__((aligned(8)))

typedef struct _IO_STACK_LOCATION {
    UCHAR MajorFunction;
    UCHAR MinorFunction;
    UCHAR Flags;
    UCHAR Control;
    union {
        struct {
            PVOID SecurityContext;
            ULONG Options;
            USHORT NDIS_POINTER_ALIGNED FileAttributes;
            USHORT ShareAccess;
            ULONG NDIS_POINTER_ALIGNED EaLength;
        } Create;
        struct {
            ULONG Length;
            ULONG NDIS_POINTER_ALIGNED Key;
            LARGE_INTEGER ByteOffset;
        } Read, Write;
        struct {
            ULONG OutputBufferLength;
            ULONG NDIS_POINTER_ALIGNED InputBufferLength;
            ULONG NDIS_POINTER_ALIGNED IoControlCode;
            PVOID Type3InputBuffer;
        } DeviceIoControl;
        struct {
            PVOID Argument1;
            PVOID Argument2;
            PVOID Argument3;
            PVOID Argument4;
        } Others;
    } Parameters;
    PDEVICE_OBJECT DeviceObject;
    PFILE_OBJECT FileObject;
    PIO_COMPLETION_ROUTINE CompletionRoutine;
    PVOID Context;
} IO_STACK_LOCATION, *PIO_STACK_LOCATION;

struct _IRP {
    CSHORT Type;
    USHORT Size;
    struct _MDL* MdlAddress;
    ULONG Flags;
    union {
        PIRP MasterIrp;
        LONG IrpCount;
        PVOID SystemBuffer;
    } AssociatedIrp;
    LIST_ENTRY ThreadListEntry;
    IO_STATUS_BLOCK IoStatus;
    KPROCESSOR_MODE RequestorMode;
    BOOLEAN PendingReturned;
    CHAR StackCount;
    CHAR CurrentLocation;
    BOOLEAN Cancel;
    KIRQL CancelIrql;
    CCHAR ApcEnvironment;
    UCHAR AllocationFlags;
    PIO_STATUS_BLOCK UserIosb;
    PKEVENT UserEvent;
    union {
        struct {
            PVOID UserApcRoutine;
            PVOID UserApcContext;
        } AsynchronousParameters;
        LARGE_INTEGER AllocationSize;
    } Overlay;
    PDRIVER_CANCEL CancelRoutine;
    PVOID UserBuffer;
    union {
        struct {
            PVOID DriverContext[4]; /* the driver's own while it owns the IRP; so is ListEntry */
            PETHREAD Thread;
            PCHAR AuxiliaryBuffer;
            LIST_ENTRY ListEntry;
            PIO_STACK_LOCATION CurrentStackLocation;
            PFILE_OBJECT OriginalFileObject;
        } Overlay;
        UCHAR Apc[88];
        PVOID CompletionKey;
    } Tail;
};

NDIS_STATIC_ASSERT(sizeof(IRP) == 0xd0, "stack locations follow the IRP");
NDIS_STATIC_ASSERT(offsetof(IRP, AssociatedIrp) == 24 && offsetof(IRP, IoStatus) == 48, "Win64 IRP");
NDIS_STATIC_ASSERT(offsetof(IRP, CancelRoutine) == 104 && offsetof(IRP, Tail) == 120, "Win64 IRP");
NDIS_STATIC_ASSERT(offsetof(IRP, Tail.Overlay.CurrentStackLocation) == 184, "IoGetCurrentIrpStackLocation is inline");
NDIS_STATIC_ASSERT(sizeof(IO_STACK_LOCATION) == 72, "an array of them stands behind the IRP");
NDIS_STATIC_ASSERT(offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode) == 24, "Win64 stack location");
NDIS_STATIC_ASSERT(offsetof(IO_STACK_LOCATION, Parameters.Read.ByteOffset) == 24, "Win64 stack location");
NDIS_STATIC_ASSERT(offsetof(IO_STACK_LOCATION, Parameters.Create.ShareAccess) == 26, "Win64 stack location");
NDIS_STATIC_ASSERT(offsetof(IO_STACK_LOCATION, FileObject) == 48, "Win64 stack location");
NDIS_STATIC_ASSERT(offsetof(DRIVER_OBJECT, DriverUnload) == 104 && sizeof(DRIVER_OBJECT) == 336, "Win64 DRIVER_OBJECT");
NDIS_STATIC_ASSERT(offsetof(DRIVER_OBJECT, MajorFunction) == 112, "DriverEntry fills it");
NDIS_STATIC_ASSERT(offsetof(DEVICE_OBJECT, DeviceExtension) == 64 && offsetof(DEVICE_OBJECT, Flags) == 48,
                   "drivers use both");
NDIS_STATIC_ASSERT(offsetof(DEVICE_OBJECT, StackSize) == 76 && offsetof(DEVICE_OBJECT, Dpc) == 200,
                   "Win64 DEVICE_OBJECT");
NDIS_STATIC_ASSERT(sizeof(DEVICE_OBJECT) == 336, "Win64 DEVICE_OBJECT");
NDIS_STATIC_ASSERT(offsetof(FILE_OBJECT, FsContext) == 24 && sizeof(FILE_OBJECT) == 216, "Win64 FILE_OBJECT");

/* ---- What a dispatch routine does with its IRP. Any IRQL, no call into the host. ---- */

FORCEINLINE PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP Irp) {
    return Irp->Tail.Overlay.CurrentStackLocation;
}

/* The location of the driver below. */
FORCEINLINE PIO_STACK_LOCATION IoGetNextIrpStackLocation(PIRP Irp) {
    return Irp->Tail.Overlay.CurrentStackLocation - 1;
}

/* Before the dispatch routine returns STATUS_PENDING. */
FORCEINLINE VOID IoMarkIrpPending(PIRP Irp) {
    IoGetCurrentIrpStackLocation(Irp)->Control |= SL_PENDING_RETURNED;
}

FORCEINLINE VOID IoSetCompletionRoutine(PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) {
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(Irp);
    next->CompletionRoutine = CompletionRoutine;
    next->Context = Context;
    next->Control = (UCHAR)((InvokeOnSuccess ? SL_INVOKE_ON_SUCCESS : 0) | (InvokeOnError ? SL_INVOKE_ON_ERROR : 0) |
                            (InvokeOnCancel ? SL_INVOKE_ON_CANCEL : 0));
}

/* Returns the routine that was set before; NULL takes the IRP out of reach of a cancellation. */
FORCEINLINE PDRIVER_CANCEL IoSetCancelRoutine(PIRP Irp, PDRIVER_CANCEL CancelRoutine) {
    return __atomic_exchange_n(&Irp->CancelRoutine, CancelRoutine, __ATOMIC_SEQ_CST);
}

NDIS_BEGIN_DECLS

/* The one lock that every IRP's cancellation goes through: a cancel routine is called with it held and releases it to
 * Irp->CancelIrql. Raises to DISPATCH_LEVEL; *Irql is the level before, given to the release. <= DISPATCH_LEVEL.
 * Documentation: IoAcquireCancelSpinLock, IoReleaseCancelSpinLock. */
NDISAPI VOID NTAPI IoAcquireCancelSpinLock(OUT PKIRQL Irql);
NDISAPI VOID NTAPI IoReleaseCancelSpinLock(IN KIRQL Irql);

/* Gives the IRP back with IoStatus.Status and IoStatus.Information as the driver set them; it is not the driver's any more.
 * PriorityBoost is ignored. <= DISPATCH_LEVEL. Documentation: IoCompleteRequest. */
NDISAPI VOID NTAPI IoCompleteRequest(IN PIRP Irp, IN CCHAR PriorityBoost);
#define IofCompleteRequest IoCompleteRequest

/* Hands the IRP to DeviceObject's driver, in the next stack location; returns what its dispatch routine returns. <= DISPATCH_LEVEL.
 * Documentation: IoCallDriver. */
NDISAPI NTSTATUS NTAPI IoCallDriver(IN PDEVICE_OBJECT DeviceObject, IN OUT PIRP Irp);
#define IofCallDriver IoCallDriver

/* A device of DriverObject with a zeroed extension of DeviceExtensionSize bytes; DeviceName, such as \Device\Name, may be NULL.
 * STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, STATUS_INSUFFICIENT_RESOURCES. The driver clears DO_DEVICE_INITIALIZING in Flags
 * when it is ready, unless it is still in DriverEntry. PASSIVE_LEVEL. Documentation: IoCreateDevice. */
NDISAPI NTSTATUS NTAPI IoCreateDevice(IN PDRIVER_OBJECT DriverObject, IN ULONG DeviceExtensionSize,
                                      IN PUNICODE_STRING DeviceName OPTIONAL, IN DEVICE_TYPE DeviceType,
                                      IN ULONG DeviceCharacteristics, IN BOOLEAN Exclusive,
                                      OUT PDEVICE_OBJECT* DeviceObject);
/* PASSIVE_LEVEL. The device's name is free again. Documentation: IoDeleteDevice. */
NDISAPI VOID NTAPI IoDeleteDevice(IN PDEVICE_OBJECT DeviceObject);
/* A second name (\DosDevices\Name or \??\Name) for a device. STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION. PASSIVE_LEVEL.
 * Documentation: IoCreateSymbolicLink. */
NDISAPI NTSTATUS NTAPI IoCreateSymbolicLink(IN PUNICODE_STRING SymbolicLinkName, IN PUNICODE_STRING DeviceName);
/* STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND. PASSIVE_LEVEL. Documentation: IoDeleteSymbolicLink. */
NDISAPI NTSTATUS NTAPI IoDeleteSymbolicLink(IN PUNICODE_STRING SymbolicLinkName);

NDIS_END_DECLS

#endif
