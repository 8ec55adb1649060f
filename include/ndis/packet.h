/* NDIS 5.x packet descriptors and their pools.
 *
 * A packet describes one network packet: a chain of buffer descriptors, flags, and behind the visible structure
 * out-of-band data and per-packet information, both reached through macros only. Every packet comes from a
 * packet pool; nobody makes one by hand. NDIS keeps more than is declared here in front of each packet. Where
 * Windows has a macro and a function of one name, both exist here too; write (NdisX)(...) to get the function.
 * What needs a binding or an adapter (NdisSend, NdisReturnPackets, ...) is in protocol.h and miniport.h.
 */
#ifndef NDIS_PACKET_H
#define NDIS_PACKET_H

#include "buffer.h"
#include "status.h"

/* ---- Structures ---- */

typedef NDIS_HANDLE PNDIS_PACKET_POOL;

/* NDIS's part of a packet; drivers use the macros and functions below. */
typedef struct _NDIS_PACKET_PRIVATE {
    UINT PhysicalCount;         /* cached: pages the chain touches */
    UINT TotalLength;           /* cached: bytes of the chain */
    PNDIS_BUFFER Head;          /* NULL: no buffer */
    PNDIS_BUFFER Tail;          /* means nothing when Head is NULL */
    PNDIS_PACKET_POOL Pool;     /* handle of the pool the packet is from */
    UINT Count;                 /* cached: descriptors of the chain */
    ULONG Flags;                /* NDIS_FLAGS_... and the protocol id */
    BOOLEAN ValidCounts;        /* the three cached counts can be used */
    UCHAR NdisPacketFlags;      /* fPACKET_... */
    USHORT NdisPacketOobOffset; /* bytes from the packet to its out-of-band data */
} NDIS_PACKET_PRIVATE, *PNDIS_PACKET_PRIVATE;

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET_PRIVATE) == 48, "Win64 NDIS_PACKET_PRIVATE");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET_PRIVATE, PhysicalCount) == 0 && offsetof(NDIS_PACKET_PRIVATE, TotalLength) == 4,
                   "NdisQueryPacket is compiled into drivers");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET_PRIVATE, Head) == 8 && offsetof(NDIS_PACKET_PRIVATE, Tail) == 16,
                   "chain macros are compiled into drivers");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET_PRIVATE, Pool) == 24, "drivers compare it with their handle in place");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET_PRIVATE, Count) == 32 && offsetof(NDIS_PACKET_PRIVATE, Flags) == 36,
                   "flag macros are compiled into drivers");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET_PRIVATE, ValidCounts) == 40 &&
                       offsetof(NDIS_PACKET_PRIVATE, NdisPacketFlags) == 41 &&
                       offsetof(NDIS_PACKET_PRIVATE, NdisPacketOobOffset) == 42,
                   "out-of-band macros are compiled into drivers");

typedef struct _NDIS_PACKET {
    NDIS_PACKET_PRIVATE Private;
    __extension__ union {
        __extension__ struct { /* serialized miniports and intermediate drivers */
            UCHAR MiniportReserved[2 * sizeof(PVOID)];
            UCHAR WrapperReserved[2 * sizeof(PVOID)]; /* NDIS */
        };
        __extension__ struct { /* deserialized and connection-oriented miniports */
            UCHAR MiniportReservedEx[3 * sizeof(PVOID)];
            UCHAR WrapperReservedEx[sizeof(PVOID)]; /* NDIS */
        };
        __extension__ struct { /* full NIC drivers of old */
            UCHAR MacReserved[4 * sizeof(PVOID)];
        };
    };
    ULONG_PTR Reserved[2];     /* the documentation disagrees about its owner: nobody uses it */
    UCHAR ProtocolReserved[1]; /* as many bytes as the pool was made with; the owner of the packet's upper edge */
} NDIS_PACKET, *PNDIS_PACKET, **PPNDIS_PACKET;

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET) == 104, "Win64 NDIS_PACKET with its 7 bytes of padding");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET, MiniportReserved) == 48 && offsetof(NDIS_PACKET, WrapperReserved) == 64,
                   "Win64 NDIS_PACKET");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET, MiniportReservedEx) == 48 && offsetof(NDIS_PACKET, WrapperReservedEx) == 72,
                   "Win64 NDIS_PACKET");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET, MacReserved) == 48 && offsetof(NDIS_PACKET, Reserved) == 80,
                   "Win64 NDIS_PACKET");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET, ProtocolReserved) == 96,
                   "drivers overlay a structure with pointers here: 8-aligned");

