/* The hub: sending is copying a frame into other ports.
 *
 * Senders share the hub's read-write lock, so that ports send at once; a port comes and goes under it alone. A send is
 * over when the frame is copied: no send is ever queued, so there is nothing to cancel.
 */
#include "netvmini.h"

static NDIS_RW_LOCK NvHubLock;
static LIST_ENTRY NvPorts; /* guarded by NvHubLock, and so is the count */
static UINT NvPortCount;

VOID NvInitializeHub(VOID) {
    NdisInitializeReadWriteLock(&NvHubLock);
    InitializeListHead(&NvPorts);
}

VOID NvAttach(PORT* Port) {
    LOCK_STATE state;

    NdisAcquireReadWriteLock(&NvHubLock, TRUE, &state);
    InsertTailList(&NvPorts, &Port->Link);
    ++NvPortCount;
    NdisReleaseReadWriteLock(&NvHubLock, &state);
}

VOID NvDetach(PORT* Port) {
    LOCK_STATE state;

    NdisAcquireReadWriteLock(&NvHubLock, TRUE, &state);
    RemoveEntryList(&Port->Link);
    --NvPortCount;
    NdisReleaseReadWriteLock(&NvHubLock, &state);
}

/* NdisQueryBufferSafe: no address when memory cannot be mapped; the copy ends there. */
UINT NvCopyFromPacket(PNDIS_PACKET Packet, PUCHAR To, UINT Length) {
    PNDIS_BUFFER buffer = NDIS_PACKET_FIRST_NDIS_BUFFER(Packet);
    UINT copied = 0, length;
    PVOID from;

    while (buffer != NULL && copied < Length) {
        NdisQueryBufferSafe(buffer, &from, &length, NormalPagePriority);
        if (from == NULL)
            break;
        if (length > Length - copied)
            length = Length - copied;
        NdisMoveMemory(To + copied, from, length);
        copied += length;
        NdisGetNextBuffer(buffer, &buffer);
    }
    return copied;
}

/* The frame reaches every other port, and comes back when there is none. */
static VOID NvDistribute(PORT* From, PNDIS_PACKET Packet, const UCHAR* Header, UINT Length) {
    PLIST_ENTRY link;
    LOCK_STATE state;
    PORT* to;

    NdisAcquireReadWriteLock(&NvHubLock, FALSE, &state);
    for (link = NvPorts.Flink; link != &NvPorts; link = link->Flink) {
        to = CONTAINING_RECORD(link, PORT, Link);
        if (to != From || (NvPortCount == 1 && From->Reflect))
            NvDeliver(to, Packet, Header, Length);
    }
    NdisReleaseReadWriteLock(&NvHubLock, &state);
}

static NDIS_STATUS NvTransmit(PORT* Port, PNDIS_PACKET Packet) {
    UCHAR header[NV_HEADER];
    BOOLEAN good;
    UINT length;

    NdisQueryPacketLength(Packet, &length);
    good = length <= NV_MAXIMUM_FRAME && NvCopyFromPacket(Packet, header, NV_HEADER) == NV_HEADER;
    NdisAcquireSpinLock(&Port->Lock);
    good = good && !Port->Removed && Port->Power == NdisDeviceStateD0;
    if (good)
        ++Port->Statistics.XmitOk;
    else
        ++Port->Statistics.XmitError;
    NdisReleaseSpinLock(&Port->Lock);
    if (!good)
        return NDIS_STATUS_FAILURE;
    NvDistribute(Port, Packet, header, length);
    return NDIS_STATUS_SUCCESS;
}

/* A deserialized miniport ends every packet with NdisMSendComplete, in the order of the array; its out-of-band status
 * means nothing to NDIS. */
static VOID NvSendPackets(NDIS_HANDLE MiniportAdapterContext, PPNDIS_PACKET PacketArray, UINT NumberOfPackets) {
    PORT* port = MiniportAdapterContext;
    NDIS_STATUS status;
    UINT i;

    for (i = 0; i < NumberOfPackets; ++i) {
        status = NvTransmit(port, PacketArray[i]);
        NdisMSendComplete(port->MiniportHandle, PacketArray[i], status);
    }
}

VOID NvHubHandlers(PNDIS_MINIPORT_CHARACTERISTICS Characteristics) {
    Characteristics->SendPacketsHandler = NvSendPackets;
}
