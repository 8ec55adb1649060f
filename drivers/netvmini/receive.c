/* Receiving: slots, the backlog, indications, the frame generator.
 *
 * A slot goes from free over ready to an indication and back, or stays lent until MiniportReturnPacket. The timer
 * function is the only one that indicates, and NvWakeReceiver never lets it run twice at a time, so frames stay in
 * order: first what is ready, then the backlog, which is newer, then what the generator makes.
 */
#include "netvmini.h"

#define NV_ETHERTYPE 0x88B5 /* left to local experiments by IEEE 802 */

/* ---- Slots ---- */

static VOID NvFreeSlots(PORT* Port) {
    UINT i;

    for (i = 0; i < Port->SlotCount; ++i) {
        if (Port->Slots[i].Packet != NULL)
            NdisFreePacket(Port->Slots[i].Packet);
        if (Port->Slots[i].Buffer != NULL) {
            /* NdisAdjustBufferLength: the length is restored before the descriptor is freed. */
            NdisAdjustBufferLength(Port->Slots[i].Buffer, NV_MAXIMUM_FRAME);
            NdisFreeBuffer(Port->Slots[i].Buffer);
        }
    }
    NdisFreeBufferPool(Port->BufferPool);
    NdisFreePacketPool(Port->PacketPool);
    NdisFreeMemory(Port->Slots, 0, 0);
}

static NDIS_STATUS NvMakeSlot(PORT* Port, SLOT* Slot) {
    NDIS_STATUS status;

    NdisAllocatePacket(&status, &Slot->Packet, Port->PacketPool);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisAllocateBuffer(&status, &Slot->Buffer, Port->BufferPool, Slot->Frame, NV_MAXIMUM_FRAME);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NV_SLOT(Slot->Packet) = Slot;
    InsertTailList(&Port->Free, &Slot->Link);
    return NDIS_STATUS_SUCCESS;
}