/* Out-of-band data. Times are 100 ns since 1601-01-01. */
typedef struct _NDIS_PACKET_OOB_DATA {
    __extension__ union {
        ULONGLONG TimeToSend;
        ULONGLONG TimeSent;
    };
    ULONGLONG TimeReceived;
    UINT HeaderSize; /* bytes of media header in the first buffer */
    UINT SizeMediaSpecificInfo;
    PVOID MediaSpecificInformation;
    NDIS_STATUS Status;
} NDIS_PACKET_OOB_DATA, *PNDIS_PACKET_OOB_DATA;

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET_OOB_DATA) == 40, "the per-packet information follows at once");
NDIS_STATIC_ASSERT(offsetof(NDIS_PACKET_OOB_DATA, TimeReceived) == 8 &&
                       offsetof(NDIS_PACKET_OOB_DATA, HeaderSize) == 16 &&
                       offsetof(NDIS_PACKET_OOB_DATA, SizeMediaSpecificInfo) == 20 &&
                       offsetof(NDIS_PACKET_OOB_DATA, MediaSpecificInformation) == 24 &&
                       offsetof(NDIS_PACKET_OOB_DATA, Status) == 32,
                   "out-of-band macros are compiled into drivers");

/* Slots of the per-packet information. "By value" means the value itself is in the pointer-sized slot, its
 * upper bytes 0. */
typedef enum _NDIS_PER_PACKET_INFO {
    TcpIpChecksumPacketInfo,        /* NDIS_TCP_IP_CHECKSUM_PACKET_INFO by value */
    IpSecPacketInfo,                /* pointer to NDIS_IPSEC_PACKET_INFO */
    TcpLargeSendPacketInfo,         /* ULONG by value: segment size down, bytes sent up */
    ClassificationHandlePacketInfo, /* handle */
    NdisReserved,
    ScatterGatherListPacketInfo, /* pointer to the list NDIS built */
    Ieee8021QInfo,               /* NDIS_PACKET_8021Q_INFO by value */
    OriginalPacketInfo,          /* PNDIS_PACKET */
    PacketCancelId,              /* cancel id by value */
    OriginalNetBufferList,       /* the last three are NDIS 6's */
    CachedNetBufferList,
    ShortPacketPaddingInfo,
    MaxPerPacketInfo
} NDIS_PER_PACKET_INFO,
    *PNDIS_PER_PACKET_INFO;

#define HeaderIndexInfo NdisReserved    /* older names of the same slots */
#define Ieee8021pPriority Ieee8021QInfo /* NDIS 5.0 and Windows CE: a UINT priority by value */

typedef struct _NDIS_PACKET_EXTENSION {
    PVOID NdisPacketInfo[MaxPerPacketInfo];
} NDIS_PACKET_EXTENSION, *PNDIS_PACKET_EXTENSION;

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET_EXTENSION) == 96, "12 slots; drivers of 9-slot headers use the first 9");

/* One level of packet stacking. IMReserved belongs to the intermediate driver that holds the level. */
typedef struct _NDIS_PACKET_STACK {
    ULONG_PTR IMReserved[2];
    ULONG_PTR NdisReserved[4];
} NDIS_PACKET_STACK, *PNDIS_PACKET_STACK;

NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET_STACK) == 48 && offsetof(NDIS_PACKET_STACK, NdisReserved) == 16,
                   "Win64 NDIS_PACKET_STACK");

/* Formats of the slots. */
typedef struct _NDIS_TCP_IP_CHECKSUM_PACKET_INFO {
    __extension__ union {
        struct {
            ULONG NdisPacketChecksumV4 : 1;
            ULONG NdisPacketChecksumV6 : 1;
            ULONG NdisPacketTcpChecksum : 1;
            ULONG NdisPacketUdpChecksum : 1;
            ULONG NdisPacketIpChecksum : 1;
        } Transmit;
        struct {
            ULONG NdisPacketTcpChecksumFailed : 1;
            ULONG NdisPacketUdpChecksumFailed : 1;
            ULONG NdisPacketIpChecksumFailed : 1;
            ULONG NdisPacketTcpChecksumSucceeded : 1;
            ULONG NdisPacketUdpChecksumSucceeded : 1;
            ULONG NdisPacketIpChecksumSucceeded : 1;
            ULONG NdisPacketLoopback : 1;
        } Receive;
        ULONG Value;
    };
} NDIS_TCP_IP_CHECKSUM_PACKET_INFO, *PNDIS_TCP_IP_CHECKSUM_PACKET_INFO;

typedef struct _NDIS_PACKET_8021Q_INFO {
    __extension__ union {
        struct {
            UINT UserPriority : 3;
            UINT CanonicalFormatId : 1;
            UINT VlanId : 12;
            UINT Reserved : 16;
        } TagHeader;
        PVOID Value;
    };
} NDIS_PACKET_8021Q_INFO, *PNDIS_PACKET_8021Q_INFO;

typedef struct _NDIS_IPSEC_PACKET_INFO {
    __extension__ union {
        struct {
            NDIS_HANDLE OffloadHandle;
            NDIS_HANDLE NextOffloadHandle;
        } Transmit;
        struct {
            ULONG SA_DELETE_REQ : 1;
            ULONG CRYPTO_DONE : 1;
            ULONG NEXT_CRYPTO_DONE : 1;
            ULONG CryptoStatus;
        } Receive;
    };
} NDIS_IPSEC_PACKET_INFO, *PNDIS_IPSEC_PACKET_INFO;

