/* Memory: what drivers allocate, move, fill and compare. All memory is nonpaged, aligned to 16 bytes, and has undefined content.
 * Documentation: NDIS 5.1 memory functions; ExAllocatePoolWithTag and others of the Windows Driver Kit.
 */
#ifndef NDIS_MEMORY_H
#define NDIS_MEMORY_H

#include "kernel.h"

typedef enum _POOL_TYPE {
    NonPagedPool,
    PagedPool,
    NonPagedPoolMustSucceed,
    DontUseThisType,
    NonPagedPoolCacheAligned,
    PagedPoolCacheAligned,
    NonPagedPoolCacheAlignedMustS
} POOL_TYPE;

typedef enum _EX_POOL_PRIORITY {
    LowPoolPriority,
    LowPoolPrioritySpecialPoolOverrun = 8,
    LowPoolPrioritySpecialPoolUnderrun = 9,
    NormalPoolPriority = 16,
    NormalPoolPrioritySpecialPoolOverrun = 24,
    NormalPoolPrioritySpecialPoolUnderrun = 25,
    HighPoolPriority = 32,
    HighPoolPrioritySpecialPoolOverrun = 40,
    HighPoolPrioritySpecialPoolUnderrun = 41
} EX_POOL_PRIORITY;

/* MemoryFlags of NdisAllocateMemory. */
#define NDIS_MEMORY_CONTIGUOUS 0x00000001
#define NDIS_MEMORY_NONCACHED 0x00000002

/* ---- Bytes. Any IRQL. Lengths in bytes. ---- */

/* With the length 0 any pointer will do, also a null one: drivers pass what came with an empty request. The C library's functions
 * do not take that. */
FORCEINLINE VOID RtlCopyMemory(VOID* Destination, const VOID* Source, SIZE_T Length) {
    if (Length != 0)
        memcpy(Destination, Source, Length);
}
FORCEINLINE VOID RtlMoveMemory(VOID* Destination, const VOID* Source, SIZE_T Length) {
    if (Length != 0)
        memmove(Destination, Source, Length);
}
FORCEINLINE VOID RtlFillMemory(VOID* Destination, SIZE_T Length, UCHAR Fill) {
    if (Length != 0)
        memset(Destination, Fill, Length);
}
FORCEINLINE VOID RtlZeroMemory(VOID* Destination, SIZE_T Length) {
    RtlFillMemory(Destination, Length, 0);
}
FORCEINLINE BOOLEAN RtlEqualMemory(const VOID* Source1, const VOID* Source2, SIZE_T Length) {
    return Length == 0 || memcmp(Source1, Source2, Length) == 0;
}

/* Drivers pass overlapping ranges to NdisMoveMemory, so it moves. NdisEqualMemory is 1 or 0. */
#define NdisMoveMemory(Destination, Source, Length) RtlMoveMemory(Destination, Source, Length)
#define NdisZeroMemory(Destination, Length) RtlZeroMemory(Destination, Length)
#define NdisFillMemory(Destination, Length, Fill) RtlFillMemory(Destination, Length, Fill)
#define NdisEqualMemory(Source1, Source2, Length) RtlEqualMemory(Source1, Source2, Length)
#define NdisMoveMappedMemory(Destination, Source, Length) RtlMoveMemory(Destination, Source, Length)
#define NdisZeroMappedMemory(Destination, Length) RtlZeroMemory(Destination, Length)
#define NdisMoveFromMappedMemory(Destination, Source, Length) NdisMoveMappedMemory(Destination, Source, Length)
#define NdisMoveToMappedMemory(Destination, Source, Length) NdisMoveMappedMemory(Destination, Source, Length)
#define NdisCreateLookaheadBufferFromSharedMemory(SharedMemory, Length, LookaheadBuffer)                               \
    (*(LookaheadBuffer) = (SharedMemory))
#define NdisDestroyLookaheadBufferFromSharedMemory(LookaheadBuffer) ((void)(LookaheadBuffer))

/* A ULONG at any address, in the processor's byte order. */
#define RtlRetrieveUlong(DestinationAddress, SourceAddress) memcpy((DestinationAddress), (SourceAddress), sizeof(ULONG))
#define RtlRetrieveUshort(DestinationAddress, SourceAddress)                                                           \
    memcpy((DestinationAddress), (SourceAddress), sizeof(USHORT))
#define NdisRetrieveUlong(DestinationAddress, SourceAddress) RtlRetrieveUlong(DestinationAddress, SourceAddress)
#define NdisStoreUlong(DestinationAddress, Value) RtlStoreUlong((DestinationAddress), (Value))

