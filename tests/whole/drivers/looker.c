/* A protocol of the old kind: it is shown the front of each frame, copies that, has the rest transferred into a packet of its own,
 * and sends the frame out again. No ReceivePacket handler. Parameters: Lookahead (64), Packets (32). */
#include "protocol.h"

#define TAG 0x6B6F6F4C /* "Look" */

typedef struct _FRAME { /* in ProtocolReserved of the own packet */
    PNDIS_BUFFER Front; /* what was copied; kept aside while the rest is transferred behind it */
} FRAME;
#define FRAME_OF(Packet) ((FRAME*)(Packet)->ProtocolReserved)

static NDIS_HANDLE PacketPool, BufferPool;
static LONG Shown, Transferred, Sent, Dropped;

static VOID FreeBuffers(PNDIS_PACKET Packet) {
    PNDIS_BUFFER buffer;
    PVOID memory;
    UINT bytes;

    for (;;) {
        NdisUnchainBufferAtFront(Packet, &buffer);
        if (buffer == NULL)
            return;
        NdisQueryBuffer(buffer, &memory, &bytes);
        NdisFreeBuffer(buffer);
        NdisFreeMemory(memory, 0, 0);
    }
}

static VOID FreeFrame(PNDIS_PACKET Packet) {
    FreeBuffers(Packet);
    NdisFreePacket(Packet);
}

static PNDIS_BUFFER MakeBuffer(UINT Length) {
    PNDIS_BUFFER buffer;
    NDIS_STATUS status;
    PVOID memory;

    if (NdisAllocateMemoryWithTag(&memory, Length, TAG) != NDIS_STATUS_SUCCESS)
        return NULL;
    NdisAllocateBuffer(&status, &buffer, BufferPool, memory, Length);
    if (status == NDIS_STATUS_SUCCESS)
        return buffer;
    NdisFreeMemory(memory, 0, 0);
    return NULL;
}

/* ---- Out ---- */

static VOID SendComplete(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS Result) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("SendComplete", Result);
    FreeFrame(Packet);
}

static VOID SendFrame(PNDIS_PACKET Packet) {
    NdisChainBufferAtFront(Packet, FRAME_OF(Packet)->Front);
    NdisInterlockedIncrement(&Sent);
    NdisSendPackets(Binding, &Packet, 1);
}

/* ---- In ---- */

static VOID TransferComplete(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS Result, UINT Bytes) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("TransferComplete", Bytes);
    if (Result == NDIS_STATUS_SUCCESS) {
        NdisInterlockedIncrement(&Transferred);
        SendFrame(Packet);
        return;
    }
    NdisInterlockedIncrement(&Dropped);
    NdisChainBufferAtFront(Packet, FRAME_OF(Packet)->Front);
    FreeFrame(Packet);
}

static NDIS_STATUS Drop(PNDIS_PACKET Packet) {
    NdisInterlockedIncrement(&Dropped);
    if (Packet != NULL)
        FreeFrame(Packet);
    return NDIS_STATUS_NOT_ACCEPTED;
}

static NDIS_STATUS Receive(NDIS_HANDLE Context, NDIS_HANDLE ReceiveContext, PVOID Header, UINT HeaderBytes, PVOID Data,
                           UINT DataBytes, UINT Size) {
    PNDIS_BUFFER front, rest = NULL;
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    UINT bytes;

    UNREFERENCED_PARAMETER(Context);
    TRACE("Receive", Size);
    NdisInterlockedIncrement(&Shown);
    if (DataBytes > Size)
        DataBytes = Size;
    NdisDprAllocatePacket(&status, &packet, PacketPool);
    if (status != NDIS_STATUS_SUCCESS)
        return Drop(NULL);
    front = MakeBuffer(HeaderBytes + DataBytes);
    if (front == NULL)
        return Drop(packet);
    NdisMoveMemory(NdisBufferVirtualAddress(front), Header, HeaderBytes);
    NdisCopyLookaheadData((PUCHAR)NdisBufferVirtualAddress(front) + HeaderBytes, Data, DataBytes, 0);
    FRAME_OF(packet)->Front = front;
    if (DataBytes == Size) {
        SendFrame(packet);
        return NDIS_STATUS_SUCCESS;
    }
    rest = MakeBuffer(Size - DataBytes);
    if (rest == NULL) {
        NdisChainBufferAtFront(packet, front);
        return Drop(packet);
    }
    NdisChainBufferAtFront(packet, rest);
    NdisTransferData(&status, Binding, ReceiveContext, DataBytes, Size - DataBytes, packet, &bytes);
    if (status != NDIS_STATUS_PENDING)
        TransferComplete(NULL, packet, status, bytes);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Binding ---- */

static VOID ClosePools(VOID) {
    while (NdisPacketPoolUsage(PacketPool) != 0)
        NdisMSleep(1000);
    NdisFreePacketPool(PacketPool);
    NdisFreeBufferPool(BufferPool);
}

static VOID Bind(PNDIS_STATUS Result, NDIS_HANDLE BindContext, PNDIS_STRING Device, PVOID Section, PVOID Reserved) {
    NDIS_HANDLE configuration;
    UINT packets = 32, lookahead = 64;

    UNREFERENCED_PARAMETER(BindContext);
    UNREFERENCED_PARAMETER(Reserved);
    NdisOpenProtocolConfiguration(Result, &configuration, Section);
    if (*Result == NDIS_STATUS_SUCCESS) {
        Tracing = READ_NUMBER(configuration, "Trace", 0);
        packets = READ_NUMBER(configuration, "Packets", 32);
        lookahead = READ_NUMBER(configuration, "Lookahead", 64);
        NdisCloseConfiguration(configuration);
    }
    TRACE("Bind", packets);
    NdisAllocatePacketPoolEx(Result, &PacketPool, packets, 0xFFFF - packets, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (*Result != NDIS_STATUS_SUCCESS)
        return;
    NdisAllocateBufferPool(Result, &BufferPool, packets);
    *Result = Open(Device);
    if (*Result == NDIS_STATUS_SUCCESS)
        *Result = SetNumber(OID_GEN_CURRENT_LOOKAHEAD, lookahead);
    if (*Result == NDIS_STATUS_SUCCESS)
        *Result = SetNumber(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_PROMISCUOUS);
    if (*Result != NDIS_STATUS_SUCCESS)
        ClosePools();
}

static VOID Unbind(PNDIS_STATUS Result, NDIS_HANDLE Context, NDIS_HANDLE UnbindContext) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(UnbindContext);
    TRACE("Unbind", Shown);
    Close();
    ClosePools();
    *Result = NDIS_STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Driver);
    NdisDeregisterProtocol(&status, Protocol);
    DbgPrint("looker: %d shown, %d transferred, %d sent, %d dropped\n", Shown, Transferred, Sent, Dropped);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Path);
    Driver->DriverUnload = Unload;
    FillHandlers(&handlers);
    handlers.Name = (NDIS_STRING)NDIS_STRING_CONST("Looker");
    handlers.SendCompleteHandler = SendComplete;
    handlers.TransferDataCompleteHandler = TransferComplete;
    handlers.ReceiveHandler = Receive;
    handlers.BindAdapterHandler = Bind;
    handlers.UnbindAdapterHandler = Unbind;
    NdisRegisterProtocol(&status, &Protocol, &handlers, sizeof(handlers));
    return status;
}
