/* Receiving, the queue of frames to answer, sending.
 *
 * A lent packet is returned only after the ProtocolReceivePacket that took it has returned (NdisReturnPackets). That is
 * why a frame first goes to the list of its processor: when ProtocolReceiveComplete runs there, the handler is over.
 */
#include "ndisprot.h"

/* ---- Packets of our own ---- */

/* A packet from Pool with one buffer over memory of its own. NULL: pool or memory is short. */
static PNDIS_PACKET ProtAllocateFrame(BINDING* Binding, NDIS_HANDLE Pool, UINT Length) {
    PNDIS_PACKET packet;
    PNDIS_BUFFER buffer;
    PVOID bytes;
    NDIS_STATUS status;

    NdisAllocatePacket(&status, &packet, Pool);
    if (status != NDIS_STATUS_SUCCESS)
        return NULL;
    if (NdisAllocateMemoryWithTag(&bytes, Length, PROT_TAG) != NDIS_STATUS_SUCCESS)
        goto free_packet;
    NdisAllocateBuffer(&status, &buffer, Binding->BufferPool, bytes, Length);
    if (status != NDIS_STATUS_SUCCESS)
        goto free_memory;
    NdisChainBufferAtFront(packet, buffer);
    PROT_FRAME(packet)->Bytes = bytes;
    PROT_FRAME(packet)->Length = Length;
    PROT_FRAME(packet)->Buffer = buffer;
    return packet;

free_memory:
    NdisFreeMemory(bytes, 0, 0);
free_packet:
    NdisFreePacket(packet);
    return NULL;
}

/* NdisFreePacket: buffers are unchained before. NdisAdjustBufferLength: the length is restored before the descriptor is
 * freed. Last the packet, because a pool whose usage is 0 has nothing left of us. */
static VOID ProtFreeFrame(PNDIS_PACKET Packet) {
    FRAME frame = *PROT_FRAME(Packet);
    PNDIS_BUFFER buffer;

    NdisUnchainBufferAtFront(Packet, &buffer);
    NdisAdjustBufferLength(frame.Buffer, frame.Length);
    NdisFreeBuffer(frame.Buffer);
    NdisFreeMemory(frame.Bytes, 0, 0);
    NdisFreePacket(Packet);
}

/* ---- The queue ---- */

VOID ProtInitializeQueue(BINDING* Binding) {
    ENTRY* entries = (ENTRY*)(Binding + 1);
    UINT i;

    InitializeListHead(&Binding->Free);
    InitializeListHead(&Binding->Waiting);
    for (i = 0; i < PROT_PROCESSORS; ++i)
        InitializeListHead(&Binding->Arrived[i]);
    for (i = 0; i < Binding->QueueLimit; ++i)
        InsertTailList(&Binding->Free, &entries[i].Link);
    Binding->FreeEntries = Binding->QueueLimit;
}

/* Under the lock. */
static BOOLEAN ProtMayAnswer(const BINDING* Binding) {
    return !Binding->Closing && !Binding->Resetting && Binding->Connected && Binding->Power == NdisDeviceStateD0;
}

/* DISPATCH_LEVEL. FALSE: not queued, the packet stays the caller's. */
static BOOLEAN ProtArrive(BINDING* Binding, PNDIS_PACKET Packet, UINT Length) {
    ENTRY* entry = NULL;

    NdisDprAcquireSpinLock(&Binding->Lock);
    if (ProtMayAnswer(Binding) && !IsListEmpty(&Binding->Free)) {
        entry = CONTAINING_RECORD(RemoveHeadList(&Binding->Free), ENTRY, Link);
        --Binding->FreeEntries;
        entry->Packet = Packet;
        entry->Length = Length;
        InsertTailList(&Binding->Arrived[KeGetCurrentProcessorNumber()], &entry->Link);
    }
    NdisDprReleaseSpinLock(&Binding->Lock);
    if (entry == NULL)
        NdisInterlockedIncrement(&Binding->Dropped);
    return entry != NULL;
}

static VOID ProtGiveBack(BINDING* Binding, ENTRY* Entry) {
    PNDIS_PACKET packet = Entry->Packet;

    if (NdisGetPoolFromPacket(packet) == Binding->ReceivePool)
        ProtFreeFrame(packet);
    else
        NdisReturnPackets(&packet, 1);
    NdisAcquireSpinLock(&Binding->Lock);
    InsertTailList(&Binding->Free, &Entry->Link);
    ++Binding->FreeEntries;
    NdisReleaseSpinLock(&Binding->Lock);
}