FORCEINLINE VOID RtlStoreUlong(PVOID Address, ULONG Value) {
    memcpy(Address, &Value, sizeof(Value));
}
FORCEINLINE VOID RtlStoreUshort(PVOID Address, USHORT Value) {
    memcpy(Address, &Value, sizeof(Value));
}
FORCEINLINE USHORT RtlUshortByteSwap(USHORT Value) {
    return __builtin_bswap16(Value);
}
FORCEINLINE ULONG RtlUlongByteSwap(ULONG Value) {
    return __builtin_bswap32(Value);
}
FORCEINLINE ULONGLONG RtlUlonglongByteSwap(ULONGLONG Value) {
    return __builtin_bswap64(Value);
}

#define NdisGetPhysicalAddressLow(PhysicalAddress) ((PhysicalAddress).LowPart)
#define NdisGetPhysicalAddressHigh(PhysicalAddress) ((PhysicalAddress).HighPart)
#define NdisSetPhysicalAddressLow(PhysicalAddress, Value) ((PhysicalAddress).LowPart = (Value))
#define NdisSetPhysicalAddressHigh(PhysicalAddress, Value) ((PhysicalAddress).HighPart = (Value))
#define NDIS_PHYSICAL_ADDRESS_CONST(Low, High)                                                                         \
    {                                                                                                                  \
        { (ULONG)(Low), (LONG)(High) }                                                                                 \
    }

/* ---- Ethernet addresses: 6 bytes. ---- */

#define ETH_LENGTH_OF_ADDRESS 6
#define ETH_IS_MULTICAST(Address) ((BOOLEAN)(((const UCHAR*)(Address))[0] & 1))
#define ETH_IS_BROADCAST(Address)                                                                                      \
    ((BOOLEAN)(((const UCHAR*)(Address))[0] == 0xff && ((const UCHAR*)(Address))[1] == 0xff &&                         \
               ((const UCHAR*)(Address))[2] == 0xff && ((const UCHAR*)(Address))[3] == 0xff &&                         \
               ((const UCHAR*)(Address))[4] == 0xff && ((const UCHAR*)(Address))[5] == 0xff))
#define ETH_COPY_NETWORK_ADDRESS(Destination, Source) memmove((Destination), (Source), ETH_LENGTH_OF_ADDRESS)
/* *Result: 0 = equal, 1 = the first is greater, -1 = it is less. The _EQ form: 0 = equal, 1 = not. */
#define ETH_COMPARE_NETWORK_ADDRESSES(Address1, Address2, Result)                                                      \
    do {                                                                                                               \
        int ndis_order = memcmp((Address1), (Address2), ETH_LENGTH_OF_ADDRESS);                                        \
        *(Result) = (ndis_order > 0) - (ndis_order < 0);                                                               \
    } while (0)
#define ETH_COMPARE_NETWORK_ADDRESSES_EQ(Address1, Address2, Result)                                                   \
    (*(Result) = (memcmp((Address1), (Address2), ETH_LENGTH_OF_ADDRESS) != 0))

NDIS_BEGIN_DECLS

/* Bytes that are equal, counted from the start; Length when all are. Any IRQL. Documentation: RtlCompareMemory. */
NDISAPI SIZE_T NTAPI RtlCompareMemory(IN const VOID* Source1, IN const VOID* Source2, IN SIZE_T Length);

/* ---- NDIS ---- */

/* Length in bytes; 0 gives a valid pointer. MemoryFlags 0, CONTIGUOUS, NONCACHED: all the same memory here, as is any
 * HighestAcceptableAddress. SUCCESS, or FAILURE with *VirtualAddress NULL. <= DISPATCH_LEVEL with flags 0, else PASSIVE_LEVEL.
 * Documentation: NdisAllocateMemory. */
NDISAPI NDIS_STATUS NTAPI NdisAllocateMemory(OUT PVOID* VirtualAddress, IN UINT Length, IN UINT MemoryFlags,
                                             IN NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress);
/* Tag: four characters, first one in the low byte, to recognise the memory by. SUCCESS, or FAILURE with *VirtualAddress NULL.
 * <= DISPATCH_LEVEL. Documentation: NdisAllocateMemoryWithTag. */
NDISAPI NDIS_STATUS NTAPI NdisAllocateMemoryWithTag(OUT PVOID* VirtualAddress, IN UINT Length, IN ULONG Tag);
/* NULL when there is none. Priority is ignored. <= DISPATCH_LEVEL. Documentation: NdisAllocateMemoryWithTagPriority. */
NDISAPI PVOID NTAPI NdisAllocateMemoryWithTagPriority(IN NDIS_HANDLE NdisHandle, IN UINT Length, IN ULONG Tag,
                                                      IN EX_POOL_PRIORITY Priority);
