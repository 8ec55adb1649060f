/* ndisprot: an NDIS 5.0 protocol driver that answers frames.
 *
 *   driver.c   DriverEntry and unload
 *   binding.c  how a BINDING comes and goes, requests, status, power
 *   traffic.c  receiving, the queue of frames to answer, sending
 *   reply.c    what the answer to a frame is: bytes only, no NDIS
 *
 * A received packet that may want an answer is kept (ProtocolReceivePacket returns 1) and queued;
 * ProtocolReceiveComplete answers what is queued and returns each packet as soon as its bytes are copied. Frames that
 * may not be kept are copied into a packet of our own first.
 */
#ifndef NDISPROT_H
#define NDISPROT_H

#include <ndis.h>

#define PROT_TAG 0x746F7250UL    /* 'Prot' */
#define PROT_HEADER 14           /* bytes of an Ethernet header */
#define PROT_PROCESSORS 64       /* processor numbers are below this */
#define PROT_POLL_INTERVAL 10000 /* microseconds between two looks at something that drains */

/* A received packet that is queued: lent to us, or from ReceivePool. */
typedef struct _ENTRY {
    LIST_ENTRY Link;
    PNDIS_PACKET Packet;
    UINT Length;
} ENTRY;

/* What a packet of our own knows, in its ProtocolReserved. */
typedef struct _FRAME {
    PUCHAR Bytes; /* Length of them, the packet's own memory */
    UINT Length;
    PNDIS_BUFFER Buffer; /* describes all of them, or the first ones when the answer is shorter */
} FRAME;
#define PROT_FRAME(packet) ((FRAME*)(PVOID)(packet)->ProtocolReserved)

typedef struct _BINDING {
    /* Constant once bound. */
    NDIS_HANDLE BindingHandle;
    NDIS_HANDLE SendPool;
    NDIS_HANDLE ReceivePool;
    NDIS_HANDLE BufferPool;
    UCHAR Address[ETH_LENGTH_OF_ADDRESS];
    UCHAR IpAddress[4];
    ULONG PacketFilter;
    ULONG MacOptions;
    UINT MaximumLength; /* of a frame, header included */
    UINT QueueLimit;

    /* Opening and closing: PnP calls, one at a time. */
    UINT MediumIndex;
    NDIS_STATUS OpenErrorStatus;
    NDIS_STATUS BindingStatus;
    NDIS_EVENT BindingEvent;

    NDIS_SPIN_LOCK Lock;

    /* Guarded by Lock: while one of these says no, frames are dropped unanswered. */
    BOOLEAN Closing;
    BOOLEAN Resetting;
    BOOLEAN Connected;
    NDIS_DEVICE_POWER_STATE Power;

    /* Guarded by Lock. Each of the QueueLimit entries is free, arrived, waiting, or with whoever answers. */
    ULONG FreeEntries;
    LIST_ENTRY Free;
    LIST_ENTRY Arrived[PROT_PROCESSORS]; /* ProtocolReceivePacket may not have returned on that processor */
    LIST_ENTRY Waiting;                  /* to be answered, oldest first */
    BOOLEAN Answering;                   /* somebody answers what waits */
    BOOLEAN SendReturned;                /* since that somebody last looked */
    ULONG OutstandingSends;

    /* Counted by NdisInterlockedIncrement. */
    LONG Answered;
    LONG Ignored; /* no answer due */
    LONG Dropped; /* an answer may have been due, but the queue was full, memory short, or the adapter away */
} BINDING;        /* the entries follow */

/* driver.c */
extern NDIS_HANDLE ProtHandle;
extern PVOID ProtCancelId;

/* Each file puts its handlers into the characteristics. */
VOID ProtBindingHandlers(PNDIS_PROTOCOL_CHARACTERISTICS Characteristics);
VOID ProtTrafficHandlers(PNDIS_PROTOCOL_CHARACTERISTICS Characteristics);

/* traffic.c: makes the queue of a new binding; and answers or discards what has arrived, on any processor. */
VOID ProtInitializeQueue(BINDING* Binding);
VOID ProtFlushQueue(BINDING* Binding);

/* reply.c */
BOOLEAN ProtParseIpAddress(PNDIS_STRING Text, PUCHAR IpAddress);
/* Whether a frame with this header may want an answer. */
BOOLEAN ProtMayConcern(const UCHAR* Header, const UCHAR* Address);
/* Turns the frame into the answer to it; the answer's length, at most Length. 0: no answer is due, and the frame is
 * spoilt. */
UINT ProtMakeReply(PUCHAR Frame, UINT Length, const UCHAR* Address, const UCHAR* IpAddress);

#endif