NDIS_STATIC_ASSERT(sizeof(NDIS_TCP_IP_CHECKSUM_PACKET_INFO) == 4, "kept by value in a slot");
NDIS_STATIC_ASSERT(sizeof(NDIS_PACKET_8021Q_INFO) == sizeof(PVOID), "kept by value in a slot");
NDIS_STATIC_ASSERT(sizeof(NDIS_IPSEC_PACKET_INFO) == 16, "Win64 NDIS_IPSEC_PACKET_INFO");

/* Media-specific information is a chain of these; NextEntryOffset is in bytes, 0 in the last. */
typedef enum _NDIS_CLASS_ID {
    NdisClass802_3Priority,
    NdisClassWirelessWanMbxMailbox,
    NdisClassIrdaPacketInfo,
    NdisClassAtmAALInfo
} NDIS_CLASS_ID;

typedef struct _MEDIA_SPECIFIC_INFORMATION {
    UINT NextEntryOffset;
    NDIS_CLASS_ID ClassId;
    UINT Size; /* bytes of ClassInformation */
    UCHAR ClassInformation[1];
} MEDIA_SPECIFIC_INFORMATION, *PMEDIA_SPECIFIC_INFORMATION;

NDIS_STATIC_ASSERT(sizeof(MEDIA_SPECIFIC_INFORMATION) == 16 &&
                       offsetof(MEDIA_SPECIFIC_INFORMATION, ClassInformation) == 12,
                   "the entries travel between drivers");

/* ---- Constants ---- */

/* Private.Flags */
#define NDIS_FLAGS_PROTOCOL_ID_MASK 0x0000000F
#define NDIS_FLAGS_MULTICAST_PACKET 0x00000010
#define NDIS_FLAGS_RESERVED2 0x00000020
#define NDIS_FLAGS_RESERVED3 0x00000040
#define NDIS_FLAGS_DONT_LOOPBACK 0x00000080
#define NDIS_FLAGS_IS_LOOPBACK_PACKET 0x00000100
#define NDIS_FLAGS_LOOPBACK_ONLY 0x00000200
#define NDIS_FLAGS_RESERVED4 0x00000400
#define NDIS_FLAGS_DOUBLE_BUFFERED 0x00000800
#define NDIS_FLAGS_SENT_AT_DPC 0x00001000
#define NDIS_FLAGS_USES_SG_BUFFER_LIST 0x00002000
#define NDIS_FLAGS_USES_ORIGINAL_PACKET 0x00004000
#define NDIS_FLAGS_PADDED 0x00010000
#define NDIS_FLAGS_XLATE_AT_TOP 0x00020000

/* Private.NdisPacketFlags */
#define fPACKET_WRAPPER_RESERVED 0x3F
#define fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO 0x40
#define fPACKET_ALLOCATED_BY_NDIS 0x80

/* Ids for NdisSetPacketPoolProtocolId. */
#define NDIS_PROTOCOL_ID_DEFAULT 0x00
#define NDIS_PROTOCOL_ID_TCP_IP 0x02
#define NDIS_PROTOCOL_ID_IPX 0x06
#define NDIS_PROTOCOL_ID_NBF 0x07
#define NDIS_PROTOCOL_ID_MAX 0x0F
#define NDIS_PROTOCOL_ID_MASK 0x0F

/* Bytes of ProtocolReserved that a receiving protocol may use in an indicated packet. */
#define PROTOCOL_RESERVED_SIZE_IN_PACKET (4 * sizeof(PVOID))

/* What a Windows transport leaves in the handle variable before it makes a pool. */
#define NDIS_PACKET_POOL_TAG_FOR_NWLNKIPX 0x6950444E
#define NDIS_PACKET_POOL_TAG_FOR_NWLNKSPX 0x7350444E
#define NDIS_PACKET_POOL_TAG_FOR_NWLNKNB 0x6E50444E
#define NDIS_PACKET_POOL_TAG_FOR_TCPIP 0x7450444E
#define NDIS_PACKET_POOL_TAG_FOR_NBF 0x6250444E
#define NDIS_PACKET_POOL_TAG_FOR_APPLETALK 0x6150444E

NDIS_BEGIN_DECLS

/* ---- Packet pools ---- */

/* Makes a pool of packets: NumberOfDescriptors for normal load, and NumberOfOverflowDescriptors more for peaks.
 *   Status                       NDIS_STATUS_SUCCESS; NDIS_STATUS_RESOURCES: no memory, NumberOfDescriptors
 *                                above 0xFFFF, or ProtocolReservedLength above 65432. The caller may retry with
 *                                fewer.
 *   PoolHandle                   the handle; NULL on failure. Its content before the call is not looked at.
 *   NumberOfDescriptors          their memory is reserved now; 0 to 0xFFFF
 *   NumberOfOverflowDescriptors  taken from the system only while the others are all out, given back when
 *                                freed; cut down without an error so that both numbers together are at most
 *                                0xFFFF
 *   ProtocolReservedLength       bytes of ProtocolReserved in each packet. Packets to be indicated up need
 *                                PROTOCOL_RESERVED_SIZE_IN_PACKET.
 * <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisAllocatePacketPoolEx (Windows CE .NET, Windows XP DDK). */
