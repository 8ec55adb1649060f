/* A deserialized miniport that pends whatever may pend: queries, sets, sends, resets. Everything is finished later, by a timer,
 * and not in the order it came. Each frame that is sent comes back as a received one, in order; a frame waits while the packet
 * pool is dry. Its control device tells how many frames it has sent. Parameters: Packets (16), Delay in milliseconds (1). */
#include "common.h"

#define TAG 0x646E6550 /* "Pend" */
#define MAXIMUM_DATA 65535
#define IOCTL_SENDS CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_FAIL CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS) /* the adapter has failed */

typedef struct _PENDER {
    NDIS_HANDLE Adapter;
    NDIS_HANDLE PacketPool, BufferPool;
    NDIS_MINIPORT_TIMER Timer;
    UINT Delay;
    NDIS_SPIN_LOCK Lock; /* guards all below */
    BOOLEAN Armed, Halting;
    PNDIS_PACKET First, Last; /* sends that wait; linked through MiniportReserved */
    BOOLEAN Asked;            /* a request waits: it is one of these */
    BOOLEAN IsSet;
    NDIS_OID Oid;
    PVOID Buffer;
    ULONG Length;
    PULONG BytesDone, BytesNeeded;
    BOOLEAN Resetting;
    ULONG Sends;
} PENDER;

#define NEXT_OF(Packet) (*(PNDIS_PACKET*)(Packet)->MiniportReserved)

static const UCHAR Address[6] = {0x02, 'P', 'e', 'n', 'd', 0x01};
static NDIS_HANDLE Wrapper, Device;
static PENDER* Only; /* for the control device */

static VOID Arm(PENDER* Pender) { /* the lock is held */
    if (!Pender->Armed && !Pender->Halting) {
        Pender->Armed = TRUE;
        NdisMSetTimer(&Pender->Timer, Pender->Delay);
    }
}

/* ---- Requests ---- */

