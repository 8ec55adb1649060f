/* Packets on their way down.
 *
 * A packet goes down in a wrapper: a packet of our own that describes the same buffers (the NDIS 5.0 way). With
 * PacketStacking it goes down itself while it has a stack location left (the NDIS 5.1 way). When the send pool is dry,
 * packets from above wait in the ADAPTER, oldest first, and go down as wrappers come back: what was accepted is never
 * dropped, and never overtaken. One processor at a time takes from the waiting packets; it "drains".
 */
#include "passthru.h"

static BOOLEAN PtSendsAllowed(const ADAPTER* Adapter) {
    return Adapter->UpperPower == NdisDeviceStateD0 && Adapter->LowerPower == NdisDeviceStateD0;
}

/* MiniportReserved of a packet from above is ours until we send it on or complete it. */
static PLIST_ENTRY PtLinkOf(PNDIS_PACKET Packet) {
    return (PLIST_ENTRY)(PVOID)Packet->MiniportReserved;
}

static PNDIS_PACKET PtPacketOf(PLIST_ENTRY Link) {
    return CONTAINING_RECORD(Link, NDIS_PACKET, MiniportReserved);
}

static VOID PtCompleteSends(ADAPTER* Adapter, PPNDIS_PACKET Packets, UINT Count, NDIS_STATUS Status) {
    UINT i;

    for (i = 0; i < Count; ++i)
        NdisMSendComplete(Adapter->MiniportHandle, Packets[i], Status);
}

/* ---- One packet ---- */

static PNDIS_PACKET PtWrapSend(ADAPTER* Adapter, PNDIS_PACKET Packet) {
    PNDIS_PACKET wrapper;
    NDIS_STATUS status;

    NdisAllocatePacket(&status, &wrapper, Adapter->SendPool);
    if (status != NDIS_STATUS_SUCCESS)
        return NULL;
    PT_SEND_WRAPPER(wrapper)->Original = Packet;
    PtShareDescription(wrapper, Packet);
    NdisIMCopySendPerPacketInfo(wrapper, Packet);
    return wrapper;
}

/* What goes down for a packet from above: itself, a wrapper, or NULL when the pool is dry. */
static PNDIS_PACKET PtPrepareSend(ADAPTER* Adapter, PNDIS_PACKET Packet) {
    return PtHasStackLocation(Adapter, Packet) ? Packet : PtWrapSend(Adapter, Packet);
}

/* The packet from above that belongs to one that came back. Its completion information goes up with it, the wrapper
 * into its pool. The buffers are the original's: NdisFreePacket leaves them alone. */
static PNDIS_PACKET PtUnwrapSend(ADAPTER* Adapter, PNDIS_PACKET Packet) {
    PNDIS_PACKET original;

    if (NdisGetPoolFromPacket(Packet) != Adapter->SendPool)
        return Packet;
    original = PT_SEND_WRAPPER(Packet)->Original;
    NdisIMCopySendCompletePerPacketInfo(original, Packet);
    NdisDprFreePacket(Packet);
    return original;
}

/* ---- Waiting packets ---- */

/* The oldest waiting packet, now outstanding. NULL: there is none to send, and the caller drains no more. Who stops
 * sends completes what waits. */
static PNDIS_PACKET PtTakeWaiting(ADAPTER* Adapter) {
    PNDIS_PACKET packet = NULL;

    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->WrapperReturned = FALSE;
    if (!PtSendsAllowed(Adapter) || IsListEmpty(&Adapter->WaitingSends)) {
        Adapter->Draining = FALSE;
    } else {
        packet = PtPacketOf(RemoveHeadList(&Adapter->WaitingSends));
        ++Adapter->OutstandingSends;
    }
    NdisReleaseSpinLock(&Adapter->Lock);
    return packet;
}

typedef enum _NEXT { PtTryAgain, PtWaitForWrapper, PtGiveUpPacket } NEXT;

/* No wrapper for this packet, which is the drainer's. It goes back to the head of the queue if a completion will come
 * that sends it. Without one (sends were stopped meanwhile; or nothing is below although the pool refuses, so memory is
 * short) nobody would. */
