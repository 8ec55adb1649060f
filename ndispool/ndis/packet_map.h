// Which pool's memory an address lies in. NdisFreePacket asks before it follows anything, so that a stale or foreign
// pointer is found out and not followed.
//   Callers:   find: any thread, any address, never waits. add and remove: whoever maps and unmaps the memory.
//   Holds:     an address in memory that was added and not removed yet finds its pool; any other finds null.
//   Not here:  whether something at the address is allocated (that is the pool's engine).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ndispool::ndis {

class PacketPool;

namespace packet_map {

inline constexpr unsigned page_bits = 12;
inline constexpr unsigned leaf_bits = 18; // a leaf maps 1 GiB
inline constexpr unsigned root_bits = 18; // 48 bits of address: all that user space has

struct Leaf {
    PacketPool* owner[std::size_t{1} << leaf_bits]; // of each page; through atomic_ref
};

// Zero-filled by the loader, so it costs memory only where it is used. Leaves are never given back.
extern std::atomic<Leaf*> root[std::size_t{1} << root_bits];

// `start` and `bytes` are multiples of a page. False: no memory for a leaf; nothing was added.
bool add(const void* start, std::size_t bytes, PacketPool* owner) noexcept;
void remove(const void* start, std::size_t bytes) noexcept;

inline PacketPool* find(const void* address) noexcept {
    const auto page = reinterpret_cast<std::uintptr_t>(address) >> page_bits;
    if (page >> (leaf_bits + root_bits) != 0)
        return nullptr;
    // Acquire pairs with the release in add(): the leaf is zeroed memory.
    Leaf* leaf = root[page >> leaf_bits].load(std::memory_order_acquire);
    if (leaf == nullptr)
        return nullptr;
    // Relaxed: who holds a packet got it after its memory was added; who does not may find anything, and a PacketPool's
    // own memory stays for ever.
    return std::atomic_ref(leaf->owner[page % (std::uintptr_t{1} << leaf_bits)]).load(std::memory_order_relaxed);
}

} // namespace packet_map
} // namespace ndispool::ndis
