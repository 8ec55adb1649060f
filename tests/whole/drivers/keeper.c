/* A protocol that keeps what it receives: each packet is lent to it for seconds and goes back from a DPC on another processor.
 * A copy of each goes out again when it is returned. Parameters: Seconds (3), Packets of the send pool (64). */
#include "protocol.h"

#define TAG 0x7065654B /* "Keep" */

typedef struct _KEPT { /* in ProtocolReserved of a lent packet, which is the receiver's */
    PNDIS_PACKET Next;
    LONGLONG Since;
} KEPT;
_Static_assert(sizeof(KEPT) <= PROTOCOL_RESERVED_SIZE_IN_PACKET, "what a packet surely has");
#define KEPT_OF(Packet) ((KEPT*)(Packet)->ProtocolReserved)

static NDIS_HANDLE SendPool, BufferPool;
static NDIS_SPIN_LOCK Lock;
static PNDIS_PACKET First, Last; /* guarded by Lock, as is the next */
static BOOLEAN Armed;
static KTIMER Timer;
static KDPC Dpc;
static ULONG Kept, Copied, Dropped;
static LONGLONG KeepFor;

/* ---- Copies out ---- */

static VOID FreeCopy(PNDIS_PACKET Packet) {
    PNDIS_BUFFER buffer;
    PVOID memory;
    UINT bytes;

    NdisUnchainBufferAtFront(Packet, &buffer);
    NdisQueryBuffer(buffer, &memory, &bytes);
    NdisFreeBuffer(buffer);
    NdisFreeMemory(memory, 0, 0);
    NdisFreePacket(Packet);
}

static VOID SendComplete(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS Status) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("SendComplete", Status);
    FreeCopy(Packet);
}

static PNDIS_PACKET MakeCopy(PNDIS_PACKET From) {
    PNDIS_PACKET packet;
    PNDIS_BUFFER buffer;
    PVOID memory;
    NDIS_STATUS status;
    UINT length;

    NdisQueryPacketLength(From, &length);
    NdisDprAllocatePacket(&status, &packet, SendPool);
    if (status != NDIS_STATUS_SUCCESS)
        return NULL;
    if (NdisAllocateMemoryWithTag(&memory, length, TAG) != NDIS_STATUS_SUCCESS) {
        NdisDprFreePacket(packet);
        return NULL;
    }
    CopyPacket(From, 0, memory, length);
    NdisAllocateBuffer(&status, &buffer, BufferPool, memory, length);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(memory, 0, 0);
        NdisDprFreePacket(packet);
        return NULL;
    }
    NdisChainBufferAtFront(packet, buffer);
    return packet;
}

/* ---- Keeping ---- */

static VOID Arm(LONGLONG Since) {
    LARGE_INTEGER due;

    due.QuadPart = Since + KeepFor; /* an absolute time */
    KeSetTimer(&Timer, due, &Dpc);
}

static INT ReceivePacket(NDIS_HANDLE Context, PNDIS_PACKET Packet) {
    LARGE_INTEGER now;
    BOOLEAN arm;

    UNREFERENCED_PARAMETER(Context);
    if (NDIS_GET_PACKET_STATUS(Packet) == NDIS_STATUS_RESOURCES)
        return 0;
    KeQuerySystemTime(&now);
    NdisDprAcquireSpinLock(&Lock);
    KEPT_OF(Packet)->Next = NULL;
    KEPT_OF(Packet)->Since = now.QuadPart;
    if (First != NULL)
        KEPT_OF(Last)->Next = Packet;
    else
        First = Packet;
    Last = Packet;
    arm = !Armed;
    Armed = TRUE;
    TRACE("ReceivePacket", Kept);
    ++Kept;
    NdisDprReleaseSpinLock(&Lock);
    if (arm)
        Arm(now.QuadPart);
    return 1;
}

/* The oldest packet, if it was kept long enough; arms the timer for the next one. */
static PNDIS_PACKET TakeOld(LONGLONG Now) {
    PNDIS_PACKET packet;
    LONGLONG since = 0;

    NdisAcquireSpinLock(&Lock);
    packet = First;
    if (packet != NULL && (since = KEPT_OF(packet)->Since) + KeepFor <= Now)
        First = KEPT_OF(packet)->Next;
    else
        packet = NULL;
    if (First == NULL)
        Armed = FALSE;
    else
        since = KEPT_OF(First)->Since;
    if (packet == NULL && First != NULL)
        Arm(since);
    NdisReleaseSpinLock(&Lock);
    return packet;
}

