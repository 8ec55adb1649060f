// What NDIS keeps about a packet where no driver sees it: right in front of the NDIS_PACKET.
//   Callers:   the host and the checked door, for packets that are out of a pool. header_of() follows no pointer.
//   Holds:     at allocation references, adapter, level and the stack locations are zero; whoever uses these says so in
//              touched, so that what nobody touched need not be cleared again. generation then differs
//              from what it was in the descriptor's last life.
//   Not here:  who is to be called when references reach zero, and when a level is passed: the host decides both.
#pragma once

#include "ndispool/ndis/packet_layout.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ndispool::ndis {

class PacketPool;

struct PacketHeader {
    PacketPool* pool;         // constant while the packet is out
    void* adapter;            // host: the adapter that indicated the packet and wants it back; null: nobody
    std::uint32_t generation; // counts the lives of this descriptor
    struct Marks {
        std::uint8_t level =
            0; // stack locations in use; more than there are when a driver passed the packet on regardless
        std::uint8_t stack_locations; // how many there are; constant while the packet is out
        std::uint8_t touched;         // since the packet was allocated: these
        static constexpr std::uint8_t locations = 1, delivery = 2; // delivery: adapter and references
        bool out; // of a static descriptor's packet: it was allocated and not freed since
    } marks;
    std::atomic<std::int32_t> references; // host: receive references; signed, an early return may go below zero

    // generation and marks as one word: allocating and freeing change them in one store.
    static constexpr std::uint64_t one_generation = 1, all_generations = 0xFFFFFFFF;
    static constexpr std::uint64_t touched = std::uint64_t{0xFF} << 48, out = std::uint64_t{1} << 56;
    [[nodiscard]] std::uint64_t life() const noexcept {
        std::uint64_t word;
        std::memcpy(&word, &generation, sizeof word);
        return word;
    }
    void set_life(std::uint64_t word) noexcept { std::memcpy(&generation, &word, sizeof word); }
};

static_assert(sizeof(PacketHeader) == packet_header_bytes, "header_of() counts back from the packet");
static_assert(offsetof(PacketHeader, marks) == offsetof(PacketHeader, generation) + 4 &&
                  offsetof(PacketHeader, generation) % 8 == 0 && offsetof(PacketHeader::Marks, touched) == 2 &&
                  offsetof(PacketHeader::Marks, out) == 3 && sizeof(bool) == 1,
              "what life() consists of");

inline PacketHeader* header_of(PNDIS_PACKET packet) noexcept {
    return reinterpret_cast<PacketHeader*>(packet) - 1;
}

// Written the first time only, while the packet has one user: a loan has several, who come here on several processors.
inline void touch(PacketHeader* header, std::uint8_t mark) noexcept {
    if ((header->marks.touched & mark) == 0)
        header->marks.touched |= mark;
}

// For who is about to write the adapter or the references.
inline PacketHeader* delivery_of(PNDIS_PACKET packet) noexcept {
    PacketHeader* header = header_of(packet);
    touch(header, PacketHeader::Marks::delivery);
    return header;
}

// Location 0 is the one that the first intermediate driver sees; it lies lowest.
inline PNDIS_PACKET_STACK stack_location(PNDIS_PACKET packet, unsigned level) noexcept {
    PacketHeader* header = header_of(packet);
    touch(header, PacketHeader::Marks::locations);
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
