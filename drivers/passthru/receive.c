/* Packets on their way up.
 *
 * A packet goes up in a wrapper from the receive pool, or itself while PacketStacking finds a stack location. Those of
 * one array go up in one array, when it is full or at ProtocolReceiveComplete, which follows every array. When the
 * pool is dry the frame goes up as a lookahead indication that is the whole frame, so that no frame is lost or
 * overtaken: the protocols above have copied it when the call returns. All handlers but PtReturnPacket and
 * PtTransferData run at DISPATCH_LEVEL, as documented for ProtocolReceive and ProtocolReceivePacket, and use the Dpr
 * functions.
 */
#include "passthru.h"

#define PT_ETHERNET_HEADER 14

/* The MacReceiveContext of lookahead indications to the virtual miniport's protocols. It lives as long as the
 * indication, and so may NdisTransferData be called. Packet is NULL when the adapter below indicated without one. */
typedef struct _FRAME {
    PNDIS_PACKET Packet;
    UINT HeaderSize;
    NDIS_HANDLE LowerContext;
} FRAME;

/* ---- Wrappers ---- */

static VOID PtCopyReceiveInfo(PNDIS_PACKET To, PNDIS_PACKET From, NDIS_PER_PACKET_INFO Slot) {
    NDIS_PER_PACKET_INFO_FROM_PACKET(To, Slot) = NDIS_PER_PACKET_INFO_FROM_PACKET(From, Slot);
}

/* NULL: the pool is dry. */
static PNDIS_PACKET PtWrapReceive(ADAPTER* Adapter, PNDIS_PACKET Packet, NDIS_STATUS PacketStatus) {
    PNDIS_PACKET wrapper;
    NDIS_STATUS status;

    NdisDprAllocatePacket(&status, &wrapper, Adapter->ReceivePool);
    if (status != NDIS_STATUS_SUCCESS)
        return NULL;
    PT_RECEIVE_WRAPPER(wrapper)->Original = Packet;
    PtShareDescription(wrapper, Packet);
    /* Out-of-band data of a received packet is read from the packet that the lowest driver indicated. */
    NDIS_SET_ORIGINAL_PACKET(wrapper, NDIS_GET_ORIGINAL_PACKET(Packet));
    PtCopyReceiveInfo(wrapper, Packet, TcpIpChecksumPacketInfo);
    PtCopyReceiveInfo(wrapper, Packet, IpSecPacketInfo);
    PtCopyReceiveInfo(wrapper, Packet, Ieee8021QInfo);
    NDIS_SET_PACKET_STATUS(wrapper, PacketStatus);
    return wrapper;
}

/* The virtual miniport if it may indicate now, else NULL. Closing the lower binding, which halting the miniport does,
 * waits for indications that run, so the handle stays good to the end of this one. */
static NDIS_HANDLE PtReceiver(ADAPTER* Adapter) {
    NDIS_HANDLE upper = NULL;

    NdisDprAcquireSpinLock(&Adapter->Lock);
    if (Adapter->UpperPower == NdisDeviceStateD0 && !Adapter->Unbinding)
        upper = Adapter->MiniportHandle;
    NdisDprReleaseSpinLock(&Adapter->Lock);
    return upper;
}

/* ---- The pool is dry ---- */

/* Memory for Length bytes, to be given back before the handler returns. NULL: there is none. */
static PUCHAR PtBorrowBounce(ADAPTER* Adapter, UINT Length) {
    BOOLEAN own = FALSE;
    PUCHAR memory;

    NdisDprAcquireSpinLock(&Adapter->Lock);
    if (!Adapter->BounceBusy && Length <= PT_BOUNCE_SIZE)
        own = Adapter->BounceBusy = TRUE;
    NdisDprReleaseSpinLock(&Adapter->Lock);
    if (own)
        return Adapter->Bounce;
    return NdisAllocateMemoryWithTag((PVOID*)&memory, Length, PT_TAG) == NDIS_STATUS_SUCCESS ? memory : NULL;
}

static VOID PtReturnBounce(ADAPTER* Adapter, PUCHAR Memory) {
    if (Memory != Adapter->Bounce) {
        NdisFreeMemory(Memory, 0, 0);
        return;
    }
    NdisDprAcquireSpinLock(&Adapter->Lock);
    Adapter->BounceBusy = FALSE;
    NdisDprReleaseSpinLock(&Adapter->Lock);
}

/* FALSE: a buffer could not be mapped. */
static BOOLEAN PtFlatten(PNDIS_BUFFER Buffer, PUCHAR To) {
    PVOID from;
    UINT length;

    while (Buffer != NULL) {
        NdisQueryBufferSafe(Buffer, &from, &length, NormalPagePriority);
        if (from == NULL)
            return FALSE;
        NdisMoveMemory(To, from, length);
        To += length;
        NdisGetNextBuffer(Buffer, &Buffer);
    }
    return TRUE;
}