static VOID NTAPI GiveBack(PKDPC Unused, PVOID Context, PVOID One, PVOID Two) {
    LARGE_INTEGER now;
    PNDIS_PACKET packet, copy;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(One);
    UNREFERENCED_PARAMETER(Two);
    KeQuerySystemTime(&now);
    TRACE("GiveBack", Copied);
    while ((packet = TakeOld(now.QuadPart)) != NULL) {
        copy = MakeCopy(packet);
        NdisReturnPackets(&packet, 1);
        if (copy == NULL) {
            ++Dropped;
            continue;
        }
        ++Copied;
        NdisSend(&status, Binding, copy);
        if (status != NDIS_STATUS_PENDING)
            FreeCopy(copy);
    }
}

static VOID GiveAllBack(VOID) {
    PNDIS_PACKET packet;

    KeCancelTimer(&Timer);
    for (;;) {
        NdisAcquireSpinLock(&Lock);
        packet = First;
        if (packet != NULL)
            First = KEPT_OF(packet)->Next;
        NdisReleaseSpinLock(&Lock);
        if (packet == NULL)
            return;
        NdisReturnPackets(&packet, 1);
    }
}

/* ---- Binding ---- */

/* Before a sleep, what is out comes back. */
static NDIS_STATUS PnPEvent(NDIS_HANDLE Context, PNET_PNP_EVENT Event) {
    TRACE("PnPEvent", Event->NetEvent);
    if (Context != NULL && Event->NetEvent == NetEventSetPower &&
        *(PNDIS_DEVICE_POWER_STATE)Event->Buffer != NdisDeviceStateD0)
        while (NdisPacketPoolUsage(SendPool) != 0)
            NdisMSleep(1000);
    return NDIS_STATUS_SUCCESS;
}

static VOID ClosePools(VOID) {
    NdisFreePacketPool(SendPool);
    NdisFreeBufferPool(BufferPool);
}

static UINT ReadConfiguration(PNDIS_STRING Section) {
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    UINT packets = 64;

    KeepFor = 3;
    NdisOpenProtocolConfiguration(&status, &configuration, Section);
    if (status == NDIS_STATUS_SUCCESS) {
        Tracing = READ_NUMBER(configuration, "Trace", 0);
        KeepFor = READ_NUMBER(configuration, "Seconds", 3);
        packets = READ_NUMBER(configuration, "Packets", 64);
        NdisCloseConfiguration(configuration);
    }
    KeepFor *= 10000000;
    return packets;
}

static VOID Bind(PNDIS_STATUS Result, NDIS_HANDLE BindContext, PNDIS_STRING Device, PVOID Section, PVOID Reserved) {
    UINT packets = ReadConfiguration(Section);

    UNREFERENCED_PARAMETER(BindContext);
    UNREFERENCED_PARAMETER(Reserved);
    TRACE("Bind", packets);
    First = NULL;
    Armed = FALSE;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, GiveBack, NULL);
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)(NdisSystemProcessorCount() - 1));
    NdisAllocatePacketPool(Result, &SendPool, packets, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (*Result != NDIS_STATUS_SUCCESS)
        return;
    NdisAllocateBufferPool(Result, &BufferPool, packets);
    *Result = Open(Device);
    if (*Result == NDIS_STATUS_SUCCESS)
        *Result = SetNumber(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_PROMISCUOUS);
    if (*Result != NDIS_STATUS_SUCCESS)
        ClosePools();
}

static VOID Unbind(PNDIS_STATUS Result, NDIS_HANDLE Context, NDIS_HANDLE UnbindContext) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(UnbindContext);
    TRACE("Unbind", Kept);
    SetNumber(OID_GEN_CURRENT_PACKET_FILTER, 0);
    GiveAllBack();
    Close(); /* no receive handler runs any more: what came in meanwhile was lent last */
    GiveAllBack();
    KeFlushQueuedDpcs(); /* the DPC may run on its processor */
    while (NdisPacketPoolUsage(SendPool) != 0)
        NdisMSleep(1000);
    ClosePools();
    *Result = NDIS_STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Driver);
    NdisDeregisterProtocol(&status, Protocol);
    DbgPrint("keeper: %u kept, %u sent, %u dropped\n", Kept, Copied, Dropped);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Path);
    NdisAllocateSpinLock(&Lock);
    Driver->DriverUnload = Unload;
    FillHandlers(&handlers);
    handlers.Name = (NDIS_STRING)NDIS_STRING_CONST("Keeper");
    handlers.SendCompleteHandler = SendComplete;
    handlers.ReceivePacketHandler = ReceivePacket;
    handlers.BindAdapterHandler = Bind;
    handlers.UnbindAdapterHandler = Unbind;
    handlers.PnPEventHandler = PnPEvent;
    NdisRegisterProtocol(&status, &Protocol, &handlers, sizeof(handlers));
    return status;
}