/* Under the lock. */
static VOID ProtMoveArrived(BINDING* Binding, UINT Processor) {
    while (!IsListEmpty(&Binding->Arrived[Processor]))
        InsertTailList(&Binding->Waiting, RemoveHeadList(&Binding->Arrived[Processor]));
}

/* Under the lock: does something wait that nobody answers? Then the caller does, after releasing it. */
static BOOLEAN ProtClaimAnswering(BINDING* Binding) {
    if (Binding->Answering || IsListEmpty(&Binding->Waiting))
        return FALSE;
    Binding->Answering = TRUE;
    return TRUE;
}

/* NULL: nothing waits, and the caller answers no more. */
static ENTRY* ProtTakeWaiting(BINDING* Binding) {
    ENTRY* entry = NULL;

    NdisAcquireSpinLock(&Binding->Lock);
    Binding->SendReturned = FALSE;
    if (IsListEmpty(&Binding->Waiting))
        Binding->Answering = FALSE;
    else
        entry = CONTAINING_RECORD(RemoveHeadList(&Binding->Waiting), ENTRY, Link);
    NdisReleaseSpinLock(&Binding->Lock);
    return entry;
}

typedef enum _NEXT { ProtTryAgain, ProtWaitForSend, ProtGiveUp } NEXT;

/* No packet for the answer. The frame goes back to the head of the queue if a send is out whose completion will
 * continue. */
static NEXT ProtPutBack(BINDING* Binding, ENTRY* Entry) {
    NEXT next = ProtGiveUp;

    NdisAcquireSpinLock(&Binding->Lock);
    if (ProtMayAnswer(Binding) && (Binding->SendReturned || Binding->OutstandingSends != 0)) {
        InsertHeadList(&Binding->Waiting, &Entry->Link);
        next = Binding->SendReturned ? ProtTryAgain : ProtWaitForSend;
        Binding->Answering = next == ProtTryAgain;
    }
    NdisReleaseSpinLock(&Binding->Lock);
    return next;
}

/* ---- Answering ---- */

/* FALSE: there is no packet for an answer now. *Reply is NULL when no answer is due. */
static BOOLEAN ProtBuildReply(BINDING* Binding, const ENTRY* Entry, PNDIS_PACKET* Reply) {
    PNDIS_PACKET reply = ProtAllocateFrame(Binding, Binding->SendPool, Entry->Length);
    FRAME* frame;
    UINT copied, length = 0;

    *Reply = NULL;
    if (reply == NULL)
        return FALSE;
    frame = PROT_FRAME(reply);
    NdisCopyFromPacketToPacketSafe(reply, 0, Entry->Length, Entry->Packet, 0, &copied, NormalPagePriority);
    if (copied == Entry->Length)
        length = ProtMakeReply(frame->Bytes, copied, Binding->Address, Binding->IpAddress);
    if (length == 0) {
        ProtFreeFrame(reply);
        NdisInterlockedIncrement(&Binding->Ignored);
        return TRUE;
    }
    NdisAdjustBufferLength(frame->Buffer, length);
    NDIS_PACKET_VALID_COUNTS(reply) = FALSE;
    NdisSetPacketFlags(reply, NDIS_FLAGS_DONT_LOOPBACK);
    NDIS_SET_PACKET_CANCEL_ID(reply, ProtCancelId);
    *Reply = reply;
    return TRUE;
}

static VOID ProtSend(BINDING* Binding, PNDIS_PACKET Reply) {
    BOOLEAN may;

    NdisAcquireSpinLock(&Binding->Lock);
    may = ProtMayAnswer(Binding);
    if (may)
        ++Binding->OutstandingSends;
    NdisReleaseSpinLock(&Binding->Lock);
    if (!may) {
        ProtFreeFrame(Reply);
        NdisInterlockedIncrement(&Binding->Dropped);
        return;
    }
    NdisInterlockedIncrement(&Binding->Answered);
    NdisSendPackets(Binding->BindingHandle, &Reply, 1); /* always ends in ProtSendComplete */
}

/* Answers what waits until there is nothing or the send pool is dry. The caller has set Answering. A received packet
 * goes back before its answer is sent: returns are to be prompt. */