NDISAPI VOID NTAPI NdisAllocatePacketPoolEx(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE PoolHandle,
                                            IN UINT NumberOfDescriptors, IN UINT NumberOfOverflowDescriptors,
                                            IN UINT ProtocolReservedLength);

/* The same without overflow: NumberOfDescriptors is a hard limit. <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisAllocatePacketPool (Windows XP DDK). */
NDISAPI VOID NTAPI NdisAllocatePacketPool(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE PoolHandle,
                                          IN UINT NumberOfDescriptors, IN UINT ProtocolReservedLength);

/* Releases a pool made by either function. Every packet is to be freed before; NdisPacketPoolUsage tells. If
 * some are out all the same, no further packet is given, the pool is reported, and its memory goes when the
 * last packet is freed. The handle is dead for the caller from the call on. No other call with this handle may
 * be in progress. NULL is ignored. <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisFreePacketPool (Windows 2000 DDK). */
NDISAPI VOID NTAPI NdisFreePacketPool(IN NDIS_HANDLE PoolHandle);

/* How many packets of the pool are allocated, overflow included: 0 to 0xFFFF. True at an instant during the
 * call; once all frees have returned, 0 in every thread. 0 for what is not a pool. <= DISPATCH_LEVEL.
 * Documentation: NdisPacketPoolUsage (Windows CE .NET, Windows XP DDK). */
NDISAPI UINT NTAPI NdisPacketPoolUsage(IN NDIS_HANDLE PoolHandle);

/* Bytes from a packet to the end of its per-packet information, for a pool made with this many bytes of
 * ProtocolReserved. Depends on nothing else. <= DISPATCH_LEVEL.
 * Documentation: NdisPacketSize (Windows XP DDK). */
NDISAPI UINT NTAPI NdisPacketSize(IN UINT ProtocolReservedSize);

/* Every packet allocated from now on carries ProtocolId (NDIS_PROTOCOL_ID_..., 0 to NDIS_PROTOCOL_ID_MAX; more
 * is masked) in its flags. To be called before the first packet is allocated. <= DISPATCH_LEVEL.
 * Documentation: NdisSetPacketPoolProtocolId (Windows XP DDK). */
NDISAPI VOID NTAPI NdisSetPacketPoolProtocolId(IN NDIS_HANDLE PacketPoolHandle, IN UINT ProtocolId);

/* The handle of the pool a packet is from, bit for bit. An intermediate driver compares it with its own.
 * <= DISPATCH_LEVEL.
 * Documentation: NdisGetPoolFromPacket (Windows XP DDK). */
NDISAPI NDIS_HANDLE NTAPI NdisGetPoolFromPacket(IN PNDIS_PACKET Packet);

/* ---- Packets ---- */

/* Takes a packet from a pool. All of it is zero (ProtocolReserved, out-of-band data, per-packet information and
 * stack locations included) but its pool, its protocol id, fPACKET_ALLOCATED_BY_NDIS and the out-of-band
 * offset.
 *   Status      NDIS_STATUS_SUCCESS; NDIS_STATUS_RESOURCES: all are out, no memory for one more overflow
 *               packet, or PoolHandle is not a pool
 *   Packet      the packet; NULL on failure
 * Any thread, <= DISPATCH_LEVEL.
 * Documentation: NdisAllocatePacket (Windows CE .NET, NT 4.0 DDK). */
NDISAPI VOID NTAPI NdisAllocatePacket(OUT PNDIS_STATUS Status, OUT PNDIS_PACKET* Packet, IN NDIS_HANDLE PoolHandle);

/* The same for a caller at DISPATCH_LEVEL.
 * Documentation: NdisDprAllocatePacket (Windows XP DDK). */
NDISAPI VOID NTAPI NdisDprAllocatePacket(OUT PNDIS_STATUS Status, OUT PNDIS_PACKET* Packet, IN NDIS_HANDLE PoolHandle);

/* The same for a caller at DISPATCH_LEVEL that serialises all use of the pool itself; free what it gives with
 * NdisDprFreePacketNonInterlocked. Here it is as safe as the others.
 * Documentation: NdisDprAllocatePacketNonInterlocked (Windows XP DDK). */
NDISAPI VOID NTAPI NdisDprAllocatePacketNonInterlocked(OUT PNDIS_STATUS Status, OUT PNDIS_PACKET* Packet,
                                                       IN NDIS_HANDLE PoolHandle);

/* Gives a packet back to its pool. Its buffers are not freed: unchain them before, or keep pointers to them.
 * What is not out of a pool (freed before, not from a pool) is ignored and reported. Any thread,
 * <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisFreePacket (Windows 2000 DDK, Windows XP DDK). */
