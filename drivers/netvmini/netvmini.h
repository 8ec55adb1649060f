/* netvmini: a deserialized NDIS 5.1 miniport without hardware. Its instances are the ports of one virtual hub; the only
 * port of a hub is a reflector.
 *
 *   driver.c   DriverEntry, unload, how a PORT comes and goes
 *   oid.c      query and set
 *   hub.c      sending: frames into other ports
 *   receive.c  receiving: slots, the backlog, indications from a timer, the frame generator
 *
 * A frame sent on a port is copied at once into a receive slot of every port that accepts it, or, when that port has no
 * free slot, into its backlog; what does not fit there either is lost and counted. Each port indicates from its own
 * timer, one call at a time, so frames stay in order. Spin locks are never held over an indication or a completion.
 */
#ifndef NETVMINI_H
#define NETVMINI_H

#include <ndis.h>

#define NV_TAG 0x6D56744EUL /* 'NtVm' */

#define NV_HEADER 14
#define NV_MINIMUM_FRAME 60
#define NV_MAXIMUM_DATA 1500
#define NV_MAXIMUM_FRAME (NV_HEADER + NV_MAXIMUM_DATA)
#define NV_MULTICAST_LIST 32

#define NV_BURST 32           /* packets in one indication */
#define NV_BURSTS 8           /* indications in one call of the timer function */
#define NV_POLL_INTERVAL 2000 /* microseconds between two looks at something that drains */

#define NV_FILTER_BITS                                                                                                 \
    (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |                         \
     NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)

/* A frame that found no free slot. */
typedef struct _WAITING_FRAME {
    LIST_ENTRY Link;
    UINT Length;
    UCHAR Frame[NV_MAXIMUM_FRAME];
} WAITING_FRAME;

/* A receive slot: a packet, its buffer and the memory that describes. The packet's MiniportReserved points back. */
typedef struct _SLOT {
    LIST_ENTRY Link;
    PNDIS_PACKET Packet;
    PNDIS_BUFFER Buffer;
    WAITING_FRAME* Waiting; /* the frame is still there; or NULL */
    BOOLEAN Generated;      /* the frame is still to be made, with this number */
    ULONG Sequence;
    UINT Length; /* of the frame */
    UCHAR Frame[NV_MAXIMUM_FRAME];
} SLOT;
#define NV_SLOT(packet) (*(SLOT**)(PVOID)(packet)->MiniportReserved)

/* Frames. Exact: each one is counted where its fate is decided, under the port's lock. */
typedef struct _STATISTICS {
    ULONGLONG XmitOk;
    ULONGLONG XmitError;
    ULONGLONG RcvOk;
    ULONGLONG RcvNoBuffer;
} STATISTICS;

typedef struct _PORT {
    LIST_ENTRY Link; /* in the hub, guarded by its lock */

    /* Constant once initialized. */
    NDIS_HANDLE MiniportHandle;
    NDIS_HANDLE PacketPool;
    NDIS_HANDLE BufferPool;
    SLOT* Slots;
    UINT SlotCount;
    UINT LendLimit; /* so many packets may be lent; further ones are indicated with status RESOURCES */
    UINT BacklogLimit;
    UINT GeneratedLength;
    BOOLEAN Reflect;
    UCHAR PermanentAddress[ETH_LENGTH_OF_ADDRESS];
    UCHAR Address[ETH_LENGTH_OF_ADDRESS];

    NDIS_MINIPORT_TIMER Timer;

    NDIS_SPIN_LOCK Lock;

    /* Guarded by Lock. */
    BOOLEAN Removed; /* halting, or the device is gone */
    NDIS_DEVICE_POWER_STATE Power;
    ULONG PacketFilter;
    ULONG Lookahead;
    UINT MulticastCount;
    UCHAR Multicast[NV_MULTICAST_LIST][ETH_LENGTH_OF_ADDRESS];
    STATISTICS Statistics;

    /* Guarded by Lock: each slot is free, being filled, ready, in an indication, or lent. */
    LIST_ENTRY Free;
    LIST_ENTRY Ready; /* filled, to be indicated, oldest first */
    UINT Lent;
    LIST_ENTRY Backlog; /* newer than everything in Ready */
    UINT BacklogCount;  /* counts frames that are being copied to go there as well */
    ULONG ToGenerate;
    ULONG Sequence;

    /* Guarded by Lock: the timer is set while there is work, and its function runs once at a time. */
    BOOLEAN TimerSet;
    BOOLEAN TimerRunning;
} PORT;

/* Each file puts its handlers into the characteristics. */
VOID NvOidHandlers(PNDIS_MINIPORT_CHARACTERISTICS Characteristics);
VOID NvHubHandlers(PNDIS_MINIPORT_CHARACTERISTICS Characteristics);
VOID NvReceiveHandlers(PNDIS_MINIPORT_CHARACTERISTICS Characteristics);

/* hub.c */
VOID NvInitializeHub(VOID);
VOID NvAttach(PORT* Port);
/* Afterwards no other port reaches this one. */
VOID NvDetach(PORT* Port);
/* Copies the first bytes of a packet, at most Length; returns how many. */
UINT NvCopyFromPacket(PNDIS_PACKET Packet, PUCHAR To, UINT Length);

/* receive.c. PASSIVE_LEVEL, except where said. */
NDIS_STATUS NvStartReceiver(PORT* Port);
/* The port is detached. Returns when every packet is back and the timer is dead. */
VOID NvStopReceiver(PORT* Port);
/* Gives the port a frame to receive, if it accepts it. DISPATCH_LEVEL; Header is the first 14 bytes of the packet. */
VOID NvDeliver(PORT* Port, PNDIS_PACKET Packet, const UCHAR* Header, UINT Length);
/* Sets the timer if there is something to do. The port's lock is held. */
VOID NvWakeReceiver(PORT* Port);

#endif