static NEXT PtPutBack(ADAPTER* Adapter, PNDIS_PACKET Packet) {
    NEXT next;

    NdisAcquireSpinLock(&Adapter->Lock);
    --Adapter->OutstandingSends;
    if (!PtSendsAllowed(Adapter) || (Adapter->OutstandingSends == 0 && !Adapter->WrapperReturned)) {
        next = PtGiveUpPacket;
    } else {
        InsertHeadList(&Adapter->WaitingSends, PtLinkOf(Packet));
        next = Adapter->WrapperReturned ? PtTryAgain : PtWaitForWrapper;
        Adapter->Draining = next == PtTryAgain;
    }
    NdisReleaseSpinLock(&Adapter->Lock);
    return next;
}

/* Sends waiting packets until there are none or the pool is dry. The caller has set Draining. */
static VOID PtDrain(ADAPTER* Adapter) {
    PNDIS_PACKET packet, lower;

    while ((packet = PtTakeWaiting(Adapter)) != NULL) {
        lower = PtPrepareSend(Adapter, packet);
        if (lower != NULL) {
            NdisSendPackets(Adapter->BindingHandle, &lower, 1);
            continue;
        }
        switch (PtPutBack(Adapter, packet)) {
        case PtWaitForWrapper:
            return;
        case PtGiveUpPacket:
            PtCompleteSends(Adapter, &packet, 1, NDIS_STATUS_FAILURE);
            break;
        case PtTryAgain:
            break;
        }
    }
}

/* Under the lock: is there something to drain that nobody drains? Then the caller does, after releasing it. */
static BOOLEAN PtClaimDrain(ADAPTER* Adapter) {
    if (Adapter->Draining || IsListEmpty(&Adapter->WaitingSends))
        return FALSE;
    Adapter->Draining = TRUE;
    return TRUE;
}

/* These packets were admitted and found no wrapper. Trying once more after they are in the queue catches wrappers that
 * came back before: their completions saw an empty queue. */
static VOID PtQueueSends(ADAPTER* Adapter, PPNDIS_PACKET Packets, UINT Count) {
    BOOLEAN allowed, drain;
    UINT i;

    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->OutstandingSends -= Count;
    allowed = PtSendsAllowed(Adapter);
    for (i = 0; allowed && i < Count; ++i)
        InsertTailList(&Adapter->WaitingSends, PtLinkOf(Packets[i]));
    drain = PtClaimDrain(Adapter);
    NdisReleaseSpinLock(&Adapter->Lock);

    if (!allowed)
        PtCompleteSends(Adapter, Packets, Count, NDIS_STATUS_FAILURE);
    if (drain)
        PtDrain(Adapter);
}

VOID PtAbortWaitingSends(ADAPTER* Adapter, PVOID CancelId, NDIS_STATUS Status) {
    LIST_ENTRY aborted;
    PLIST_ENTRY link, next;
    PNDIS_PACKET packet;

    InitializeListHead(&aborted);
    NdisAcquireSpinLock(&Adapter->Lock);
    for (link = Adapter->WaitingSends.Flink; link != &Adapter->WaitingSends; link = next) {
        next = link->Flink;
        if (CancelId == NULL || NDIS_GET_PACKET_CANCEL_ID(PtPacketOf(link)) == CancelId) {
            RemoveEntryList(link);
            InsertTailList(&aborted, link);
        }
    }
    NdisReleaseSpinLock(&Adapter->Lock);

    while (!IsListEmpty(&aborted)) {
        packet = PtPacketOf(RemoveHeadList(&aborted));
        PtCompleteSends(Adapter, &packet, 1, Status);
    }
}

/* ---- Handlers ---- */

typedef enum _ADMISSION { PtRefused, PtToQueue, PtDirectly } ADMISSION;

/* Takes responsibility for Count packets at once; they count as outstanding until they are sent back or queued. A
 * packet may not overtake one that waits or is just being drained. */
