// Where the headers of an Ethernet frame are, and its Internet checksums.
//   Callers:  any thread; nothing here keeps anything.
//   Holds:    no byte outside the frame is looked at, whatever the frame holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ndispool::wire {

inline constexpr std::size_t ethernet_header_bytes = 14;
inline constexpr std::size_t vlan_tag_bytes = 4;

enum class Transport : std::uint8_t { tcp = 6, udp = 17 };

// Of a whole TCP or UDP datagram (no fragment) in IPv4 or IPv6.
struct Layers {
    bool v6 = false;
    std::size_t network = 0; // offset of the IP header
    std::size_t transport = 0;
    std::size_t end = 0; // of the datagram, by its IP header; the frame may be longer (padding)
    Transport protocol = Transport::tcp;

    std::size_t checksum_offset() const { return transport + (protocol == Transport::tcp ? 16 : 6); }
};

// Nothing for any other frame, or one that is too short for what its headers say.
std::optional<Layers> layers_of(std::span<const std::byte> frame);

// The same without the lengths that its headers state, for a frame that is to be cut into several: `end` is the frame's.
std::optional<Layers> layers_of_uncut(std::span<const std::byte> frame);

inline std::uint16_t read_u16(std::span<const std::byte> bytes, std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                      std::to_integer<unsigned>(bytes[at + 1]));
}
inline void write_u16(std::span<std::byte> bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::byte>(value >> 8);
    bytes[at + 1] = static_cast<std::byte>(value);
}

// One's complement sum of `bytes`, as big-endian 16-bit words, folded (RFC 1071); `start` is a sum to go on from.
std::uint16_t ones_sum(std::span<const std::byte> bytes, std::uint32_t start = 0);

// The sum over the pseudo header: what a checksum field holds while the rest is left to the hardware.
std::uint16_t pseudo_sum(std::span<const std::byte> frame, const Layers& layers);

} // namespace ndispool::wire
