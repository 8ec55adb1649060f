// The plain door of packets and packet pools: each function converts, calls, converts. What they promise is written in
// the drivers' headers. A name in parentheses is a macro too.
#include "ndispool/ndis/packet_exports.h"

#include "ndispool/ndis/buffer.h"
#include "ndispool/ndis/packet_chain.h"
#include "ndispool/ndis/packet_copy.h"
#include "ndispool/ndis/packet_info.h"
#include "ndispool/ndis/packet_layout.h"
#include "ndispool/ndis/packet_pool_fast.h"
#include "ndispool/ndis/packet_private.h"

#include <algorithm>

using namespace ndispool::ndis;

// The driver's call site; a macro, because a function would have a return address of its own.
#define CALLER() ::ndispool::nt::caller(__builtin_return_address(0))

extern "C" {

VOID NTAPI NdisAllocatePacketPoolEx(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors,
                                    UINT NumberOfOverflowDescriptors, UINT ProtocolReservedLength) {
    *PoolHandle = PacketPool::make(NumberOfDescriptors, NumberOfOverflowDescriptors, ProtocolReservedLength, CALLER());
    *Status = *PoolHandle != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID NTAPI NdisAllocatePacketPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors,
                                  UINT ProtocolReservedLength) {
    *PoolHandle = PacketPool::make(NumberOfDescriptors, 0, ProtocolReservedLength, CALLER());
    *Status = *PoolHandle != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID NTAPI NdisFreePacketPool(NDIS_HANDLE PoolHandle) {
    PacketPool::free_pool(PoolHandle, CALLER());
}

UINT NTAPI NdisPacketPoolUsage(NDIS_HANDLE PoolHandle) {
    return PacketPool::usage(PoolHandle, CALLER());
}

UINT NTAPI NdisPacketSize(UINT ProtocolReservedSize) {
    // No pool has packets of 4 GiB, but the answer for an absurd size is not to be a small number.
    return static_cast<UINT>(std::min<std::size_t>(visible_bytes(ProtocolReservedSize), 0xFFFFFFFF));
}

VOID NTAPI NdisSetPacketPoolProtocolId(NDIS_HANDLE PacketPoolHandle, UINT ProtocolId) {
    PacketPool::set_protocol_id(PacketPoolHandle, ProtocolId, CALLER());
}

NDIS_HANDLE NTAPI NdisGetPoolFromPacket(PNDIS_PACKET Packet) {
    return Packet->Private.Pool;
}

VOID NTAPI NdisAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET* Packet, NDIS_HANDLE PoolHandle) {
    if (!PacketPool::allocate_at_once(Status, Packet, PoolHandle)) [[unlikely]]
        PacketPool::allocate_slowly(Status, Packet, PoolHandle, __builtin_return_address(0));
}

VOID NTAPI NdisDprAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET* Packet, NDIS_HANDLE PoolHandle) {
    if (!PacketPool::allocate_at_once(Status, Packet, PoolHandle)) [[unlikely]]
        PacketPool::allocate_slowly(Status, Packet, PoolHandle, __builtin_return_address(0));
}

VOID NTAPI NdisDprAllocatePacketNonInterlocked(PNDIS_STATUS Status, PNDIS_PACKET* Packet, NDIS_HANDLE PoolHandle) {
    if (!PacketPool::allocate_at_once(Status, Packet, PoolHandle)) [[unlikely]]
        PacketPool::allocate_slowly(Status, Packet, PoolHandle, __builtin_return_address(0));
}

VOID NTAPI NdisFreePacket(PNDIS_PACKET Packet) {
    if (!PacketPool::free_at_once(Packet)) [[unlikely]]
        PacketPool::free_slowly(Packet, __builtin_return_address(0));
}

VOID NTAPI NdisDprFreePacket(PNDIS_PACKET Packet) {
    if (!PacketPool::free_at_once(Packet)) [[unlikely]]
        PacketPool::free_slowly(Packet, __builtin_return_address(0));
}

VOID NTAPI NdisDprFreePacketNonInterlocked(PNDIS_PACKET Packet) {
    if (!PacketPool::free_at_once(Packet)) [[unlikely]]
        PacketPool::free_slowly(Packet, __builtin_return_address(0));
}

PNDIS_PACKET_STACK NTAPI NdisIMGetCurrentPacketStack(PNDIS_PACKET Packet, BOOLEAN* StacksRemaining) {
    PNDIS_PACKET_STACK location = current_stack(Packet);
    *StacksRemaining = location != nullptr;
    return location;
}

VOID NTAPI NdisUnchainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER* Buffer) {
    *Buffer = unchain_front(*Packet);
}

VOID NTAPI NdisUnchainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER* Buffer) {
    *Buffer = unchain_back(*Packet);
}

VOID NTAPI(NdisGetFirstBufferFromPacket)(PNDIS_PACKET Packet, PNDIS_BUFFER* FirstBuffer, PVOID* FirstBufferVA,
                                         PUINT FirstBufferLength, PUINT TotalBufferLength) {
    PNDIS_BUFFER first = *FirstBuffer = Packet->Private.Head;
    *FirstBufferVA = first != nullptr ? MmGetSystemAddressForMdl(first) : nullptr;
    *FirstBufferLength = first != nullptr ? first->ByteCount : 0;
    *TotalBufferLength = chain_bytes(first);
}

