/* NDIS buffer descriptors: pools, descriptors, queries.
 *
 * A descriptor names a range of memory; it never owns it. Chaining descriptors to packets is packet.h's
 * subject. Where Windows has a macro and a function of one name, both exist here too: the macro is what a
 * compiled driver gets, the function is what a driver file made elsewhere imports. Write (NdisX)(...) to get
 * the function.
 */
#ifndef NDIS_BUFFER_H
#define NDIS_BUFFER_H

#include "mdl.h"
#include "status.h"

typedef MDL NDIS_BUFFER, *PNDIS_BUFFER;

NDIS_BEGIN_DECLS

/* ---- Pools ---- */

/* Gives a handle for NdisAllocateBuffer and NdisCopyBuffer.
 *   Status               always NDIS_STATUS_SUCCESS
 *   PoolHandle           the handle; it is never looked at again
 *   NumberOfDescriptors  descriptors the driver expects to hold at once; not enforced
 * <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisAllocateBufferPool (Windows CE .NET, Windows XP DDK). */
NDISAPI VOID NTAPI NdisAllocateBufferPool(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE PoolHandle,
                                          IN UINT NumberOfDescriptors);

/* Ends the use of a handle of NdisAllocateBufferPool. Every descriptor is to be freed before; one that is not
 * stays valid. <= DISPATCH_LEVEL; no spin lock held (NT 4.0, Windows CE).
 * Documentation: NdisFreeBufferPool (Windows XP DDK). */
NDISAPI VOID NTAPI NdisFreeBufferPool(IN NDIS_HANDLE PoolHandle);

/* ---- Descriptors ---- */

/* Makes a descriptor of [VirtualAddress, VirtualAddress + Length), its Next NULL.
 *   Status          NDIS_STATUS_SUCCESS, or NDIS_STATUS_FAILURE: no memory, or a range too large for one MDL
 *                   (more than 8185 pages). Not RESOURCES.
 *   Buffer          the descriptor; NULL on failure
 *   PoolHandle      of NdisAllocateBufferPool, or NULL; tolerated whatever it is
 *   VirtualAddress  memory that stays valid while the descriptor lives
 *   Length          bytes; 0 is accepted
 * <= DISPATCH_LEVEL; no spin lock held (NT 4.0, Windows CE).
 * Documentation: NdisAllocateBuffer (Windows XP DDK). */
NDISAPI VOID NTAPI NdisAllocateBuffer(OUT PNDIS_STATUS Status, OUT PNDIS_BUFFER* Buffer,
                                      IN NDIS_HANDLE PoolHandle OPTIONAL, IN PVOID VirtualAddress, IN UINT Length);

/* Makes descriptors of a part of the range that a chain of descriptors names. The memory is shared, not copied.
 *   Status            NDIS_STATUS_SUCCESS, or NDIS_STATUS_FAILURE: the part is not inside the chain, or no
 *                     memory
 *   Buffer            the first descriptor of the copy, which is a chain when the part touches several
 *                     descriptors of the source (walk it with NdisGetNextBuffer); NULL on failure
 *   PoolHandle        as for NdisAllocateBuffer
 *   MemoryDescriptor  the first descriptor of the source
 *   Offset, Length    bytes, from the start of the first descriptor's range
 * Free every descriptor of the copy with NdisFreeBuffer. <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisCopyBuffer (Windows XP DDK). */
NDISAPI VOID NTAPI NdisCopyBuffer(OUT PNDIS_STATUS Status, OUT PNDIS_BUFFER* Buffer, IN NDIS_HANDLE PoolHandle,
                                  IN PVOID MemoryDescriptor, IN UINT Offset, IN UINT Length);

/* Frees one descriptor of NdisAllocateBuffer or NdisCopyBuffer; neither what follows in the chain nor the
 * memory it names. Any thread. NULL is ignored. <= DISPATCH_LEVEL; no spin lock held (NT 4.0, Windows CE).
 * Documentation: NdisFreeBuffer (Windows XP DDK). */
NDISAPI VOID NTAPI NdisFreeBuffer(IN PNDIS_BUFFER Buffer);

/* Makes a descriptor name the first Length bytes of its range: at most as many as it was made for, and restore
 * the length before it is freed. Counts cached in a packet do not notice. Any IRQL; no spin lock held.
 * Documentation: NdisAdjustBufferLength (Windows XP DDK). */
NDISAPI VOID NTAPI NdisAdjustBufferLength(IN PNDIS_BUFFER Buffer, IN UINT Length);
#define NdisAdjustBufferLength(buffer, bytes) ((VOID)((buffer)->ByteCount = (bytes)))

/* ---- Queries ---- */

/* Address and length (bytes) of a descriptor's range. VirtualAddress may be NULL. Bug-checks where memory
 * cannot be mapped, so an NDIS 5.1 driver uses the Safe form. <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisQueryBuffer (Windows XP DDK). */
