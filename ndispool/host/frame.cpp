#include "ndispool/host/frame.h"

#include <algorithm>
#include <cstring>

namespace ndispool::host {

namespace {

// Made on first use and kept: a process needs one.
NDIS_HANDLE host_pool() {
    static const NDIS_HANDLE pool = [] {
        NDIS_STATUS status;
        NDIS_HANDLE handle;
        NdisAllocatePacketPoolEx(&status, &handle, 16, 0xFFFF - 16, PROTOCOL_RESERVED_SIZE_IN_PACKET);
        return handle;
    }();
    return pool;
}

} // namespace

std::size_t length_of(PNDIS_PACKET packet) {
    std::size_t total = 0;
    for (PNDIS_BUFFER buffer = packet->Private.Head; buffer; buffer = buffer->Next)
        total += NdisBufferLength(buffer);
    return total;
}

std::size_t copy_bytes(PNDIS_PACKET packet, std::size_t offset, std::span<std::byte> to) {
    std::size_t copied = 0;
    for (PNDIS_BUFFER buffer = packet->Private.Head; buffer && copied < to.size(); buffer = buffer->Next) {
        const std::size_t length = NdisBufferLength(buffer);
        if (offset >= length) {
            offset -= length;
            continue;
        }
        const std::size_t part = std::min(length - offset, to.size() - copied);
        std::memcpy(to.data() + copied, static_cast<const std::byte*>(NdisBufferVirtualAddress(buffer)) + offset, part);
        copied += part;
        offset = 0;
    }
    return copied;
}

std::vector<std::byte> copy_of(PNDIS_PACKET packet) {
    std::vector<std::byte> bytes(length_of(packet));
    copy_bytes(packet, 0, bytes);
    return bytes;
}

std::span<const std::byte> gathered(PNDIS_PACKET packet, std::vector<std::byte>& storage) {
    storage = copy_of(packet);
    return storage;
}

HostPacket::HostPacket(std::span<std::byte> bytes) {
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &packet_, host_pool());
    if (!packet_)
        return;
    NdisAllocateBuffer(&status, &buffer_, nullptr, bytes.data(), static_cast<UINT>(bytes.size()));
    if (!buffer_)
        return;
    NdisChainBufferAtFront(packet_, buffer_);
    NDIS_SET_PACKET_HEADER_SIZE(packet_, ethernet_header_bytes);
    NDIS_SET_PACKET_STATUS(packet_, NDIS_STATUS_RESOURCES);
}

HostPacket::~HostPacket() {
    if (buffer_)
        NdisFreeBuffer(buffer_);
    if (packet_)
        NdisFreePacket(packet_);
}

} // namespace ndispool::host