VOID NTAPI(NdisGetFirstBufferFromPacketSafe)(PNDIS_PACKET Packet, PNDIS_BUFFER* FirstBuffer, PVOID* FirstBufferVA,
                                             PUINT FirstBufferLength, PUINT TotalBufferLength,
                                             MM_PAGE_PRIORITY Priority) {
    PNDIS_BUFFER first = *FirstBuffer = Packet->Private.Head;
    *FirstBufferVA = first != nullptr ? safe_address(first, Priority) : nullptr;
    *FirstBufferLength = first != nullptr ? first->ByteCount : 0;
    *TotalBufferLength = chain_bytes(first);
}

VOID NTAPI NdisCopyFromPacketToPacket(PNDIS_PACKET Destination, UINT DestinationOffset, UINT BytesToCopy,
                                      PNDIS_PACKET Source, UINT SourceOffset, PUINT BytesCopied) {
    *BytesCopied = copy_between(Destination->Private.Head, DestinationOffset, Source->Private.Head, SourceOffset,
                                BytesToCopy, plain_address, HighPagePriority);
}

VOID NTAPI NdisCopyFromPacketToPacketSafe(PNDIS_PACKET Destination, UINT DestinationOffset, UINT BytesToCopy,
                                          PNDIS_PACKET Source, UINT SourceOffset, PUINT BytesCopied,
                                          MM_PAGE_PRIORITY Priority) {
    *BytesCopied = copy_between(Destination->Private.Head, DestinationOffset, Source->Private.Head, SourceOffset,
                                BytesToCopy, safe_address, Priority);
}

VOID NTAPI NdisSetPacketStatus(PNDIS_PACKET Packet, NDIS_STATUS Status, NDIS_HANDLE, ULONG) {
    NDIS_SET_PACKET_STATUS(Packet, Status);
}

PVOID NTAPI(NdisGetPacketCancelId)(PNDIS_PACKET Packet) {
    return NDIS_GET_PACKET_CANCEL_ID(Packet);
}

VOID NTAPI(NdisSetPacketCancelId)(PNDIS_PACKET Packet, PVOID CancelId) {
    NDIS_SET_PACKET_CANCEL_ID(Packet, CancelId);
}

UCHAR NTAPI NdisGeneratePartialCancelId(VOID) {
    return next_partial_cancel_id();
}

VOID NTAPI NdisIMCopySendPerPacketInfo(PNDIS_PACKET DstPacket, PNDIS_PACKET SrcPacket) {
    copy_send_info(*DstPacket, *SrcPacket);
}

VOID NTAPI NdisIMCopySendCompletePerPacketInfo(PNDIS_PACKET DstPacket, PNDIS_PACKET SrcPacket) {
    copy_send_complete_info(*DstPacket, *SrcPacket);
}

} // extern "C"

namespace ndispool::ndis {

std::span<const nt::Export> packet_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisAllocatePacketPoolEx),
        NDISPOOL_EXPORT(NdisAllocatePacketPool),
        NDISPOOL_EXPORT(NdisFreePacketPool),
        NDISPOOL_EXPORT(NdisPacketPoolUsage),
        NDISPOOL_EXPORT(NdisPacketSize),
        NDISPOOL_EXPORT(NdisSetPacketPoolProtocolId),
        NDISPOOL_EXPORT(NdisGetPoolFromPacket),
        NDISPOOL_EXPORT(NdisAllocatePacket),
        NDISPOOL_EXPORT(NdisDprAllocatePacket),
        NDISPOOL_EXPORT(NdisDprAllocatePacketNonInterlocked),
        NDISPOOL_EXPORT(NdisFreePacket),
        NDISPOOL_EXPORT(NdisDprFreePacket),
        NDISPOOL_EXPORT(NdisDprFreePacketNonInterlocked),
        NDISPOOL_EXPORT(NdisIMGetCurrentPacketStack),
        NDISPOOL_EXPORT(NdisUnchainBufferAtFront),
        NDISPOOL_EXPORT(NdisUnchainBufferAtBack),
        NDISPOOL_EXPORT(NdisGetFirstBufferFromPacket),
        NDISPOOL_EXPORT(NdisGetFirstBufferFromPacketSafe),
        NDISPOOL_EXPORT(NdisCopyFromPacketToPacket),
        NDISPOOL_EXPORT(NdisCopyFromPacketToPacketSafe),
        NDISPOOL_EXPORT(NdisSetPacketStatus),
        NDISPOOL_EXPORT(NdisGetPacketCancelId),
        NDISPOOL_EXPORT(NdisSetPacketCancelId),
        NDISPOOL_EXPORT(NdisGeneratePartialCancelId),
        NDISPOOL_EXPORT(NdisIMCopySendPerPacketInfo),
        NDISPOOL_EXPORT(NdisIMCopySendCompletePerPacketInfo),
    };
    return list;
}

} // namespace ndispool::ndis