/* Lookahead and packet size are equal, so no protocol needs NdisTransferData. The indication is complete at once:
 * frames of ProtocolReceivePacket are not followed by ProtocolReceiveComplete. */
static VOID PtIndicateBytes(NDIS_HANDLE Upper, PNDIS_PACKET Packet, PUCHAR Bytes, UINT Length) {
    UINT header = Length < PT_ETHERNET_HEADER ? Length : PT_ETHERNET_HEADER;
    FRAME frame;

    frame.Packet = Packet;
    frame.HeaderSize = header;
    frame.LowerContext = NULL;
    NdisMEthIndicateReceive(Upper, &frame, Bytes, header, Bytes + header, Length - header, Length - header);
    NdisMEthIndicateReceiveComplete(Upper);
}

/* A lookahead is one piece, a packet may be several. */
static VOID PtIndicateWithoutPacket(ADAPTER* Adapter, NDIS_HANDLE Upper, PNDIS_PACKET Packet) {
    PNDIS_BUFFER first;
    PUCHAR bytes;
    UINT firstLength, length;

    NdisGetFirstBufferFromPacketSafe(Packet, &first, (PVOID*)&bytes, &firstLength, &length, NormalPagePriority);
    if (bytes == NULL)
        return;
    if (firstLength == length) {
        PtIndicateBytes(Upper, Packet, bytes, length);
        return;
    }
    bytes = PtBorrowBounce(Adapter, length);
    if (bytes == NULL)
        return;
    if (PtFlatten(first, bytes))
        PtIndicateBytes(Upper, Packet, bytes, length);
    PtReturnBounce(Adapter, bytes);
}

/* ---- Arrays ---- */

static VOID PtGiveBack(ADAPTER* Adapter, PNDIS_PACKET Packet);

static RECEIVED* PtReceivedHere(ADAPTER* Adapter) {
    return &Adapter->Received[KeGetCurrentProcessorNumber()];
}

/* What this processor has received goes up; or back, when the virtual miniport may not indicate now. In a copy: who is
 * above may send, and that may bring more packets here. */
static VOID PtIndicateReceived(ADAPTER* Adapter, RECEIVED* Received) {
    PNDIS_PACKET packets[PT_BURST];
    UINT count = Received->Count, i;
    NDIS_HANDLE upper;

    if (count == 0)
        return;
    for (i = 0; i < count; ++i)
        packets[i] = Received->Packets[i];
    Received->Count = 0;
    upper = PtReceiver(Adapter);
    if (upper != NULL) {
        NdisMIndicateReceivePacket(upper, packets, count);
        return;
    }
    for (i = 0; i < count; ++i)
        PtGiveBack(Adapter, packets[i]);
}

/* A packet that its miniport keeps goes up at once: it is back when the indication returns, and so is its wrapper. */
static VOID PtIndicateKept(ADAPTER* Adapter, PNDIS_PACKET Packet) {
    NDIS_HANDLE upper = PtReceiver(Adapter);
    PNDIS_PACKET wrapper;

    if (upper == NULL)
        return;
    if (PtHasStackLocation(Adapter, Packet)) {
        NdisMIndicateReceivePacket(upper, &Packet, 1);
        return;
    }
    wrapper = PtWrapReceive(Adapter, Packet, NDIS_STATUS_RESOURCES);
    if (wrapper == NULL) {
        PtIndicateWithoutPacket(Adapter, upper, Packet);
        return;
    }
    NdisMIndicateReceivePacket(upper, &wrapper, 1);
    NdisDprFreePacket(wrapper);
}

/* ---- Handlers ---- */

/* Returns the number of references taken: 1 while the packet is lent upward. A packet with status RESOURCES is back
 * when the indication returns. */
static INT PtReceivePacket(NDIS_HANDLE ProtocolBindingContext, PNDIS_PACKET Packet) {
    ADAPTER* adapter = ProtocolBindingContext;
    RECEIVED* received = PtReceivedHere(adapter);
    NDIS_STATUS status = NDIS_GET_PACKET_STATUS(Packet);
    PNDIS_PACKET upward;
    NDIS_HANDLE upper;

    if (status == NDIS_STATUS_RESOURCES) {
        PtIndicateReceived(adapter, received);
        PtIndicateKept(adapter, Packet);
        return 0;
    }
    upward = PtHasStackLocation(adapter, Packet) ? Packet : PtWrapReceive(adapter, Packet, status);
    if (upward == NULL) {
        PtIndicateReceived(adapter, received);
        upper = PtReceiver(adapter);
        if (upper != NULL)
            PtIndicateWithoutPacket(adapter, upper, Packet);
        return 0;
    }
    if (received->Count == PT_BURST) /* not with this one, which must not come back before this returns */
        PtIndicateReceived(adapter, received);
    received->Packets[received->Count++] = upward;
    return 1;
}