static NDIS_STATUS Give(PENDER* Pender, const VOID* Value, ULONG Length) {
    *Pender->BytesNeeded = Length;
    if (Pender->Length < Length)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    NdisMoveMemory(Pender->Buffer, Value, Length);
    *Pender->BytesDone = Length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Answer(PENDER* Pender) {
    ULONG number;

    if (Pender->IsSet) {
        *Pender->BytesDone = Pender->Length;
        return NDIS_STATUS_SUCCESS;
    }
    switch (Pender->Oid) {
    case OID_802_3_PERMANENT_ADDRESS:
    case OID_802_3_CURRENT_ADDRESS:
        return Give(Pender, Address, sizeof(Address));
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        number = MAXIMUM_DATA;
        break;
    case OID_802_3_MAXIMUM_LIST_SIZE:
        number = 8;
        break;
    case OID_GEN_MAC_OPTIONS:
    case OID_GEN_MEDIA_CONNECT_STATUS:
        number = 0;
        break;
    case OID_PNP_CAPABILITIES:
    case OID_PNP_QUERY_POWER:
        *Pender->BytesDone = Pender->Length;
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    return Give(Pender, &number, sizeof(number));
}

static NDIS_STATUS Ask(PENDER* Pender, BOOLEAN IsSet, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG BytesDone,
                       PULONG BytesNeeded) {
    TRACE(IsSet ? "Set" : "Query", Oid);
    NdisAcquireSpinLock(&Pender->Lock);
    Pender->Asked = TRUE;
    Pender->IsSet = IsSet;
    Pender->Oid = Oid;
    Pender->Buffer = Buffer;
    Pender->Length = Length;
    Pender->BytesDone = BytesDone;
    Pender->BytesNeeded = BytesNeeded;
    Arm(Pender);
    NdisReleaseSpinLock(&Pender->Lock);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS Query(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Written, PULONG Needed) {
    return Ask(Context, FALSE, Oid, Buffer, Length, Written, Needed);
}

static NDIS_STATUS Set(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Read, PULONG Needed) {
    return Ask(Context, TRUE, Oid, Buffer, Length, Read, Needed);
}

static VOID FinishRequest(PENDER* Pender) {
    BOOLEAN asked, set;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    NdisDprAcquireSpinLock(&Pender->Lock);
    asked = Pender->Asked;
    set = Pender->IsSet;
    if (asked)
        status = Answer(Pender);
    Pender->Asked = FALSE; /* before the completion: the next request may come inside it */
    NdisDprReleaseSpinLock(&Pender->Lock);
    if (!asked)
        return;
    if (set)
        NdisMSetInformationComplete(Pender->Adapter, status);
    else
        NdisMQueryInformationComplete(Pender->Adapter, status);
}

/* ---- Receives ---- */

static VOID FreeReceived(PNDIS_PACKET Packet) {
    PNDIS_BUFFER buffer;
    PVOID memory;
    UINT bytes;

    NdisUnchainBufferAtFront(Packet, &buffer);
    NdisQueryBuffer(buffer, &memory, &bytes);
    NdisFreeBuffer(buffer);
    NdisFreeMemory(memory, 0, 0);
    NdisFreePacket(Packet);
}

static VOID ReturnPacket(NDIS_HANDLE Context, PNDIS_PACKET Packet) {
    PENDER* pender = Context;

    TRACE("ReturnPacket", 0);
    FreeReceived(Packet);
    NdisAcquireSpinLock(&pender->Lock);
    if (pender->First != NULL) /* what waits for a descriptor may go on */
        Arm(pender);
    NdisReleaseSpinLock(&pender->Lock);
}

/* A packet with the bytes of another one; NULL when there is none now. */
static PNDIS_PACKET MakeReceived(PENDER* Pender, PNDIS_PACKET From) {
    PNDIS_PACKET packet;
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    PVOID memory;
    UINT length;

    NdisQueryPacketLength(From, &length);
    NdisDprAllocatePacket(&status, &packet, Pender->PacketPool);
    if (status != NDIS_STATUS_SUCCESS)
        return NULL;
    if (NdisAllocateMemoryWithTag(&memory, length, TAG) == NDIS_STATUS_SUCCESS) {
        NdisAllocateBuffer(&status, &buffer, Pender->BufferPool, memory, length);
        if (status == NDIS_STATUS_SUCCESS) {
            CopyPacket(From, 0, memory, length);
            NdisChainBufferAtFront(packet, buffer);
            NDIS_SET_PACKET_HEADER_SIZE(packet, 14);
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
            return packet;
        }
        NdisFreeMemory(memory, 0, 0);
    }
    NdisDprFreePacket(packet);
    return NULL;
}

/* ---- Sends ---- */

static VOID SendPackets(NDIS_HANDLE Context, PPNDIS_PACKET Packets, UINT Count) {
    PENDER* pender = Context;
    UINT i;

    TRACE("SendPackets", Count);
    NdisAcquireSpinLock(&pender->Lock);
    for (i = 0; i < Count; ++i) {
        NEXT_OF(Packets[i]) = NULL;
        if (pender->First != NULL)
            NEXT_OF(pender->Last) = Packets[i];
        else
            pender->First = Packets[i];
        pender->Last = Packets[i];
    }
    Arm(pender);
    NdisReleaseSpinLock(&pender->Lock);
}

static PNDIS_PACKET TakeSend(PENDER* Pender) {
    PNDIS_PACKET packet;

    NdisAcquireSpinLock(&Pender->Lock);
    packet = Pender->First;
    if (packet != NULL)
        Pender->First = NEXT_OF(packet);
    NdisReleaseSpinLock(&Pender->Lock);
    return packet;
}

static VOID PutSendBack(PENDER* Pender, PNDIS_PACKET Packet) {
    NdisAcquireSpinLock(&Pender->Lock);
    NEXT_OF(Packet) = Pender->First;
    if (Pender->First == NULL)
        Pender->Last = Packet;
    Pender->First = Packet;
    NdisReleaseSpinLock(&Pender->Lock);
}

/* Up to eight sends: indicated in order, completed from the last to the first. */
static BOOLEAN FinishSends(PENDER* Pender) {
    PNDIS_PACKET sent[8], received[8], send;
    UINT count = 0;

    while (count < 8 && (send = TakeSend(Pender)) != NULL) {
        received[count] = MakeReceived(Pender, send);
        if (received[count] == NULL) {
            PutSendBack(Pender, send);
            break;
        }
        sent[count++] = send;
    }
    if (count == 0)
        return FALSE;
    NdisDprAcquireSpinLock(&Pender->Lock);
    Pender->Sends += count;
    NdisDprReleaseSpinLock(&Pender->Lock);
    NdisMIndicateReceivePacket(Pender->Adapter, received, count);
    while (count > 0)
        NdisMSendComplete(Pender->Adapter, sent[--count], NDIS_STATUS_SUCCESS);
    return TRUE;
}

static VOID AbortSends(PENDER* Pender, NDIS_STATUS Status) {
    PNDIS_PACKET packet;

    while ((packet = TakeSend(Pender)) != NULL)
        NdisMSendComplete(Pender->Adapter, packet, Status);
}

/* ---- The timer finishes ---- */

static VOID Tick(PVOID One, PVOID Context, PVOID Two, PVOID Three) {
    PENDER* pender = Context;
    BOOLEAN resetting, more;

    UNREFERENCED_PARAMETER(One);
    UNREFERENCED_PARAMETER(Two);
    UNREFERENCED_PARAMETER(Three);
    TRACE("Tick", pender->Sends);
    NdisDprAcquireSpinLock(&pender->Lock);
    pender->Armed = FALSE;
    resetting = pender->Resetting;
    pender->Resetting = FALSE;
    NdisDprReleaseSpinLock(&pender->Lock);
    FinishRequest(pender);
    if (resetting) {
        AbortSends(pender, NDIS_STATUS_REQUEST_ABORTED);
        NdisMResetComplete(pender->Adapter, NDIS_STATUS_SUCCESS, TRUE);
    }
    more = FinishSends(pender);
    NdisDprAcquireSpinLock(&pender->Lock);
    if (more && pender->First != NULL)
        Arm(pender);
    NdisDprReleaseSpinLock(&pender->Lock);
}

static NDIS_STATUS Reset(PBOOLEAN AddressingReset, NDIS_HANDLE Context) {
    PENDER* pender = Context;

    UNREFERENCED_PARAMETER(AddressingReset);
    TRACE("Reset", 0);
    NdisAcquireSpinLock(&pender->Lock);
    pender->Resetting = TRUE;
    pender->Asked = FALSE; /* NDIS has aborted it */
    Arm(pender);
    NdisReleaseSpinLock(&pender->Lock);
    return NDIS_STATUS_PENDING;
}

/* ---- The control device ---- */

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI OpenOrClose(PDEVICE_OBJECT Object, PIRP Irp) {
    UNREFERENCED_PARAMETER(Object);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT Object, PIRP Irp) {
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
    ULONG sends;

    UNREFERENCED_PARAMETER(Object);
    TRACE("Control", location->Parameters.DeviceIoControl.IoControlCode);
    if (location->Parameters.DeviceIoControl.IoControlCode == IOCTL_FAIL && Only != NULL)
        return Complete(Irp, NdisMReenumerateFailedAdapter(Only->Adapter), 0);
    if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_SENDS || Only == NULL)
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (location->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    NdisAcquireSpinLock(&Only->Lock);
    sends = Only->Sends;
    NdisReleaseSpinLock(&Only->Lock);
    *(PULONG)Irp->AssociatedIrp.SystemBuffer = sends;
    return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}

static NDIS_STATUS RegisterDevice(VOID) {
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\Pender"), link = NDIS_STRING_CONST("\\DosDevices\\Pender");
    PDRIVER_DISPATCH handlers[IRP_MJ_MAXIMUM_FUNCTION + 1];
    PDEVICE_OBJECT object;

    NdisZeroMemory(handlers, sizeof(handlers));
    handlers[IRP_MJ_CREATE] = OpenOrClose;
    handlers[IRP_MJ_CLEANUP] = OpenOrClose;
    handlers[IRP_MJ_CLOSE] = OpenOrClose;
    handlers[IRP_MJ_DEVICE_CONTROL] = Control;
    return NdisMRegisterDevice(Wrapper, &name, &link, handlers, &object, &Device);
}

/* ---- Life ---- */

static UINT ReadConfiguration(PENDER* Pender, NDIS_HANDLE Context) {
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    UINT packets = 16;

    Pender->Delay = 1;
    NdisOpenConfiguration(&status, &configuration, Context);
    if (status != NDIS_STATUS_SUCCESS)
        return packets;
    Tracing = READ_NUMBER(configuration, "Trace", 0);
    Pender->Delay = READ_NUMBER(configuration, "Delay", 1);
    packets = READ_NUMBER(configuration, "Packets", 16);
    NdisCloseConfiguration(configuration);
    return packets;
}

static NDIS_STATUS MakePools(PENDER* Pender, UINT Packets) {
    NDIS_STATUS status;

    NdisAllocatePacketPool(&status, &Pender->PacketPool, Packets, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (status == NDIS_STATUS_SUCCESS)
        NdisAllocateBufferPool(&status, &Pender->BufferPool, Packets);
    return status;
}

static NDIS_STATUS Initialize(PNDIS_STATUS Error, PUINT Selected, PNDIS_MEDIUM Media, UINT Count, NDIS_HANDLE Adapter,
                              NDIS_HANDLE Configuration) {
    PENDER* pender;
    NDIS_STATUS status;
    UINT i;

    UNREFERENCED_PARAMETER(Error);
    for (i = 0; i < Count && Media[i] != NdisMedium802_3; ++i)
        ;
    if (i == Count)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    *Selected = i;
    status = NdisAllocateMemoryWithTag((PVOID*)&pender, sizeof(*pender), TAG);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisZeroMemory(pender, sizeof(*pender));
    pender->Adapter = Adapter;
    NdisAllocateSpinLock(&pender->Lock);
    NdisMSetAttributesEx(Adapter, pender, 0, NDIS_ATTRIBUTE_DESERIALIZE | NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND,
                         NdisInterfaceInternal);
    NdisMInitializeTimer(&pender->Timer, Adapter, Tick, pender);
    status = MakePools(pender, ReadConfiguration(pender, Configuration));
    if (status == NDIS_STATUS_SUCCESS)
        status = RegisterDevice();
    if (status != NDIS_STATUS_SUCCESS) {
        if (pender->PacketPool != NULL)
            NdisFreePacketPool(pender->PacketPool);
        NdisFreeMemory(pender, 0, 0);
        return status;
    }
    Only = pender;
    return NDIS_STATUS_SUCCESS;
}

static VOID Halt(NDIS_HANDLE Context) {
    PENDER* pender = Context;
    BOOLEAN cancelled, armed;

    TRACE("Halt", pender->Sends);
    Only = NULL;
    NdisMDeregisterDevice(Device);
    NdisAcquireSpinLock(&pender->Lock);
    pender->Halting = TRUE;
    NdisReleaseSpinLock(&pender->Lock);
    NdisMCancelTimer(&pender->Timer, &cancelled);
    do { /* FALSE: its function may be running */
        NdisAcquireSpinLock(&pender->Lock);
        armed = pender->Armed;
        NdisReleaseSpinLock(&pender->Lock);
        if (!cancelled && armed)
            NdisMSleep(1000);
    } while (!cancelled && armed);
    KeFlushQueuedDpcs();
    AbortSends(pender, NDIS_STATUS_REQUEST_ABORTED);
    while (NdisPacketPoolUsage(pender->PacketPool) != 0)
        NdisMSleep(1000);
    NdisFreePacketPool(pender->PacketPool);
    NdisFreeBufferPool(pender->BufferPool);
    NdisFreeMemory(pender, 0, 0);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    NDIS_MINIPORT_CHARACTERISTICS handlers;
    NDIS_STATUS status;

    NdisMInitializeWrapper(&Wrapper, Driver, Path, NULL);
    if (Wrapper == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NdisZeroMemory(&handlers, sizeof(handlers));
    handlers.MajorNdisVersion = 5;
    handlers.MinorNdisVersion = 1;
    handlers.InitializeHandler = Initialize;
    handlers.HaltHandler = Halt;
    handlers.QueryInformationHandler = Query;
    handlers.SetInformationHandler = Set;
    handlers.SendPacketsHandler = SendPackets;
    handlers.ReturnPacketHandler = ReturnPacket;
    handlers.ResetHandler = Reset;
    status = NdisMRegisterMiniport(Wrapper, &handlers, sizeof(handlers));
    if (status != NDIS_STATUS_SUCCESS)
        NdisTerminateWrapper(Wrapper, NULL);
    return status;
}