static ADMISSION PtAdmitSends(ADAPTER* Adapter, UINT Count) {
    ADMISSION admission = PtRefused;

    NdisAcquireSpinLock(&Adapter->Lock);
    if (PtSendsAllowed(Adapter)) {
        Adapter->OutstandingSends += Count;
        admission = Adapter->Draining || !IsListEmpty(&Adapter->WaitingSends) ? PtToQueue : PtDirectly;
    }
    NdisReleaseSpinLock(&Adapter->Lock);
    return admission;
}

/* How many of Count packets to try: no more than there are wrappers. NdisPacketPoolUsage is a snapshot that others may
 * outrun, so an allocation can still be refused. A packet with a stack location needs no wrapper. */
static UINT PtAffordable(ADAPTER* Adapter, UINT Count) {
    UINT left;

    if (Adapter->PacketStacking)
        return Count;
    left = Adapter->SendCapacity - NdisPacketPoolUsage(Adapter->SendPool);
    return Count < left ? Count : left;
}

/* Sends the first packets of the array; returns how many. */
static UINT PtSendDirectly(ADAPTER* Adapter, PPNDIS_PACKET Packets, UINT Count) {
    PNDIS_PACKET burst[PT_BURST];
    UINT sent = 0, ready;

    do {
        for (ready = 0; ready < PT_BURST && sent < Count; ++ready, ++sent) {
            burst[ready] = PtPrepareSend(Adapter, Packets[sent]);
            if (burst[ready] == NULL)
                break;
        }
        if (ready != 0)
            NdisSendPackets(Adapter->BindingHandle, burst, ready);
    } while (ready == PT_BURST);
    return sent;
}

/* A deserialized miniport accepts every packet and ends it with NdisMSendComplete, which also reports a refusal. */
static VOID PtSendPackets(NDIS_HANDLE MiniportAdapterContext, PPNDIS_PACKET PacketArray, UINT NumberOfPackets) {
    ADAPTER* adapter = MiniportAdapterContext;
    ADMISSION admission = PtAdmitSends(adapter, NumberOfPackets);
    UINT sent = 0;

    if (admission == PtRefused) {
        PtCompleteSends(adapter, PacketArray, NumberOfPackets, NDIS_STATUS_FAILURE);
        return;
    }
    if (admission == PtDirectly)
        sent = PtSendDirectly(adapter, PacketArray, PtAffordable(adapter, NumberOfPackets));
    if (sent < NumberOfPackets)
        PtQueueSends(adapter, PacketArray + sent, NumberOfPackets - sent);
}

/* The send is outstanding until the last call for it was made, so that who waits for OutstandingSends to be 0 finds the
 * pool empty and the ADAPTER untouched. */
static VOID PtSendComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_PACKET Packet, NDIS_STATUS Status) {
    ADAPTER* adapter = ProtocolBindingContext;
    PNDIS_PACKET original = PtUnwrapSend(adapter, Packet);
    BOOLEAN drain;

    NdisMSendComplete(adapter->MiniportHandle, original, Status);
    NdisAcquireSpinLock(&adapter->Lock);
    --adapter->OutstandingSends;
    adapter->WrapperReturned = TRUE;
    drain = PtClaimDrain(adapter);
    NdisReleaseSpinLock(&adapter->Lock);
    if (drain)
        PtDrain(adapter);
}

/* What waits here ends here; the rest may wait below, with the id that its wrapper has copied. */
static VOID PtCancelSendPackets(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId) {
    ADAPTER* adapter = MiniportAdapterContext;

    if (CancelId == NULL)
        return; /* what packets without a cancel id have */
    PtAbortWaitingSends(adapter, CancelId, NDIS_STATUS_REQUEST_ABORTED);
    NdisCancelSendPackets(adapter->BindingHandle, CancelId);
}

VOID PtSendHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower) {
    Upper->SendPacketsHandler = PtSendPackets;
    Upper->CancelSendPacketsHandler = PtCancelSendPackets;
    Lower->SendCompleteHandler = PtSendComplete;
}