static VOID ProtAnswer(BINDING* Binding) {
    PNDIS_PACKET reply;
    ENTRY* entry;
    NEXT next;

    while ((entry = ProtTakeWaiting(Binding)) != NULL) {
        if (ProtBuildReply(Binding, entry, &reply)) {
            ProtGiveBack(Binding, entry);
            if (reply != NULL)
                ProtSend(Binding, reply);
            continue;
        }
        next = ProtPutBack(Binding, entry);
        if (next == ProtWaitForSend)
            return;
        if (next == ProtGiveUp) {
            ProtGiveBack(Binding, entry);
            NdisInterlockedIncrement(&Binding->Dropped);
        }
    }
}

VOID ProtFlushQueue(BINDING* Binding) {
    BOOLEAN answer;
    UINT i;

    NdisAcquireSpinLock(&Binding->Lock);
    for (i = 0; i < PROT_PROCESSORS; ++i)
        ProtMoveArrived(Binding, i);
    answer = ProtClaimAnswering(Binding);
    NdisReleaseSpinLock(&Binding->Lock);
    if (answer)
        ProtAnswer(Binding);
}

/* ---- Handlers. DISPATCH_LEVEL ---- */

static VOID ProtReceiveComplete(NDIS_HANDLE ProtocolBindingContext) {
    BINDING* binding = ProtocolBindingContext;
    BOOLEAN answer;

    NdisDprAcquireSpinLock(&binding->Lock);
    ProtMoveArrived(binding, KeGetCurrentProcessorNumber());
    answer = ProtClaimAnswering(binding);
    NdisDprReleaseSpinLock(&binding->Lock);
    if (answer)
        ProtAnswer(binding);
}

static VOID ProtSendComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_PACKET Packet, NDIS_STATUS Status) {
    BINDING* binding = ProtocolBindingContext;
    BOOLEAN answer;

    UNREFERENCED_PARAMETER(Status);
    ProtFreeFrame(Packet);
    NdisDprAcquireSpinLock(&binding->Lock);
    --binding->OutstandingSends;
    binding->SendReturned = TRUE;
    answer = ProtClaimAnswering(binding);
    NdisDprReleaseSpinLock(&binding->Lock);
    if (answer)
        ProtAnswer(binding);
}

static BOOLEAN ProtWants(BINDING* Binding, const UCHAR* Header, UINT Length) {
    if (Length >= PROT_HEADER && Length <= Binding->MaximumLength && ProtMayConcern(Header, Binding->Address))
        return TRUE;
    NdisInterlockedIncrement(&Binding->Ignored);
    return FALSE;
}

/* A frame of our own is complete: queue or free it. */
static VOID ProtFrameReceived(BINDING* Binding, PNDIS_PACKET Packet) {
    if (!ProtArrive(Binding, Packet, PROT_FRAME(Packet)->Length))
        ProtFreeFrame(Packet);
}

/* A packet with status RESOURCES goes back when this returns. */
static VOID ProtCopyPacket(BINDING* Binding, PNDIS_PACKET Packet, UINT Length) {
    PNDIS_PACKET copy = ProtAllocateFrame(Binding, Binding->ReceivePool, Length);
    UINT copied;

    if (copy == NULL) {
        NdisInterlockedIncrement(&Binding->Dropped);
        return;
    }
    NdisCopyFromPacketToPacketSafe(copy, 0, Length, Packet, 0, &copied, NormalPagePriority);
    ProtFrameReceived(Binding, copy);
}

/* Returns the number of references taken. The first buffer holds at least the media header. */
static INT ProtReceivePacket(NDIS_HANDLE ProtocolBindingContext, PNDIS_PACKET Packet) {
    BINDING* binding = ProtocolBindingContext;
    PNDIS_BUFFER first;
    PUCHAR header;
    UINT firstLength, length;

    NdisGetFirstBufferFromPacketSafe(Packet, &first, (PVOID*)&header, &firstLength, &length, NormalPagePriority);
    if (header == NULL || firstLength < PROT_HEADER) {
        NdisInterlockedIncrement(&binding->Ignored);
        return 0;
    }
    if (!ProtWants(binding, header, length))
        return 0;
    if (NDIS_GET_PACKET_STATUS(Packet) != NDIS_STATUS_RESOURCES)
        return ProtArrive(binding, Packet, length);
    ProtCopyPacket(binding, Packet, length);
    return 0;
}

