/* A protocol that programs use through a control device with direct I/O, as capture drivers do: a read gives the next frame, and pends
 * while there is none; a write sends a frame; a control code tells how many were dropped because nobody read them. */
#include "protocol.h"

#define IOCTL_DROPPED CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define KEPT 4

static NDIS_HANDLE Pool;
static NDIS_SPIN_LOCK Lock; /* guards the frames that are kept, the read that waits and the count */
static struct {
    UINT Bytes;
    UCHAR Data[1514];
} Frames[KEPT];
static UINT First, Count;
static ULONG Dropped;
static PIRP Waiting;
static PDEVICE_OBJECT Device;
static UNICODE_STRING Name = NDIS_STRING_CONST("\\Device\\Reader"), Link = NDIS_STRING_CONST("\\DosDevices\\Reader");

static NTSTATUS Complete(PIRP Irp, NTSTATUS IrpStatus, ULONG_PTR Information) {
    Irp->IoStatus.Status = IrpStatus;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NETWORK_INCREMENT);
    return IrpStatus;
}

/* ---- Reads ---- */

static VOID Deliver(PIRP Irp, const VOID* Data, UINT Bytes) {
    UINT room = MmGetMdlByteCount(Irp->MdlAddress);

    if (Bytes > room)
        Bytes = room;
    NdisMoveMemory(MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority), Data, Bytes);
    Complete(Irp, STATUS_SUCCESS, Bytes);
}

static VOID CancelRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    NdisAcquireSpinLock(&Lock);
    if (Waiting == Irp)
        Waiting = NULL;
    NdisReleaseSpinLock(&Lock);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Read(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    static UCHAR data[1514];
    UINT bytes;

    UNREFERENCED_PARAMETER(DeviceObject);
    NdisAcquireSpinLock(&Lock);
    if (Count == 0 && Waiting == NULL) {
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, CancelRead);
        Waiting = Irp;
        NdisReleaseSpinLock(&Lock);
        return STATUS_PENDING;
    }
    if (Count == 0) {
        NdisReleaseSpinLock(&Lock);
        return Complete(Irp, STATUS_DEVICE_BUSY, 0);
    }
    bytes = Frames[First].Bytes;
    NdisMoveMemory(data, Frames[First].Data, bytes);
    First = (First + 1) % KEPT;
    --Count;
    NdisReleaseSpinLock(&Lock);
    Deliver(Irp, data, bytes);
    return STATUS_SUCCESS;
}

static INT ReceivePacket(NDIS_HANDLE Context, PNDIS_PACKET Packet) {
    PIRP irp = NULL;
    UINT place;

    UNREFERENCED_PARAMETER(Context);
    NdisDprAcquireSpinLock(&Lock);
    if (Count == KEPT) {
        ++Dropped;
        NdisDprReleaseSpinLock(&Lock);
        return 0;
    }
    place = (First + Count) % KEPT;
    Frames[place].Bytes = CopyPacket(Packet, 0, Frames[place].Data, sizeof(Frames[place].Data));
    if (Waiting != NULL && IoSetCancelRoutine(Waiting, NULL) != NULL) {
        irp = Waiting;
        Waiting = NULL;
    } else {
        ++Count;
    }
    NdisDprReleaseSpinLock(&Lock);
    if (irp != NULL)
        Deliver(irp, Frames[place].Data, Frames[place].Bytes);
    return 0;
}

/* ---- Writes: the program's own pages go out ---- */

static VOID SendComplete(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS SendStatus) {
    PIRP irp = *(PIRP*)Packet->ProtocolReserved;

    UNREFERENCED_PARAMETER(Context);
    NdisFreePacket(Packet);
    Complete(irp, SendStatus == NDIS_STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL,
             MmGetMdlByteCount(irp->MdlAddress));
}

static NTSTATUS Write(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PNDIS_PACKET packet;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->MdlAddress == NULL || MmGetMdlByteCount(Irp->MdlAddress) < 14)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    NdisAllocatePacket(&status, &packet, Pool);
    if (status != NDIS_STATUS_SUCCESS)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    *(PIRP*)packet->ProtocolReserved = Irp;
    NdisChainBufferAtFront(packet, Irp->MdlAddress);
    IoMarkIrpPending(Irp);
    NdisSend(&status, Binding, packet);
    if (status != NDIS_STATUS_PENDING)
        SendComplete(NULL, packet, status);
    return STATUS_PENDING;
}

static NTSTATUS Control(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(DeviceObject);
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_DROPPED)
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(Dropped))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    NdisMoveMemory(Irp->AssociatedIrp.SystemBuffer, &Dropped, sizeof(Dropped));
    return Complete(Irp, STATUS_SUCCESS, sizeof(Dropped));
}

static NTSTATUS Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* ---- Binding ---- */

static VOID Bind(PNDIS_STATUS BindStatus, NDIS_HANDLE BindContext, PNDIS_STRING DeviceName, PVOID Section,
                 PVOID Other) {
    UNREFERENCED_PARAMETER(BindContext);
    UNREFERENCED_PARAMETER(Section);
    UNREFERENCED_PARAMETER(Other);
    NdisAllocatePacketPool(BindStatus, &Pool, 8, sizeof(PIRP));
    if (*BindStatus != NDIS_STATUS_SUCCESS)
        return;
    *BindStatus = Open(DeviceName);
    if (*BindStatus == NDIS_STATUS_SUCCESS)
        *BindStatus = SetNumber(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_PROMISCUOUS);
}

static VOID Unbind(PNDIS_STATUS UnbindStatus, NDIS_HANDLE Context, NDIS_HANDLE UnbindContext) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(UnbindContext);
    Close();
    NdisFreePacketPool(Pool);
    *UnbindStatus = NDIS_STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(DriverObject);
    NdisDeregisterProtocol(&status, Protocol);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Device);
    NdisFreeSpinLock(&Lock);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    NdisAllocateSpinLock(&Lock);
    if (!NT_SUCCESS(IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_NETWORK, 0, FALSE, &Device)))
        return STATUS_INSUFFICIENT_RESOURCES;
    Device->Flags |= DO_DIRECT_IO;
    IoCreateSymbolicLink(&Link, &Name);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    FillHandlers(&handlers);
    handlers.SendCompleteHandler = SendComplete;
    handlers.ReceivePacketHandler = ReceivePacket;
    handlers.BindAdapterHandler = Bind;
    handlers.UnbindAdapterHandler = Unbind;
    NdisInitUnicodeString(&handlers.Name, L"READER");
    NdisRegisterProtocol(&status, &Protocol, &handlers, sizeof(handlers));
    if (status == NDIS_STATUS_SUCCESS)
        return STATUS_SUCCESS;
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Device);
    return status;
}