/* A receive pool leaves a receiving protocol the documented room in ProtocolReserved. */
static NDIS_STATUS NvAllocateSlots(PORT* Port) {
    NDIS_STATUS status;
    UINT i;

    status = NdisAllocateMemoryWithTag((PVOID*)&Port->Slots, Port->SlotCount * sizeof(SLOT), NV_TAG);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisZeroMemory(Port->Slots, Port->SlotCount * sizeof(SLOT));
    NdisAllocatePacketPool(&status, &Port->PacketPool, Port->SlotCount, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (status != NDIS_STATUS_SUCCESS)
        goto free_memory;
    NdisAllocateBufferPool(&status, &Port->BufferPool, Port->SlotCount);
    if (status != NDIS_STATUS_SUCCESS)
        goto free_packet_pool;
    for (i = 0; i < Port->SlotCount && status == NDIS_STATUS_SUCCESS; ++i)
        status = NvMakeSlot(Port, &Port->Slots[i]);
    if (status != NDIS_STATUS_SUCCESS)
        NvFreeSlots(Port);
    return status;

free_packet_pool:
    NdisFreePacketPool(Port->PacketPool);
free_memory:
    NdisFreeMemory(Port->Slots, 0, 0);
    return status;
}

/* Under the lock. NULL: none is free. */
static SLOT* NvTakeSlot(PORT* Port) {
    return IsListEmpty(&Port->Free) ? NULL : CONTAINING_RECORD(RemoveHeadList(&Port->Free), SLOT, Link);
}

/* ---- The timer ---- */

/* Under the lock. */
static BOOLEAN NvMayGenerate(const PORT* Port) {
    return Port->ToGenerate != 0 &&
           (Port->PacketFilter & (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_PROMISCUOUS)) != 0;
}

VOID NvWakeReceiver(PORT* Port) {
    BOOLEAN work = !IsListEmpty(&Port->Ready) ||
                   (!IsListEmpty(&Port->Free) && (!IsListEmpty(&Port->Backlog) || NvMayGenerate(Port)));

    if (!work || Port->Removed || Port->Power != NdisDeviceStateD0 || Port->TimerSet || Port->TimerRunning)
        return;
    Port->TimerSet = TRUE;
    NdisMSetTimer(&Port->Timer, 0);
}

/* ---- Frames from the hub ---- */

/* Under the lock: what a real adapter's address filter does. */
static BOOLEAN NvAccepts(const PORT* Port, const UCHAR* Destination) {
    UINT i;

    if ((Port->PacketFilter & NDIS_PACKET_TYPE_PROMISCUOUS) != 0)
        return TRUE;
    if (ETH_IS_BROADCAST(Destination))
        return (Port->PacketFilter & NDIS_PACKET_TYPE_BROADCAST) != 0;
    if (!ETH_IS_MULTICAST(Destination))
        return (Port->PacketFilter & NDIS_PACKET_TYPE_DIRECTED) != 0 &&
               NdisEqualMemory(Destination, Port->Address, ETH_LENGTH_OF_ADDRESS);
    if ((Port->PacketFilter & NDIS_PACKET_TYPE_ALL_MULTICAST) != 0)
        return TRUE;
    if ((Port->PacketFilter & NDIS_PACKET_TYPE_MULTICAST) == 0)
        return FALSE;
    for (i = 0; i < Port->MulticastCount; ++i) {
        if (NdisEqualMemory(Destination, Port->Multicast[i], ETH_LENGTH_OF_ADDRESS))
            return TRUE;
    }
    return FALSE;
}

/* Short frames are padded by the driver of the adapter. Returns the length, 0 when the packet could not be read. */
static UINT NvCopyFrame(PNDIS_PACKET Packet, PUCHAR To, UINT Length) {
    if (NvCopyFromPacket(Packet, To, Length) != Length)
        return 0;
    if (Length >= NV_MINIMUM_FRAME)
        return Length;
    NdisZeroMemory(To + Length, NV_MINIMUM_FRAME - Length);
    return NV_MINIMUM_FRAME;
}

static VOID NvDeliverToSlot(PORT* Port, SLOT* Slot, PNDIS_PACKET Packet, UINT Length) {
    Slot->Length = NvCopyFrame(Packet, Slot->Frame, Length);
    NdisDprAcquireSpinLock(&Port->Lock);
    if (Slot->Length != 0) {
        InsertTailList(&Port->Ready, &Slot->Link);
    } else {
        InsertHeadList(&Port->Free, &Slot->Link);
        ++Port->Statistics.RcvNoBuffer;
    }
    NvWakeReceiver(Port);
    NdisDprReleaseSpinLock(&Port->Lock);
}

/* The place in the backlog is already counted. */
static VOID NvDeliverToBacklog(PORT* Port, PNDIS_PACKET Packet, UINT Length) {
    WAITING_FRAME* frame;

    if (NdisAllocateMemoryWithTag((PVOID*)&frame, sizeof(*frame), NV_TAG) != NDIS_STATUS_SUCCESS)
        frame = NULL;
    if (frame != NULL) {
        frame->Length = NvCopyFrame(Packet, frame->Frame, Length);
        if (frame->Length == 0) {
            NdisFreeMemory(frame, 0, 0);
            frame = NULL;
        }
    }
    NdisDprAcquireSpinLock(&Port->Lock);
    if (frame != NULL) {
        InsertTailList(&Port->Backlog, &frame->Link);
    } else {
        --Port->BacklogCount;
        ++Port->Statistics.RcvNoBuffer;
    }
    NvWakeReceiver(Port);
    NdisDprReleaseSpinLock(&Port->Lock);
}

/* A frame may not overtake one in the backlog, so it goes there too while there is one. */
VOID NvDeliver(PORT* Port, PNDIS_PACKET Packet, const UCHAR* Header, UINT Length) {
    BOOLEAN backlog = FALSE;
    SLOT* slot = NULL;

    NdisDprAcquireSpinLock(&Port->Lock);
    if (!Port->Removed && Port->Power == NdisDeviceStateD0 && NvAccepts(Port, Header)) {
        if (Port->BacklogCount == 0)
            slot = NvTakeSlot(Port);
        backlog = slot == NULL && Port->BacklogCount < Port->BacklogLimit;
        if (backlog)
            ++Port->BacklogCount;
        else if (slot == NULL)
            ++Port->Statistics.RcvNoBuffer;
    }
    NdisDprReleaseSpinLock(&Port->Lock);
    if (slot != NULL)
        NvDeliverToSlot(Port, slot, Packet, Length);
    else if (backlog)
        NvDeliverToBacklog(Port, Packet, Length);
}

/* ---- Indications ---- */

/* Frames to indicate now, oldest first; how many. The first *Lent of them will be lent. */
static UINT NvCollect(PORT* Port, SLOT** Slots, PUINT Lent) {
    UINT count = 0;
    SLOT* slot;

    NdisDprAcquireSpinLock(&Port->Lock);
    if (Port->Removed || Port->Power != NdisDeviceStateD0)
        goto done;
    while (count < NV_BURST && !IsListEmpty(&Port->Ready))
        Slots[count++] = CONTAINING_RECORD(RemoveHeadList(&Port->Ready), SLOT, Link);
    while (count < NV_BURST && !IsListEmpty(&Port->Backlog) && (slot = NvTakeSlot(Port)) != NULL) {
        slot->Waiting = CONTAINING_RECORD(RemoveHeadList(&Port->Backlog), WAITING_FRAME, Link);
        --Port->BacklogCount;
        Slots[count++] = slot;
    }
    while (count < NV_BURST && NvMayGenerate(Port) && (slot = NvTakeSlot(Port)) != NULL) {
        slot->Generated = TRUE;
        slot->Sequence = Port->Sequence++;
        --Port->ToGenerate;
        Slots[count++] = slot;
    }
    Port->Statistics.RcvOk += count;
    *Lent = Port->LendLimit - Port->Lent < count ? Port->LendLimit - Port->Lent : count;
    Port->Lent += *Lent;
done:
    NdisDprReleaseSpinLock(&Port->Lock);
    return count;
}

/* Addressed to this port; the number of the frame, in network order, is behind the header. */
static VOID NvGenerate(const PORT* Port, SLOT* Slot) {
    static const UCHAR source[ETH_LENGTH_OF_ADDRESS] = {0x02, 'N', 'V', 'G', 'E', 'N'};
    PUCHAR frame = Slot->Frame;

    Slot->Length = Port->GeneratedLength;
    ETH_COPY_NETWORK_ADDRESS(frame, Port->Address);
    ETH_COPY_NETWORK_ADDRESS(frame + ETH_LENGTH_OF_ADDRESS, source);
    frame[12] = (UCHAR)(NV_ETHERTYPE >> 8);
    frame[13] = (UCHAR)NV_ETHERTYPE;
    frame[14] = (UCHAR)(Slot->Sequence >> 24);
    frame[15] = (UCHAR)(Slot->Sequence >> 16);
    frame[16] = (UCHAR)(Slot->Sequence >> 8);
    frame[17] = (UCHAR)Slot->Sequence;
    NdisZeroMemory(frame + 18, Slot->Length - 18);
}

static VOID NvCompleteFrame(const PORT* Port, SLOT* Slot) {
    if (Slot->Waiting != NULL) {
        Slot->Length = Slot->Waiting->Length;
        NdisMoveMemory(Slot->Frame, Slot->Waiting->Frame, Slot->Length);
        NdisFreeMemory(Slot->Waiting, 0, 0);
        Slot->Waiting = NULL;
    } else if (Slot->Generated) {
        NvGenerate(Port, Slot);
        Slot->Generated = FALSE;
    }
}

/* The buffer is cut to the frame; header size and status are set for every indication. */
static VOID NvPreparePacket(SLOT* Slot, NDIS_STATUS Status, LARGE_INTEGER Time) {
    NdisAdjustBufferLength(Slot->Buffer, Slot->Length);
    NdisChainBufferAtFront(Slot->Packet, Slot->Buffer);
    NDIS_SET_PACKET_HEADER_SIZE(Slot->Packet, NV_HEADER);
    NDIS_SET_PACKET_TIME_RECEIVED(Slot->Packet, Time.QuadPart);
    NDIS_SET_PACKET_STATUS(Slot->Packet, Status);
}

/* NdisReinitializePacket leaves out-of-band data to the owner. Then the slot is free. */
static VOID NvRecycle(PORT* Port, PNDIS_PACKET Packet, UINT WasLent) {
    SLOT* slot = NV_SLOT(Packet);

    NdisReinitializePacket(Packet);
    NdisZeroMemory(NDIS_OOB_DATA_FROM_PACKET(Packet), sizeof(NDIS_PACKET_OOB_DATA));
    NdisAcquireSpinLock(&Port->Lock);
    InsertHeadList(&Port->Free, &slot->Link);
    Port->Lent -= WasLent;
    NvWakeReceiver(Port);
    NdisReleaseSpinLock(&Port->Lock);
}

/* FALSE: there was nothing. A deserialized driver remembers what it lent: it may not look at the packets afterwards.
 * Those with status RESOURCES, which applies to all that follow in the array, are its own again. */
static BOOLEAN NvIndicateBurst(PORT* Port) {
    PNDIS_PACKET packets[NV_BURST];
    SLOT* slots[NV_BURST];
    UINT lent = 0, count = NvCollect(Port, slots, &lent), i;
    LARGE_INTEGER now;

    if (count == 0)
        return FALSE;
    NdisGetCurrentSystemTime(&now);
    for (i = 0; i < count; ++i) {
        NvCompleteFrame(Port, slots[i]);
        NvPreparePacket(slots[i], i < lent ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES, now);
        packets[i] = slots[i]->Packet;
    }
    NdisMIndicateReceivePacket(Port->MiniportHandle, packets, count);
    for (i = lent; i < count; ++i)
        NvRecycle(Port, packets[i], 0);
    return TRUE;
}

/* DISPATCH_LEVEL. Stops after some bursts, so that other work of the processor gets its turn. */
static VOID NvReceiveTimer(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2, PVOID SystemSpecific3) {
    PORT* port = FunctionContext;
    UINT bursts = 0;

    UNREFERENCED_PARAMETER(SystemSpecific1);
    UNREFERENCED_PARAMETER(SystemSpecific2);
    UNREFERENCED_PARAMETER(SystemSpecific3);
    NdisDprAcquireSpinLock(&port->Lock);
    port->TimerSet = FALSE;
    port->TimerRunning = TRUE;
    NdisDprReleaseSpinLock(&port->Lock);

    while (bursts < NV_BURSTS && NvIndicateBurst(port))
        ++bursts;

    NdisDprAcquireSpinLock(&port->Lock);
    port->TimerRunning = FALSE;
    NvWakeReceiver(port);
    NdisDprReleaseSpinLock(&port->Lock);
}

static VOID NvReturnPacket(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet) {
    NvRecycle(MiniportAdapterContext, Packet, 1);
}

/* ---- Start and stop ---- */

NDIS_STATUS NvStartReceiver(PORT* Port) {
    InitializeListHead(&Port->Free);
    InitializeListHead(&Port->Ready);
    InitializeListHead(&Port->Backlog);
    NdisMInitializeTimer(&Port->Timer, Port->MiniportHandle, NvReceiveTimer, Port);
    return NvAllocateSlots(Port);
}

static BOOLEAN NvReceiverBusy(PORT* Port) {
    BOOLEAN busy;

    NdisAcquireSpinLock(&Port->Lock);
    busy = Port->TimerSet || Port->TimerRunning || Port->Lent != 0;
    NdisReleaseSpinLock(&Port->Lock);
    return busy;
}

/* NdisMCancelTimer does not wait: when it says FALSE the function has started, or is about to. */
VOID NvStopReceiver(PORT* Port) {
    BOOLEAN cancelled;

    NdisAcquireSpinLock(&Port->Lock);
    Port->Removed = TRUE;
    NdisReleaseSpinLock(&Port->Lock);
    NdisMCancelTimer(&Port->Timer, &cancelled);
    if (cancelled) {
        NdisAcquireSpinLock(&Port->Lock);
        Port->TimerSet = FALSE;
        NdisReleaseSpinLock(&Port->Lock);
    }
    while (NvReceiverBusy(Port))
        NdisMSleep(NV_POLL_INTERVAL);
    while (!IsListEmpty(&Port->Backlog))
        NdisFreeMemory(CONTAINING_RECORD(RemoveHeadList(&Port->Backlog), WAITING_FRAME, Link), 0, 0);
    NvFreeSlots(Port);
}

VOID NvReceiveHandlers(PNDIS_MINIPORT_CHARACTERISTICS Characteristics) {
    Characteristics->ReturnPacketHandler = NvReturnPacket;
}