NDISAPI VOID NTAPI NdisFreePacket(IN PNDIS_PACKET Packet);

/* The same for a caller at DISPATCH_LEVEL.
 * Documentation: NdisDprFreePacket (Windows XP DDK). */
NDISAPI VOID NTAPI NdisDprFreePacket(IN PNDIS_PACKET Packet);

/* The same for packets of NdisDprAllocatePacketNonInterlocked, with the caller's lock of the pool held.
 * DISPATCH_LEVEL.
 * Documentation: NdisDprFreePacketNonInterlocked (NT 4.0 DDK). */
NDISAPI VOID NTAPI NdisDprFreePacketNonInterlocked(IN PNDIS_PACKET Packet);

/* Prepares a packet of the caller's own for another use: it has no buffers and no valid counts any more. All
 * else stays, the reserved arrays, the flags and the out-of-band data included. Unchain buffers before.
 * Any IRQL.
 * Documentation: NdisReinitializePacket (Windows XP DDK). */
FORCEINLINE VOID NdisReinitializePacket(IN OUT PNDIS_PACKET Packet) {
    Packet->Private.Head = NULL;
    Packet->Private.ValidCounts = FALSE;
}

/* The location of the packet's current level of stacking, for the intermediate driver that handles the packet
 * now. The same answer however often it is asked.
 *   StacksRemaining  TRUE: the packet itself may be passed on; FALSE (and NULL is returned): no location is
 *                    left, use a packet of an own pool
 * In send and receive handlers, <= DISPATCH_LEVEL.
 * Documentation: NdisIMGetCurrentPacketStack (Windows XP DDK). */
NDISAPI PNDIS_PACKET_STACK NTAPI NdisIMGetCurrentPacketStack(IN PNDIS_PACKET Packet, OUT BOOLEAN* StacksRemaining);

/* ---- Buffers of a packet ---- */

/* Chain Buffer, which may be the first of a chain, in front of or behind what the packet has. Counts become
 * invalid. Any IRQL; the caller is the packet's only user.
 * Documentation: NdisChainBufferAtFront, NdisChainBufferAtBack (Windows XP DDK). */
FORCEINLINE VOID NdisChainBufferAtFront(IN OUT PNDIS_PACKET Packet, IN OUT PNDIS_BUFFER Buffer) {
    PNDIS_BUFFER last = Buffer;
    while (last->Next != NULL)
        last = last->Next;
    if (Packet->Private.Head == NULL)
        Packet->Private.Tail = last;
    last->Next = Packet->Private.Head;
    Packet->Private.Head = Buffer;
    Packet->Private.ValidCounts = FALSE;
}

FORCEINLINE VOID NdisChainBufferAtBack(IN OUT PNDIS_PACKET Packet, IN OUT PNDIS_BUFFER Buffer) {
    PNDIS_BUFFER last = Buffer;
    while (last->Next != NULL)
        last = last->Next;
    if (Packet->Private.Head != NULL)
        Packet->Private.Tail->Next = Buffer;
    else
        Packet->Private.Head = Buffer;
    Packet->Private.Tail = last;
    Packet->Private.ValidCounts = FALSE;
}

/* Take the first or the last descriptor off the packet: *Buffer, its Next NULL; NULL from an empty packet.
 * Counts become invalid. Any IRQL; the caller is the packet's only user.
 * Documentation: NdisUnchainBufferAtFront, NdisUnchainBufferAtBack (Windows XP DDK). */
NDISAPI VOID NTAPI NdisUnchainBufferAtFront(IN OUT PNDIS_PACKET Packet, OUT PNDIS_BUFFER* Buffer);
NDISAPI VOID NTAPI NdisUnchainBufferAtBack(IN OUT PNDIS_PACKET Packet, OUT PNDIS_BUFFER* Buffer);

/* Counts of a packet's chain; any OUT parameter may be NULL.
 *   PhysicalBufferCount  pages the descriptors touch
 *   BufferCount          descriptors
 *   FirstBuffer          NULL for an empty chain
 *   TotalPacketLength    bytes
 * Counts are computed and cached unless the packet has valid ones, so this writes to the packet; several
 * receivers of one packet may do it at once. Any IRQL.
 * Documentation: NdisQueryPacket (NT 4.0 DDK, Windows CE .NET). */
