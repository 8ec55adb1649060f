// Where things are in a packet's block of memory, as arithmetic on the pool's two numbers: bytes of ProtocolReserved
// and stack locations.
//
//   block: | unused | stack locations | PacketHeader | NDIS_PACKET, ProtocolReserved | out-of-band | per-packet info |
//                                                    ^ what drivers know; 64-byte aligned
//
//   Holds:     the visible part is a function of ProtocolReservedLength alone; what drivers never see is in front
//              of it, so that header and packet are a constant apart.
//   Not here:  the header's content (packet_private.h).
#pragma once

#include "ndis/packet.h"

#include <cstddef>

namespace ndispool::ndis {

inline constexpr std::size_t packet_alignment = 64; // a cache line, and the documented 8 of the out-of-band data
inline constexpr std::size_t packet_header_bytes = 32;
inline constexpr unsigned max_stack_locations = 16;
inline constexpr unsigned default_stack_locations = 2; // NdisIMGetCurrentPacketStack

constexpr std::size_t round_up(std::size_t bytes, std::size_t to) {
    return (bytes + to - 1) / to * to;
}

// Not sizeof(NDIS_PACKET): that has one byte of ProtocolReserved and padding in it.
constexpr std::size_t oob_offset(std::size_t protocol_reserved) {
    return round_up(offsetof(NDIS_PACKET, ProtocolReserved) + protocol_reserved, alignof(NDIS_PACKET_OOB_DATA));
}

constexpr std::size_t visible_bytes(std::size_t protocol_reserved) {
    return oob_offset(protocol_reserved) + sizeof(NDIS_PACKET_OOB_DATA) + sizeof(NDIS_PACKET_EXTENSION);
}

// NdisPacketOobOffset is a USHORT.
inline constexpr std::size_t max_protocol_reserved = 65432;
static_assert(oob_offset(max_protocol_reserved) <= 0xFFFF && oob_offset(max_protocol_reserved + 1) > 0xFFFF,
              "the longest ProtocolReserved whose end the offset can name");

// Bytes in front of the NDIS_PACKET that mean something; rounded up, its offset in the block.
constexpr std::size_t hidden_bytes(unsigned stack_locations) {
    return stack_locations * sizeof(NDIS_PACKET_STACK) + packet_header_bytes;
}
constexpr std::size_t packet_offset(unsigned stack_locations) {
    return round_up(hidden_bytes(stack_locations), packet_alignment);
}

static_assert(oob_offset(0) == 96 && visible_bytes(0) == 232, "reference values");
static_assert(oob_offset(1) == 104 && visible_bytes(8) == 240, "reference values");
static_assert(oob_offset(32) == 128 && visible_bytes(32) == 264, "reference values");
static_assert(packet_offset(2) == 128, "two locations and the header fill two cache lines");

} // namespace ndispool::ndis