/* The adapter below takes the frame back when this returns. If there is a packet behind it, it goes up with status
 * RESOURCES, in a wrapper even with PacketStacking: the status of the original is not ours to change. */
static NDIS_STATUS PtReceive(NDIS_HANDLE ProtocolBindingContext, NDIS_HANDLE MacReceiveContext, PVOID HeaderBuffer,
                             UINT HeaderBufferSize, PVOID LookAheadBuffer, UINT LookaheadBufferSize, UINT PacketSize) {
    ADAPTER* adapter = ProtocolBindingContext;
    RECEIVED* received = PtReceivedHere(adapter);
    NDIS_HANDLE upper;
    PNDIS_PACKET packet, wrapper;
    FRAME frame;

    PtIndicateReceived(adapter, received);
    upper = PtReceiver(adapter);
    if (upper == NULL)
        return NDIS_STATUS_NOT_ACCEPTED;
    packet = NdisGetReceivedPacket(adapter->BindingHandle, MacReceiveContext);
    wrapper = packet != NULL ? PtWrapReceive(adapter, packet, NDIS_STATUS_RESOURCES) : NULL;
    if (wrapper != NULL) {
        NdisMIndicateReceivePacket(upper, &wrapper, 1);
        NdisDprFreePacket(wrapper);
        return NDIS_STATUS_SUCCESS;
    }
    frame.Packet = NULL;
    frame.HeaderSize = HeaderBufferSize;
    frame.LowerContext = MacReceiveContext;
    NdisMEthIndicateReceive(upper, &frame, HeaderBuffer, HeaderBufferSize, LookAheadBuffer, LookaheadBufferSize,
                            PacketSize);
    received->CompletePending = TRUE;
    return NDIS_STATUS_SUCCESS;
}

/* Comes on the processor that called PtReceivePacket or PtReceive. */
static VOID PtReceiveComplete(NDIS_HANDLE ProtocolBindingContext) {
    ADAPTER* adapter = ProtocolBindingContext;
    RECEIVED* received = PtReceivedHere(adapter);
    NDIS_HANDLE upper;

    PtIndicateReceived(adapter, received);
    if (!received->CompletePending)
        return;
    received->CompletePending = FALSE;
    upper = PtReceiver(adapter);
    if (upper != NULL)
        NdisMEthIndicateReceiveComplete(upper);
}

/* A packet that is not from the receive pool went up itself. */
static VOID PtGiveBack(ADAPTER* Adapter, PNDIS_PACKET Packet) {
    PNDIS_PACKET original = Packet;

    if (NdisGetPoolFromPacket(Packet) == Adapter->ReceivePool) {
        original = PT_RECEIVE_WRAPPER(Packet)->Original;
        NdisFreePacket(Packet);
    }
    NdisReturnPackets(&original, 1);
}

static VOID PtReturnPacket(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet) {
    PtGiveBack(MiniportAdapterContext, Packet);
}

/* ByteOffset counts from the first byte behind the header. */
static NDIS_STATUS PtTransferData(PNDIS_PACKET Packet, PUINT BytesTransferred, NDIS_HANDLE MiniportAdapterContext,
                                  NDIS_HANDLE MiniportReceiveContext, UINT ByteOffset, UINT BytesToTransfer) {
    ADAPTER* adapter = MiniportAdapterContext;
    const FRAME* frame = MiniportReceiveContext;
    NDIS_STATUS status;

    if (frame->Packet == NULL) {
        NdisTransferData(&status, adapter->BindingHandle, frame->LowerContext, ByteOffset, BytesToTransfer, Packet,
                         BytesTransferred);
        return status;
    }
    NdisCopyFromPacketToPacketSafe(Packet, 0, BytesToTransfer, frame->Packet, frame->HeaderSize + ByteOffset,
                                   BytesTransferred, NormalPagePriority);
    return *BytesTransferred == BytesToTransfer ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

static VOID PtTransferDataComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_PACKET Packet, NDIS_STATUS Status,
                                   UINT BytesTransferred) {
    ADAPTER* adapter = ProtocolBindingContext;

    NdisMTransferDataComplete(adapter->MiniportHandle, Packet, Status, BytesTransferred);
}

VOID PtReceiveHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower) {
    Upper->ReturnPacketHandler = PtReturnPacket;
    Upper->TransferDataHandler = PtTransferData;
    Lower->ReceivePacketHandler = PtReceivePacket;
    Lower->ReceiveHandler = PtReceive;
    Lower->ReceiveCompleteHandler = PtReceiveComplete;
    Lower->TransferDataCompleteHandler = PtTransferDataComplete;
}