NDISAPI VOID NTAPI NdisQueryBuffer(IN PNDIS_BUFFER Buffer, OUT PVOID* VirtualAddress OPTIONAL, OUT PUINT Length);
FORCEINLINE VOID NdispQueryBuffer(PNDIS_BUFFER Buffer, PVOID* VirtualAddress, PUINT Length) {
    if (VirtualAddress != NULL)
        *VirtualAddress = MmGetSystemAddressForMdl(Buffer);
    *Length = MmGetMdlByteCount(Buffer);
}
#define NdisQueryBuffer(buffer, address, bytes) NdispQueryBuffer((buffer), (PVOID*)(address), (bytes))

/* The same; *VirtualAddress is NULL when the memory could not be mapped, *Length is valid all the same.
 * Priority: Low and Normal fail when resources are low, High when they are exhausted. <= DISPATCH_LEVEL; no
 * spin lock held.
 * Documentation: NdisQueryBufferSafe (Windows XP DDK). */
NDISAPI VOID NTAPI NdisQueryBufferSafe(IN PNDIS_BUFFER Buffer, OUT PVOID* VirtualAddress OPTIONAL, OUT PUINT Length,
                                       IN MM_PAGE_PRIORITY Priority);
#define NdisQueryBufferSafe(buffer, address, bytes, priority)                                                          \
    (NdisQueryBufferSafe)((buffer), (PVOID*)(address), (bytes), (priority))

/* Offset of the range in its first page and its length, both in bytes. Maps nothing. <= DISPATCH_LEVEL.
 * Documentation: NdisQueryBufferOffset (Windows XP DDK). */
NDISAPI VOID NTAPI NdisQueryBufferOffset(IN PNDIS_BUFFER Buffer, OUT PUINT Offset, OUT PUINT Length);
FORCEINLINE VOID NdispQueryBufferOffset(PNDIS_BUFFER Buffer, PUINT Offset, PUINT Length) {
    *Offset = MmGetMdlByteOffset(Buffer);
    *Length = MmGetMdlByteCount(Buffer);
}
#define NdisQueryBufferOffset(buffer, offset, bytes) NdispQueryBufferOffset((buffer), (offset), (bytes))

/* Length of the range, bytes. Any IRQL.
 * Documentation: NdisBufferLength (Windows XP DDK). */
NDISAPI ULONG NTAPI NdisBufferLength(IN PNDIS_BUFFER Buffer);
#define NdisBufferLength(buffer) MmGetMdlByteCount(buffer)

/* Address of the range; as NdisQueryBuffer and NdisQueryBufferSafe. <= DISPATCH_LEVEL.
 * Documentation: NdisBufferVirtualAddress, NdisBufferVirtualAddressSafe (Windows XP DDK). */
NDISAPI PVOID NTAPI NdisBufferVirtualAddress(IN PNDIS_BUFFER Buffer);
#define NdisBufferVirtualAddress(buffer) MmGetSystemAddressForMdl(buffer)
NDISAPI PVOID NTAPI NdisBufferVirtualAddressSafe(IN PNDIS_BUFFER Buffer, IN MM_PAGE_PRIORITY Priority);

/* Pages the range touches; 1 for an empty one. Any IRQL.
 * Documentation: NDIS_BUFFER_TO_SPAN_PAGES (Windows XP DDK). */
NDISAPI ULONG NTAPI NDIS_BUFFER_TO_SPAN_PAGES(IN PNDIS_BUFFER Buffer);
FORCEINLINE ULONG NdispBufferToSpanPages(const NDIS_BUFFER* Buffer) {
    if (Buffer->ByteCount == 0)
        return 1;
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(Buffer->ByteOffset, (ULONG_PTR)Buffer->ByteCount);
}
#define NDIS_BUFFER_TO_SPAN_PAGES(buffer) NdispBufferToSpanPages(buffer)

/* The same through an OUT parameter. <= DISPATCH_LEVEL; no spin lock held.
 * Documentation: NdisGetBufferPhysicalArraySize (Windows XP DDK). */
NDISAPI VOID NTAPI NdisGetBufferPhysicalArraySize(IN PNDIS_BUFFER Buffer, OUT PUINT ArraySize);
#define NdisGetBufferPhysicalArraySize(buffer, count) ((VOID)(*(count) = NDIS_BUFFER_TO_SPAN_PAGES(buffer)))

NDIS_END_DECLS

/* The next descriptor of the chain, NULL at its end; the second form is an lvalue. Any IRQL.
 * Documentation: NdisGetNextBuffer, NDIS_BUFFER_LINKAGE (Windows XP DDK). */
#define NdisGetNextBuffer(buffer, next) ((VOID)(*(next) = (buffer)->Next))
#define NDIS_BUFFER_LINKAGE(buffer) ((buffer)->Next)

/* Makes memory and device agree before or after DMA. There is no such device, so nothing is to be done. */
#define NdisFlushBuffer(buffer, to_device) ((VOID)(buffer), (VOID)(to_device))

#endif