FORCEINLINE VOID NdisQueryPacket(IN PNDIS_PACKET Packet, OUT PUINT PhysicalBufferCount OPTIONAL,
                                 OUT PUINT BufferCount OPTIONAL, OUT PNDIS_BUFFER* FirstBuffer OPTIONAL,
                                 OUT PUINT TotalPacketLength OPTIONAL) {
    NDIS_PACKET_PRIVATE* own = &Packet->Private;
    if (FirstBuffer != NULL)
        *FirstBuffer = own->Head;
    if (PhysicalBufferCount == NULL && BufferCount == NULL && TotalPacketLength == NULL)
        return;
    /* Acquire: pairs with the release below, so that who sees TRUE sees the counts another receiver stored. */
    if (!__atomic_load_n(&own->ValidCounts, __ATOMIC_ACQUIRE)) {
        UINT pages = 0, count = 0, bytes = 0;
        const NDIS_BUFFER* buffer = own->Head;
        for (; buffer != NULL; buffer = buffer->Next) {
            pages += NDIS_BUFFER_TO_SPAN_PAGES(buffer);
            bytes += MmGetMdlByteCount(buffer);
            ++count;
        }
        /* Relaxed: every receiver stores the same values. */
        __atomic_store_n(&own->PhysicalCount, pages, __ATOMIC_RELAXED);
        __atomic_store_n(&own->TotalLength, bytes, __ATOMIC_RELAXED);
        __atomic_store_n(&own->Count, count, __ATOMIC_RELAXED);
        __atomic_store_n(&own->ValidCounts, TRUE, __ATOMIC_RELEASE);
    }
    if (PhysicalBufferCount != NULL)
        *PhysicalBufferCount = __atomic_load_n(&own->PhysicalCount, __ATOMIC_RELAXED);
    if (BufferCount != NULL)
        *BufferCount = __atomic_load_n(&own->Count, __ATOMIC_RELAXED);
    if (TotalPacketLength != NULL)
        *TotalPacketLength = __atomic_load_n(&own->TotalLength, __ATOMIC_RELAXED);
}

/* Bytes of a packet's chain; the cached value when it is valid. Any IRQL.
 * Documentation: NdisQueryPacketLength (Windows XP DDK). */
FORCEINLINE VOID NdisQueryPacketLength(IN PNDIS_PACKET Packet, OUT PUINT TotalPacketLength) {
    NdisQueryPacket(Packet, NULL, NULL, NULL, TotalPacketLength);
}

/* Makes Tail the last descriptor of the chain that starts at Head, and the counts invalid, after a driver
 * changed the chain by hand. The Tail of an empty packet stays. Any IRQL.
 * Documentation: NdisRecalculatePacketCounts (Windows XP DDK). */
FORCEINLINE VOID NdisRecalculatePacketCounts(IN OUT PNDIS_PACKET Packet) {
    PNDIS_BUFFER last = Packet->Private.Head;
    if (last != NULL) {
        while (last->Next != NULL)
            last = last->Next;
        Packet->Private.Tail = last;
    }
    Packet->Private.ValidCounts = FALSE;
}

/* Head, Tail and ValidCounts as lvalues, for drivers that change the chain by hand: store FALSE to the third
 * afterwards.
 * Documentation: NDIS_PACKET_FIRST_NDIS_BUFFER, NDIS_PACKET_LAST_NDIS_BUFFER, NDIS_PACKET_VALID_COUNTS (Windows
 * XP DDK). */
#define NDIS_PACKET_FIRST_NDIS_BUFFER(packet) ((packet)->Private.Head)
#define NDIS_PACKET_LAST_NDIS_BUFFER(packet) ((packet)->Private.Tail)
#define NDIS_PACKET_VALID_COUNTS(packet) ((packet)->Private.ValidCounts)

/* First descriptor of a packet, its address and length, and the length of the whole chain, both in bytes.
 * Always walks the chain and leaves cached counts alone. For an empty packet NULL, NULL, 0, 0. The first form
 * bug-checks where memory cannot be mapped, so an NDIS 5.1 driver uses the Safe form, which stores NULL as the
 * address then (Priority as in NdisQueryBufferSafe). <= DISPATCH_LEVEL.
 * Documentation: NdisGetFirstBufferFromPacket (Windows XP DDK), NdisGetFirstBufferFromPacketSafe (Windows CE
 * .NET). */
NDISAPI VOID NTAPI NdisGetFirstBufferFromPacket(IN PNDIS_PACKET Packet, OUT PNDIS_BUFFER* FirstBuffer,
                                                OUT PVOID* FirstBufferVA, OUT PUINT FirstBufferLength,
                                                OUT PUINT TotalBufferLength);
#define NdisGetFirstBufferFromPacket(packet, first, address, bytes, total)                                             \
    (NdisGetFirstBufferFromPacket)((packet), (first), (PVOID*)(address), (bytes), (total))
NDISAPI VOID NTAPI NdisGetFirstBufferFromPacketSafe(IN PNDIS_PACKET Packet, OUT PNDIS_BUFFER* FirstBuffer,
                                                    OUT PVOID* FirstBufferVA, OUT PUINT FirstBufferLength,
                                                    OUT PUINT TotalBufferLength, IN MM_PAGE_PRIORITY Priority);
#define NdisGetFirstBufferFromPacketSafe(packet, first, address, bytes, total, priority)                               \
    (NdisGetFirstBufferFromPacketSafe)((packet), (first), (PVOID*)(address), (bytes), (total), (priority))

