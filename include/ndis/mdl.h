/* MDL: the descriptor of a range of memory, and the macros that read it. NDIS_BUFFER is another name for it.
 *
 * In this host every byte of a driver's memory is mapped all the time, so "mapping" an MDL means answering with
 * the address it describes. Page arithmetic uses 4096 bytes whatever the machine's pages are: it is part of the
 * ABI.
 * Documentation: MDL, Using MDLs. An MDL is partly opaque: Next may be used, everything else goes through the
 * macros.
 */
#ifndef NDIS_MDL_H
#define NDIS_MDL_H

#include "base.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE 0x1000

#define BYTE_OFFSET(va) ((ULONG)((ULONG_PTR)(va) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(va) ((PVOID)((ULONG_PTR)(va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define ROUND_TO_PAGES(bytes) (((ULONG_PTR)(bytes) + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1))
#define BYTES_TO_PAGES(bytes) (((bytes) >> PAGE_SHIFT) + (((bytes) & (PAGE_SIZE - 1)) != 0))
/* Pages that [va, va + bytes) touches. 0 for 0 bytes at a page's start. */
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, bytes)                                                                      \
    ((ULONG)((((ULONG_PTR)(va) & (PAGE_SIZE - 1)) + (bytes) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))
#define COMPUTE_PAGES_SPANNED(va, bytes) ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, bytes)

typedef struct _MDL {
    struct _MDL* Next;
    CSHORT Size;     /* bytes of this record and its array of page frame numbers */
    CSHORT MdlFlags; /* MDL_... */
    struct _EPROCESS* Process;
    PVOID MappedSystemVa;
    PVOID StartVa;    /* address of the first page */
    ULONG ByteCount;  /* bytes described */
    ULONG ByteOffset; /* of the first byte in its page */
} MDL, *PMDL, *PMDLX;

NDIS_STATIC_ASSERT(sizeof(MDL) == 48, "Win64 MDL; the page frame numbers follow at once");
NDIS_STATIC_ASSERT(offsetof(MDL, Size) == 8 && offsetof(MDL, MdlFlags) == 10 && offsetof(MDL, Process) == 16,
                   "Win64 MDL");
NDIS_STATIC_ASSERT(offsetof(MDL, MappedSystemVa) == 24 && offsetof(MDL, StartVa) == 32, "Win64 MDL");
NDIS_STATIC_ASSERT(offsetof(MDL, ByteCount) == 40 && offsetof(MDL, ByteOffset) == 44,
                   "Win64 MDL; compiled drivers read the length in place");

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_IO_PAGE_READ 0x0040
#define MDL_WRITE_OPERATION 0x0080
#define MDL_PARENT_MAPPED_SYSTEM_VA 0x0100
#define MDL_FREE_EXTRA_PTES 0x0200
#define MDL_DESCRIBES_AWE 0x0400
#define MDL_IO_SPACE 0x0800
#define MDL_NETWORK_HEADER 0x1000
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MDL_ALLOCATED_MUST_SUCCEED 0x4000
#define MDL_INTERNAL 0x8000

/* How badly a mapping is wanted: Low and Normal may fail when resources are low, High when they are exhausted. */
typedef enum _MM_PAGE_PRIORITY { LowPagePriority, NormalPagePriority = 16, HighPagePriority = 32 } MM_PAGE_PRIORITY;

typedef enum _MEMORY_CACHING_TYPE {
    MmNonCached = 0,
    MmCached = 1,
    MmWriteCombined = 2,
    MmHardwareCoherentCached,
    MmNonCachedUnordered,
    MmUSWCCached,
    MmMaximumCacheType
} MEMORY_CACHING_TYPE;

typedef enum _LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;

NDIS_BEGIN_DECLS

/* A descriptor of [VirtualAddress, VirtualAddress + Length), neither locked nor mapped yet; NULL: no memory, or
 * too many pages (more than 8185).
 *   SecondaryBuffer  with an Irp: FALSE makes the descriptor its MdlAddress, TRUE chains it behind that
 *   ChargeQuota      not used
 * <= DISPATCH_LEVEL.
 * Documentation: IoAllocateMdl. */
NDISAPI PMDL NTAPI IoAllocateMdl(IN PVOID VirtualAddress OPTIONAL, IN ULONG Length, IN BOOLEAN SecondaryBuffer,
                                 IN BOOLEAN ChargeQuota, IN OUT PIRP Irp OPTIONAL);

/* Frees one descriptor, of IoAllocateMdl or NdisAllocateBuffer; not what it describes, not what follows it.
 * <= DISPATCH_LEVEL.
 * Documentation: IoFreeMdl. */
NDISAPI VOID NTAPI IoFreeMdl(IN PMDL Mdl);

/* Makes TargetMdl describe the part [VirtualAddress, VirtualAddress + Length) of SourceMdl's range; Length 0:
 * all of it from VirtualAddress on. <= DISPATCH_LEVEL.
 * Documentation: IoBuildPartialMdl. */
NDISAPI VOID NTAPI IoBuildPartialMdl(IN PMDL SourceMdl, IN OUT PMDL TargetMdl, IN PVOID VirtualAddress,
                                     IN ULONG Length);

/* Bytes of a descriptor of that range with its page frame numbers. Any IRQL.
 * Documentation: MmSizeOfMdl. */
NDISAPI SIZE_T NTAPI MmSizeOfMdl(IN PVOID Base, IN SIZE_T Length);

/* Completes a descriptor of nonpaged memory: it is mapped from then on. <= DISPATCH_LEVEL.
 * Documentation: MmBuildMdlForNonPagedPool. */
NDISAPI VOID NTAPI MmBuildMdlForNonPagedPool(IN OUT PMDLX MemoryDescriptorList);

/* Make pages resident and let them go again. <= APC_LEVEL for pageable memory, else <= DISPATCH_LEVEL.
 * Documentation: MmProbeAndLockPages, MmUnlockPages. */
NDISAPI VOID NTAPI MmProbeAndLockPages(IN OUT PMDLX MemoryDescriptorList, IN KPROCESSOR_MODE AccessMode,
                                       IN LOCK_OPERATION Operation);
NDISAPI VOID NTAPI MmUnlockPages(IN OUT PMDLX MemoryDescriptorList);

/* Map the pages of a descriptor that is not mapped, and undo it; the macros below call the first two.
 * <= DISPATCH_LEVEL.
 * Documentation: MmMapLockedPages, MmMapLockedPagesSpecifyCache, MmUnmapLockedPages. */
NDISAPI PVOID NTAPI MmMapLockedPages(IN PMDLX MemoryDescriptorList, IN KPROCESSOR_MODE AccessMode);
NDISAPI PVOID NTAPI MmMapLockedPagesSpecifyCache(IN PMDLX MemoryDescriptorList, IN KPROCESSOR_MODE AccessMode,
                                                 IN MEMORY_CACHING_TYPE CacheType, IN PVOID BaseAddress OPTIONAL,
                                                 IN ULONG BugCheckOnFailure, IN MM_PAGE_PRIORITY Priority);
NDISAPI VOID NTAPI MmUnmapLockedPages(IN PVOID BaseAddress, IN PMDLX MemoryDescriptorList);

/* Physical addresses are the virtual ones here. MmMapIoSpace answers with the memory of the process at that address, such as
 * NdisMAllocateSharedMemory gave it; NULL where there is none, a device's registers for instance. <= DISPATCH_LEVEL.
 * Documentation: MmGetPhysicalAddress, MmMapIoSpace, MmUnmapIoSpace. */
NDISAPI PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(IN PVOID BaseAddress);
NDISAPI PVOID NTAPI MmMapIoSpace(IN PHYSICAL_ADDRESS PhysicalAddress, IN SIZE_T NumberOfBytes,
                                 IN MEMORY_CACHING_TYPE CacheType);
NDISAPI VOID NTAPI MmUnmapIoSpace(IN PVOID BaseAddress, IN SIZE_T NumberOfBytes);

NDIS_END_DECLS

#define MmGetMdlByteCount(mdl) ((mdl)->ByteCount)
#define MmGetMdlByteOffset(mdl) ((mdl)->ByteOffset)
#define MmGetMdlBaseVa(mdl) ((mdl)->StartVa)
#define MmGetMdlVirtualAddress(mdl) ((PVOID)((PCHAR)((mdl)->StartVa) + (mdl)->ByteOffset))
#define MmGetMdlPfnArray(mdl) ((PPFN_NUMBER)((mdl) + 1))

/* The address at which the described memory can be used. Any IRQL up to DISPATCH_LEVEL. The first form
 * bug-checks when the mapping fails, the Safe form is NULL then; neither happens for a descriptor of
 * NdisAllocateBuffer. */
#define MmGetSystemAddressForMdl(mdl)                                                                                  \
    (((mdl)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) ? ((mdl)->MappedSystemVa)             \
                                                                                 : MmMapLockedPages((mdl), 0))
#define MmGetSystemAddressForMdlSafe(mdl, priority)                                                                    \
    (((mdl)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))                                       \
         ? ((mdl)->MappedSystemVa)                                                                                     \
         : MmMapLockedPagesSpecifyCache((mdl), 0, MmCached, NULL, FALSE, (priority)))

/* Before a partial descriptor describes something else. */
#define MmPrepareMdlForReuse(mdl)                                                                                      \
    do {                                                                                                               \
        if (((mdl)->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0)                                                      \
            MmUnmapLockedPages((mdl)->MappedSystemVa, (mdl));                                                          \
    } while (0)

/* Prepares the caller's storage (MmSizeOfMdl bytes) to describe [base, base + length). Does not map. */
#define MmInitializeMdl(mdl, base, length)                                                                             \
    do {                                                                                                               \
        (mdl)->Next = NULL;                                                                                            \
        (mdl)->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES((base), (length)));   \
        (mdl)->MdlFlags = 0;                                                                                           \
        (mdl)->StartVa = PAGE_ALIGN(base);                                                                             \
        (mdl)->ByteOffset = BYTE_OFFSET(base);                                                                         \
        (mdl)->ByteCount = (ULONG)(length);                                                                            \
    } while (0)

#endif
