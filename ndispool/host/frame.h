// The bytes of a packet: its first ones, all of them in one place, and a packet made around a host's own bytes.
//   Callers:   any IRQL up to DISPATCH_LEVEL.
//   Not here:  ownership of packets on their way (hop.h, send.h, receive.h).
#pragma once

#include <cstddef>
#include <ndis.h>
#include <span>
#include <vector>

namespace ndispool::host {

inline constexpr std::size_t ethernet_header_bytes = 14;

// The bytes of the packet's first buffer: enough for the Ethernet header in every packet a real driver makes.
inline std::span<const std::byte> first_bytes(PNDIS_PACKET packet) {
    const PNDIS_BUFFER buffer = packet->Private.Head;
    if (!buffer)
        return {};
    return {static_cast<const std::byte*>(NdisBufferVirtualAddress(buffer)), NdisBufferLength(buffer)};
}

std::size_t length_of(PNDIS_PACKET packet);

// Copies from `offset` on, as many bytes as there are and fit; says how many.
std::size_t copy_bytes(PNDIS_PACKET packet, std::size_t offset, std::span<std::byte> to);
std::vector<std::byte> copy_of(PNDIS_PACKET packet);

// The whole frame as one span: the packet's own bytes when they lie in one buffer, else a copy in `storage`.
std::span<const std::byte> gathered(PNDIS_PACKET packet, std::vector<std::byte>& storage);
inline std::span<const std::byte> contiguous(PNDIS_PACKET packet, std::vector<std::byte>& storage) {
    const PNDIS_BUFFER first = packet->Private.Head;
    return first && first->Next ? gathered(packet, storage) : first_bytes(packet);
}

// A packet of the host's own pool around bytes that outlive it.
class HostPacket {
  public:
    explicit HostPacket(std::span<std::byte> bytes);
    ~HostPacket();
    HostPacket(const HostPacket&) = delete;
    HostPacket& operator=(const HostPacket&) = delete;
    explicit operator bool() const { return packet_ != nullptr && buffer_ != nullptr; }
    PNDIS_PACKET get() const { return packet_; }

  private:
    PNDIS_PACKET packet_ = nullptr;
    PNDIS_BUFFER buffer_ = nullptr;
};

} // namespace ndispool::host
