// The plain door of buffers: each function converts, calls, converts. What they promise is written in the drivers'
// headers. A name in parentheses is a macro too, and the macro is what the function does.
#include "ndispool/ndis/buffer_exports.h"

#include "ndispool/ndis/buffer.h"

using namespace ndispool::ndis;

namespace {

// What all buffer pools are. Not null: drivers take null for "no pool made yet".
char buffer_pool;

} // namespace

extern "C" {

VOID NTAPI NdisAllocateBufferPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT) {
    *PoolHandle = &buffer_pool;
    *Status = NDIS_STATUS_SUCCESS;
}

VOID NTAPI NdisFreeBufferPool(NDIS_HANDLE) {}

VOID NTAPI NdisAllocateBuffer(PNDIS_STATUS Status, PNDIS_BUFFER* Buffer, NDIS_HANDLE, PVOID VirtualAddress,
                              UINT Length) {
    *Buffer = make_buffer(VirtualAddress, Length);
    *Status = *Buffer != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

VOID NTAPI NdisCopyBuffer(PNDIS_STATUS Status, PNDIS_BUFFER* Buffer, NDIS_HANDLE, PVOID MemoryDescriptor, UINT Offset,
                          UINT Length) {
    *Buffer = copy_buffer(static_cast<PNDIS_BUFFER>(MemoryDescriptor), Offset, Length);
    *Status = *Buffer != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

VOID NTAPI NdisFreeBuffer(PNDIS_BUFFER Buffer) {
    free_buffer(Buffer);
}

VOID NTAPI(NdisAdjustBufferLength)(PNDIS_BUFFER Buffer, UINT Length) {
    NdisAdjustBufferLength(Buffer, Length);
}

VOID NTAPI(NdisQueryBuffer)(PNDIS_BUFFER Buffer, PVOID* VirtualAddress, PUINT Length) {
    NdisQueryBuffer(Buffer, VirtualAddress, Length);
}

VOID NTAPI(NdisQueryBufferSafe)(PNDIS_BUFFER Buffer, PVOID* VirtualAddress, PUINT Length, MM_PAGE_PRIORITY Priority) {
    if (VirtualAddress != nullptr)
        *VirtualAddress = safe_address(Buffer, Priority);
    *Length = Buffer->ByteCount;
}

VOID NTAPI(NdisQueryBufferOffset)(PNDIS_BUFFER Buffer, PUINT Offset, PUINT Length) {
    NdisQueryBufferOffset(Buffer, Offset, Length);
}

ULONG NTAPI(NdisBufferLength)(PNDIS_BUFFER Buffer) {
    return NdisBufferLength(Buffer);
}

PVOID NTAPI(NdisBufferVirtualAddress)(PNDIS_BUFFER Buffer) {
    return NdisBufferVirtualAddress(Buffer);
}

PVOID NTAPI NdisBufferVirtualAddressSafe(PNDIS_BUFFER Buffer, MM_PAGE_PRIORITY Priority) {
    return safe_address(Buffer, Priority);
}

ULONG NTAPI(NDIS_BUFFER_TO_SPAN_PAGES)(PNDIS_BUFFER Buffer) {
    return NDIS_BUFFER_TO_SPAN_PAGES(Buffer);
}

VOID NTAPI(NdisGetBufferPhysicalArraySize)(PNDIS_BUFFER Buffer, PUINT ArraySize) {
    NdisGetBufferPhysicalArraySize(Buffer, ArraySize);
}

} // extern "C"

namespace ndispool::ndis {

std::span<const nt::Export> buffer_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisAllocateBufferPool),
        NDISPOOL_EXPORT(NdisFreeBufferPool),
        NDISPOOL_EXPORT(NdisAllocateBuffer),
        NDISPOOL_EXPORT(NdisCopyBuffer),
        NDISPOOL_EXPORT(NdisFreeBuffer),
        NDISPOOL_EXPORT(NdisAdjustBufferLength),
        NDISPOOL_EXPORT(NdisQueryBuffer),
        NDISPOOL_EXPORT(NdisQueryBufferSafe),
        NDISPOOL_EXPORT(NdisQueryBufferOffset),
        NDISPOOL_EXPORT(NdisBufferLength),
        NDISPOOL_EXPORT(NdisBufferVirtualAddress),
        NDISPOOL_EXPORT(NdisBufferVirtualAddressSafe),
        NDISPOOL_EXPORT(NDIS_BUFFER_TO_SPAN_PAGES),
        NDISPOOL_EXPORT(NdisGetBufferPhysicalArraySize),
    };
    return list;
}

} // namespace ndispool::ndis