/* Copies bytes of one packet's buffers into another's; nothing but bytes. The chains may lie in the same
 * memory.
 *   DestinationOffset, SourceOffset  bytes from the start of each chain, wherever in it that is
 *   BytesToCopy                      bytes wanted
 *   BytesCopied                      bytes copied: fewer when the source ends, the destination is full, an
 *                                    offset is past the end, or (Safe form) memory could not be mapped
 * <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisCopyFromPacketToPacket (Windows CE .NET), NdisCopyFromPacketToPacketSafe (Windows XP DDK). */
NDISAPI VOID NTAPI NdisCopyFromPacketToPacket(IN PNDIS_PACKET Destination, IN UINT DestinationOffset,
                                              IN UINT BytesToCopy, IN PNDIS_PACKET Source, IN UINT SourceOffset,
                                              OUT PUINT BytesCopied);
NDISAPI VOID NTAPI NdisCopyFromPacketToPacketSafe(IN PNDIS_PACKET Destination, IN UINT DestinationOffset,
                                                  IN UINT BytesToCopy, IN PNDIS_PACKET Source, IN UINT SourceOffset,
                                                  OUT PUINT BytesCopied, IN MM_PAGE_PRIORITY Priority);

/* ---- Flags ---- */

/* Private.Flags: read; OR into; AND with the complement; the last two are the old names, and NdisSetSendFlags
 * assigns: it destroys the protocol id. <= DISPATCH_LEVEL.
 * Documentation: NdisGetPacketFlags, NdisSetPacketFlags, NdisClearPacketFlags (Windows XP DDK). */
#define NdisGetPacketFlags(packet) ((packet)->Private.Flags)
#define NdisSetPacketFlags(packet, flags) ((VOID)((packet)->Private.Flags |= (ULONG)(flags)))
#define NdisClearPacketFlags(packet, flags) ((VOID)((packet)->Private.Flags &= ~(ULONG)(flags)))
#define NdisSetSendFlags(packet, flags) ((VOID)((packet)->Private.Flags = (ULONG)(flags)))
#define NdisQuerySendFlags(packet, flags) ((VOID)(*(flags) = (packet)->Private.Flags))

/* The id NdisSetPacketPoolProtocolId gave the packet's pool. <= DISPATCH_LEVEL.
 * Documentation: NDIS_GET_PACKET_PROTOCOL_TYPE (Windows XP DDK). */
#define NDIS_GET_PACKET_PROTOCOL_TYPE(packet) ((packet)->Private.Flags & NDIS_PROTOCOL_ID_MASK)

/* ---- Out-of-band data. <= DISPATCH_LEVEL. Documentation: Packet Out-of-Band Data (Windows XP DDK). ---- */

FORCEINLINE PNDIS_PACKET_OOB_DATA NdispOobData(PNDIS_PACKET Packet) {
    return (PNDIS_PACKET_OOB_DATA)(void*)((PUCHAR)Packet + Packet->Private.NdisPacketOobOffset);
}
#define NDIS_OOB_DATA_FROM_PACKET(packet) (NdispOobData(packet))

#define NDIS_GET_PACKET_STATUS(packet) (NdispOobData(packet)->Status)
#define NDIS_SET_PACKET_STATUS(packet, status) ((VOID)(NdispOobData(packet)->Status = (status)))
#define NDIS_GET_PACKET_HEADER_SIZE(packet) (NdispOobData(packet)->HeaderSize)
#define NDIS_SET_PACKET_HEADER_SIZE(packet, bytes) ((VOID)(NdispOobData(packet)->HeaderSize = (bytes)))
#define NDIS_GET_PACKET_TIME_TO_SEND(packet) (NdispOobData(packet)->TimeToSend)
#define NDIS_SET_PACKET_TIME_TO_SEND(packet, time) ((VOID)(NdispOobData(packet)->TimeToSend = (ULONGLONG)(time)))
#define NDIS_GET_PACKET_TIME_SENT(packet) (NdispOobData(packet)->TimeSent)
#define NDIS_SET_PACKET_TIME_SENT(packet, time) ((VOID)(NdispOobData(packet)->TimeSent = (ULONGLONG)(time)))
#define NDIS_GET_PACKET_TIME_RECEIVED(packet) (NdispOobData(packet)->TimeReceived)
#define NDIS_SET_PACKET_TIME_RECEIVED(packet, time) ((VOID)(NdispOobData(packet)->TimeReceived = (ULONGLONG)(time)))

/* As NDIS_SET_PACKET_STATUS; Handle and Code only name the place for a debugger and are not used.
 * No documentation page: the name is in the import library. */
NDISAPI VOID NTAPI NdisSetPacketStatus(IN PNDIS_PACKET Packet, IN NDIS_STATUS Status, IN NDIS_HANDLE Handle,
                                       IN ULONG Code);

/* Pointer to and size (bytes) of media-specific information; NULL and 0 unless the packet has some.
 * Documentation: NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO (NT 4.0 DDK). */