/* While the rest of a frame is transferred the packet's chain is a buffer of that rest; the buffer of the whole frame
 * is chained again afterwards. */
static VOID ProtTransferOver(BINDING* Binding, PNDIS_PACKET Packet, NDIS_STATUS Status, UINT BytesTransferred) {
    PNDIS_BUFFER rest;
    UINT missing;

    NdisUnchainBufferAtFront(Packet, &rest);
    missing = NdisBufferLength(rest);
    NdisFreeBuffer(rest);
    NdisChainBufferAtFront(Packet, PROT_FRAME(Packet)->Buffer);
    if (Status == NDIS_STATUS_SUCCESS && BytesTransferred == missing) {
        ProtFrameReceived(Binding, Packet);
    } else {
        ProtFreeFrame(Packet);
        NdisInterlockedIncrement(&Binding->Dropped);
    }
}

/* ByteOffset of NdisTransferData counts from the first byte behind the header. */
static VOID ProtTransferRest(BINDING* Binding, NDIS_HANDLE MacReceiveContext, PNDIS_PACKET Packet, UINT Offset) {
    const FRAME* frame = PROT_FRAME(Packet);
    UINT missing = frame->Length - PROT_HEADER - Offset, transferred = 0;
    PNDIS_BUFFER whole, rest;
    NDIS_STATUS status;

    NdisAllocateBuffer(&status, &rest, Binding->BufferPool, frame->Bytes + PROT_HEADER + Offset, missing);
    if (status != NDIS_STATUS_SUCCESS) {
        ProtFreeFrame(Packet);
        NdisInterlockedIncrement(&Binding->Dropped);
        return;
    }
    NdisUnchainBufferAtFront(Packet, &whole);
    NdisChainBufferAtFront(Packet, rest);
    NdisTransferData(&status, Binding->BindingHandle, MacReceiveContext, Offset, missing, Packet, &transferred);
    if (status != NDIS_STATUS_PENDING)
        ProtTransferOver(Binding, Packet, status, transferred);
}

/* No ProtocolReceiveComplete need follow this one, so it is its own. */
static VOID ProtTransferDataComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_PACKET Packet, NDIS_STATUS Status,
                                     UINT BytesTransferred) {
    ProtTransferOver(ProtocolBindingContext, Packet, Status, BytesTransferred);
    ProtReceiveComplete(ProtocolBindingContext);
}

/* Header and lookahead are the adapter's and are copied before this returns. */
static NDIS_STATUS ProtReceive(NDIS_HANDLE ProtocolBindingContext, NDIS_HANDLE MacReceiveContext, PVOID HeaderBuffer,
                               UINT HeaderBufferSize, PVOID LookAheadBuffer, UINT LookaheadBufferSize,
                               UINT PacketSize) {
    BINDING* binding = ProtocolBindingContext;
    UINT lookahead = LookaheadBufferSize < PacketSize ? LookaheadBufferSize : PacketSize;
    PNDIS_PACKET packet;
    PUCHAR bytes;

    if (HeaderBufferSize != PROT_HEADER || !ProtWants(binding, HeaderBuffer, PROT_HEADER + PacketSize))
        return NDIS_STATUS_NOT_ACCEPTED;
    packet = ProtAllocateFrame(binding, binding->ReceivePool, PROT_HEADER + PacketSize);
    if (packet == NULL) {
        NdisInterlockedIncrement(&binding->Dropped);
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    bytes = PROT_FRAME(packet)->Bytes;
    NdisMoveMemory(bytes, HeaderBuffer, PROT_HEADER);
    NdisCopyLookaheadData(bytes + PROT_HEADER, LookAheadBuffer, lookahead, binding->MacOptions);
    if (lookahead == PacketSize)
        ProtFrameReceived(binding, packet);
    else
        ProtTransferRest(binding, MacReceiveContext, packet, lookahead);
    return NDIS_STATUS_SUCCESS;
}

VOID ProtTrafficHandlers(PNDIS_PROTOCOL_CHARACTERISTICS Characteristics) {
    Characteristics->SendCompleteHandler = ProtSendComplete;
    Characteristics->TransferDataCompleteHandler = ProtTransferDataComplete;
    Characteristics->ReceiveHandler = ProtReceive;
    Characteristics->ReceiveCompleteHandler = ProtReceiveComplete;
    Characteristics->ReceivePacketHandler = ProtReceivePacket;
}