/* Frees what any of these gave; Length and MemoryFlags are ignored, as drivers pass 0. NULL does nothing. An address that is not
 * allocated is reported and nothing is freed. <= DISPATCH_LEVEL. Documentation: NdisFreeMemory. */
NDISAPI VOID NTAPI NdisFreeMemory(IN PVOID VirtualAddress, IN UINT Length, IN UINT MemoryFlags);
NDISAPI VOID NTAPI NdisFreeMemoryWithTag(IN PVOID VirtualAddress, IN ULONG Tag);

/* ---- Kernel. Same memory: what one of these allocates, NdisFreeMemory may free. ---- */

/* PoolType: CacheAligned ones are aligned to 64 bytes, else no difference. NULL when there is none. <= DISPATCH_LEVEL.
 * Documentation: ExAllocatePoolWithTag, ExFreePoolWithTag. */
NDISAPI PVOID NTAPI ExAllocatePool(IN POOL_TYPE PoolType, IN SIZE_T NumberOfBytes);
NDISAPI PVOID NTAPI ExAllocatePoolWithTag(IN POOL_TYPE PoolType, IN SIZE_T NumberOfBytes, IN ULONG Tag);
NDISAPI VOID NTAPI ExFreePool(IN PVOID P);
NDISAPI VOID NTAPI ExFreePoolWithTag(IN PVOID P, IN ULONG Tag);

/* ---- Lookaside lists: entries of one size. ---- */

typedef PVOID(NTAPI* PALLOCATE_FUNCTION)(IN POOL_TYPE PoolType, IN SIZE_T NumberOfBytes, IN ULONG Tag);
typedef VOID(NTAPI* PFREE_FUNCTION)(IN PVOID Buffer);

typedef struct _NPAGED_LOOKASIDE_LIST {
    SLIST_HEADER ListHead;
    USHORT Depth;
    USHORT MaximumDepth;
    ULONG TotalAllocates;
    ULONG AllocateMisses;
    ULONG TotalFrees;
    ULONG FreeMisses;
    POOL_TYPE Type;
    ULONG Tag;
    ULONG Size;
    PALLOCATE_FUNCTION Allocate;
    PFREE_FUNCTION Free;
    LIST_ENTRY ListEntry;
    ULONG LastTotalAllocates;
    ULONG LastAllocateMisses;
    ULONG Future[2];
    UCHAR Padding[32];
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;
NDIS_STATIC_ASSERT(sizeof(NPAGED_LOOKASIDE_LIST) == 128, "drivers embed it in their contexts");
NDIS_STATIC_ASSERT(offsetof(NPAGED_LOOKASIDE_LIST, Allocate) == 48, "Win64 GENERAL_LOOKASIDE");

/* Size in bytes. Allocate and Free may be NULL: pool memory; else they are called for every entry, at the caller's IRQL. Flags and
 * Depth are reserved, 0. No entry is cached, so each one is seen from its allocation to its freeing. <= DISPATCH_LEVEL.
 * Documentation: NdisInitializeNPagedLookasideList. */
NDISAPI VOID NTAPI NdisInitializeNPagedLookasideList(OUT PNPAGED_LOOKASIDE_LIST Lookaside,
                                                     IN PALLOCATE_FUNCTION Allocate OPTIONAL,
                                                     IN PFREE_FUNCTION Free OPTIONAL, IN ULONG Flags, IN SIZE_T Size,
                                                     IN ULONG Tag, IN USHORT Depth);
/* Every entry is back first. <= DISPATCH_LEVEL. Documentation: NdisDeleteNPagedLookasideList. */
NDISAPI VOID NTAPI NdisDeleteNPagedLookasideList(IN OUT PNPAGED_LOOKASIDE_LIST Lookaside);
/* NULL when there is no memory. <= DISPATCH_LEVEL. Documentation: NdisAllocateFromNPagedLookasideList. */
NDISAPI PVOID NTAPI NdisAllocateFromNPagedLookasideList(IN OUT PNPAGED_LOOKASIDE_LIST Lookaside);
/* <= DISPATCH_LEVEL. Documentation: NdisFreeToNPagedLookasideList. */
NDISAPI VOID NTAPI NdisFreeToNPagedLookasideList(IN OUT PNPAGED_LOOKASIDE_LIST Lookaside, IN PVOID Entry);

NDIS_END_DECLS

#endif
