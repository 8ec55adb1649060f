// What NDIS keeps about a packet where no driver sees it: right in front of the NDIS_PACKET.
//   Callers:   the host and the checked door, for packets that are out of a pool. header_of() follows no pointer.
//   Holds:     at allocation references, adapter, level and the stack locations are zero; locations are asked for through
//              stack_location(), so that those that nobody saw need not be cleared again. generation then differs
//              from what it was in the descriptor's last life.
//   Not here:  who is to be called when references reach zero, and when a level is passed: the host decides both.
#pragma once

#include "ndispool/ndis/packet_layout.h"

#include <atomic>
#include <cstdint>

namespace ndispool::ndis {

class PacketPool;

struct PacketHeader {
    PacketPool* pool;                     // constant while the packet is out
    void* adapter;                        // host: the adapter that indicated the packet and wants it back; null: nobody
    std::atomic<std::int32_t> references; // host: receive references; signed, an early return may go below zero
    std::uint32_t generation;             // counts the lives of this descriptor
    struct Marks {
        std::uint8_t level =
            0; // stack locations in use; more than there are when a driver passed the packet on regardless
        std::uint8_t stack_locations; // how many there are; constant while the packet is out
        bool locations_seen;          // since the packet was allocated
        bool out;                     // of a static descriptor's packet: it was allocated and not freed since
    } marks;
};

static_assert(sizeof(PacketHeader) == packet_header_bytes, "header_of() counts back from the packet");

inline PacketHeader* header_of(PNDIS_PACKET packet) noexcept {
    return reinterpret_cast<PacketHeader*>(packet) - 1;
}

// Location 0 is the one that the first intermediate driver sees; it lies lowest.
inline PNDIS_PACKET_STACK stack_location(PNDIS_PACKET packet, unsigned level) noexcept {
    PacketHeader* header = header_of(packet);
    header->marks.locations_seen = true;
    return reinterpret_cast<PNDIS_PACKET_STACK>(header) - header->marks.stack_locations + level;
}

// An intermediate driver passes the packet on: what is called next sees the next location. One user of the packet at a
// time. False: there was none left and the driver ought to have used a packet of its own.
inline bool push_stack(PNDIS_PACKET packet) noexcept {
    PacketHeader* header = header_of(packet);
    return header->marks.level++ < header->marks.stack_locations;
}

// The packet comes back to that driver: it sees its own location again. Only after push_stack.
inline void pop_stack(PNDIS_PACKET packet) noexcept {
    --header_of(packet)->marks.level;
}

// NdisIMGetCurrentPacketStack: the location of the current level, null when none is left. Changes nothing.
inline PNDIS_PACKET_STACK current_stack(PNDIS_PACKET packet) noexcept {
    const PacketHeader* header = header_of(packet);
    return header->marks.level < header->marks.stack_locations ? stack_location(packet, header->marks.level) : nullptr;
}

} // namespace ndispool::ndis
