/* passthru: an NDIS 5.1 intermediate driver. It shows one virtual miniport for each adapter it is bound to and forwards
 * everything, unchanged, in both directions: the skeleton of a filter.
 *
 *   driver.c   DriverEntry and unload, the control device
 *   adapter.c  how an ADAPTER comes and goes: bind, initialize, halt, unbind
 *   control.c  requests, status, power
 *   send.c     packets on their way down
 *   receive.c  packets on their way up
 *
 * One ADAPTER is both edges: the binding to the adapter below and the virtual miniport above. Its spin lock is held for
 * a few instructions only and never over a call that can come back: send, indicate, complete, request, status.
 */
#ifndef PASSTHRU_H
#define PASSTHRU_H

#include <ndis.h>

#define PT_TAG 0x75685450UL /* 'PThu' */

/* Packets handed down by one NdisSendPackets, or up by one NdisMIndicateReceivePacket. */
#define PT_BURST 32

/* The longest frame that the bounce buffer takes: a jumbo frame. */
#define PT_BOUNCE_SIZE 9216

/* Processor numbers are below this. */
#define PT_PROCESSORS 64

/* How long a wait for somebody else's last packet sleeps between two looks, microseconds. */
#define PT_POLL_INTERVAL 2000

/* What one processor has received of the array that is being indicated to it. */
typedef struct _RECEIVED {
    UINT Count;
    PNDIS_PACKET Packets[PT_BURST];
    BOOLEAN CompletePending; /* NdisMEthIndicateReceive was called and NdisMEthIndicateReceiveComplete not yet */
} RECEIVED;

typedef struct _ADAPTER {
    /* One for the lower binding, one for the virtual miniport, one for a bind or unbind that is running. */
    LONG References;

    /* Constant once bound. */
    NDIS_HANDLE BindingHandle;
    NDIS_HANDLE SendPool;
    NDIS_HANDLE ReceivePool;
    UINT SendCapacity;      /* packets SendPool can give at most */
    BOOLEAN PacketStacking; /* pass a packet on itself while it has a stack location left */
    NDIS_MEDIUM Medium;
    NDIS_STRING UpperName; /* device name of the virtual miniport */

    /* Opening and closing the lower binding: PnP calls, one at a time. */
    BOOLEAN LowerOpen;
    UINT MediumIndex;
    NDIS_STATUS OpenErrorStatus;
    NDIS_STATUS BindingStatus;
    NDIS_EVENT BindingEvent;
    NDIS_EVENT InitializeEvent; /* an initialization of the virtual miniport that was pending is over */

    NDIS_SPIN_LOCK Lock;

    /* Guarded by Lock: the two edges. */
    NDIS_HANDLE MiniportHandle; /* NULL until the virtual miniport is initialized and from its halt on */
    NDIS_DEVICE_POWER_STATE UpperPower;
    NDIS_DEVICE_POWER_STATE LowerPower;
    BOOLEAN StandingBy; /* an edge left D0, and the system has not begun to wake up */
    BOOLEAN InitializePending;
    BOOLEAN Unbinding;
    NDIS_STATUS LatestMedia;    /* the last media status that came from below; 0: none */
    NDIS_STATUS IndicatedMedia; /* the last one told upward; 0: none */

    /* Guarded by Lock: sends. Each packet of a send call is outstanding, waiting, or completed. */
    ULONG OutstandingSends;  /* below us, or being prepared to go there */
    LIST_ENTRY WaitingSends; /* no wrapper was to be had for these; linked through MiniportReserved, oldest first */
    BOOLEAN Draining;        /* somebody is sending from WaitingSends; everybody else queues behind */
    BOOLEAN WrapperReturned; /* since the drainer last looked */

    /* Guarded by Lock: the request. */
    BOOLEAN RequestOutstanding; /* somebody waits for its completion */
    BOOLEAN RequestQueued;      /* it has not gone down: the lower edge is not awake yet */

    /* The request itself belongs to whoever set RequestOutstanding: NDIS gives a miniport one at a time. */
    NDIS_REQUEST Request;
    PULONG BytesDone;
    PULONG BytesNeeded;

    /* Each its own processor's, at DISPATCH_LEVEL only. */
    RECEIVED Received[PT_PROCESSORS];

    BOOLEAN BounceBusy; /* guarded by Lock */
    UCHAR Bounce[PT_BOUNCE_SIZE];
} ADAPTER; /* the characters of UpperName follow */

/* What a wrapper remembers: in ProtocolReserved of a packet from SendPool, which we send as a protocol, and in
 * MiniportReserved of a packet from ReceivePool, which we indicate as a miniport. */
typedef struct _WRAPPER {
    PNDIS_PACKET Original;
} WRAPPER;
#define PT_SEND_WRAPPER(packet) ((WRAPPER*)(PVOID)(packet)->ProtocolReserved)
#define PT_RECEIVE_WRAPPER(packet) ((WRAPPER*)(PVOID)(packet)->MiniportReserved)

/* Each file puts its handlers into the characteristics of the upper and the lower edge. */
VOID PtAdapterHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower);
VOID PtControlHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower);
VOID PtSendHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower);
VOID PtReceiveHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower);

/* driver.c */
extern NDIS_HANDLE PtDriverHandle;   /* of the layered miniport */
extern NDIS_HANDLE PtProtocolHandle; /* of the lower edge */
/* The control device exists while there is a virtual miniport. PASSIVE_LEVEL. */
VOID PtInstanceStarted(VOID);
VOID PtInstanceStopped(VOID);

/* control.c: completes a request that waits for the lower edge to wake up, which it will not do now. */
VOID PtFailQueuedRequest(ADAPTER* Adapter);

/* send.c: completes the waiting sends with that cancel id, or all of them for NULL. No lock held. */
VOID PtAbortWaitingSends(ADAPTER* Adapter, PVOID CancelId, NDIS_STATUS Status);

/* ---- Both directions ---- */

/* NdisIMGetCurrentPacketStack: a packet may be passed on itself only while a location remains. */
static __inline BOOLEAN PtHasStackLocation(const ADAPTER* Adapter, PNDIS_PACKET Packet) {
    BOOLEAN remaining = FALSE;

    if (Adapter->PacketStacking)
        NdisIMGetCurrentPacketStack(Packet, &remaining);
    return remaining;
}

/* All of a description but status and length. The wrapper borrows the buffers; they are never freed through it. The
 * media specific pointer needs its macros: they keep a flag beside it. */
static __inline VOID PtShareDescription(PNDIS_PACKET Wrapper, PNDIS_PACKET Original) {
    PVOID information;
    UINT size;

    NDIS_PACKET_FIRST_NDIS_BUFFER(Wrapper) = NDIS_PACKET_FIRST_NDIS_BUFFER(Original);
    NDIS_PACKET_LAST_NDIS_BUFFER(Wrapper) = NDIS_PACKET_LAST_NDIS_BUFFER(Original);
    NDIS_PACKET_VALID_COUNTS(Wrapper) = FALSE;
    NdisSetPacketFlags(Wrapper, NdisGetPacketFlags(Original));
    *NDIS_OOB_DATA_FROM_PACKET(Wrapper) = *NDIS_OOB_DATA_FROM_PACKET(Original);
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(Original, &information, &size);
    if (information != NULL && size != 0)
        NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(Wrapper, information, size);
}

#endif