FORCEINLINE VOID NdispGetMediaSpecificInfo(PNDIS_PACKET Packet, PVOID* Information, PUINT Size) {
    const UCHAR both = fPACKET_ALLOCATED_BY_NDIS | fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO;
    const BOOLEAN present = (Packet->Private.NdisPacketFlags & both) == both;
    *Information = present ? NdispOobData(Packet)->MediaSpecificInformation : NULL;
    *Size = present ? NdispOobData(Packet)->SizeMediaSpecificInfo : 0;
}
#define NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, information, bytes)                                                \
    NdispGetMediaSpecificInfo((packet), (PVOID*)(information), (bytes))

/* Gives the packet media-specific information; nothing happens to a packet without fPACKET_ALLOCATED_BY_NDIS.
 * Information is not NULL and Size (bytes) not 0. There is no call that takes it away again.
 * Documentation: NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO (NT 4.0 DDK, Windows CE .NET). */
FORCEINLINE VOID NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(IN OUT PNDIS_PACKET Packet, IN PVOID Information, IN UINT Size) {
    if ((Packet->Private.NdisPacketFlags & fPACKET_ALLOCATED_BY_NDIS) == 0)
        return;
    Packet->Private.NdisPacketFlags |= fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO;
    NdispOobData(Packet)->MediaSpecificInformation = Information;
    NdispOobData(Packet)->SizeMediaSpecificInfo = Size;
}

/* ---- Per-packet information. <= DISPATCH_LEVEL ---- */

/* The array of slots, and one slot (an lvalue, NDIS_PER_PACKET_INFO names it).
 * Documentation: NDIS_PACKET_EXTENSION, NDIS_PER_PACKET_INFO_FROM_PACKET (Windows XP DDK). */
FORCEINLINE PNDIS_PACKET_EXTENSION NdispPacketExtension(PNDIS_PACKET Packet) {
    return (PNDIS_PACKET_EXTENSION)(void*)(NdispOobData(Packet) + 1);
}
#define NDIS_PACKET_EXTENSION_FROM_PACKET(packet) (NdispPacketExtension(packet))
#define NDIS_PER_PACKET_INFO_FROM_PACKET(packet, slot) (NdispPacketExtension(packet)->NdisPacketInfo[(slot)])

/* The packet that the lowest driver indicated: its out-of-band data is the one to read. A slot read and a slot
 * write.
 * Documentation: NDIS_GET_ORIGINAL_PACKET, NDIS_SET_ORIGINAL_PACKET (Windows XP DDK). */
#define NDIS_GET_ORIGINAL_PACKET(packet) ((PNDIS_PACKET)NDIS_PER_PACKET_INFO_FROM_PACKET(packet, OriginalPacketInfo))
#define NDIS_SET_ORIGINAL_PACKET(packet, original)                                                                     \
    ((VOID)(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, OriginalPacketInfo) = (original)))

/* The id under which NdisCancelSendPackets finds the packet; pointer-sized, its highest byte from
 * NdisGeneratePartialCancelId. Macros and functions are the same thing.
 * Documentation: NDIS_GET_PACKET_CANCEL_ID, NDIS_SET_PACKET_CANCEL_ID, NdisSetPacketCancelId (Windows XP DDK). */
#define NDIS_GET_PACKET_CANCEL_ID(packet) NDIS_PER_PACKET_INFO_FROM_PACKET(packet, PacketCancelId)
#define NDIS_SET_PACKET_CANCEL_ID(packet, id)                                                                          \
    ((VOID)(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, PacketCancelId) = (PVOID)(ULONG_PTR)(id)))
NDISAPI PVOID NTAPI NdisGetPacketCancelId(IN PNDIS_PACKET Packet);
#define NdisGetPacketCancelId(packet) NDIS_GET_PACKET_CANCEL_ID(packet)
NDISAPI VOID NTAPI NdisSetPacketCancelId(IN PNDIS_PACKET Packet, IN PVOID CancelId);
#define NdisSetPacketCancelId(packet, id) NDIS_SET_PACKET_CANCEL_ID(packet, id)

/* A value for the highest byte of the caller's cancel ids: 1 to 255, another one at each of 255 calls, then
 * again from 1. Any thread, <= DISPATCH_LEVEL.
 * Documentation: NdisGeneratePartialCancelId (Windows XP DDK, Windows CE .NET). */
NDISAPI UCHAR NTAPI NdisGeneratePartialCancelId(VOID);

/* Copy per-packet information between the packet an intermediate driver got and the one it sends for it: down
 * before the send (checksum, IPsec, large send, classification, reserved, 802.1Q, cancel id), up before the
 * completion (the same without cancel id). Other slots, flags and out-of-band data stay. Any IRQL.
 * Documentation: NdisIMCopySendPerPacketInfo, NdisIMCopySendCompletePerPacketInfo (Windows XP DDK). */
NDISAPI VOID NTAPI NdisIMCopySendPerPacketInfo(IN PNDIS_PACKET DstPacket, IN PNDIS_PACKET SrcPacket);
NDISAPI VOID NTAPI NdisIMCopySendCompletePerPacketInfo(IN PNDIS_PACKET DstPacket, IN PNDIS_PACKET SrcPacket);

NDIS_END_DECLS

#endif
