// What is known about every packet pool of the process, by value: the live ones and the last of the dead.
//   Callers:   any thread, not at DISPATCH: the list of pools is locked for the length of the copy.
//   Holds:     a pool's numbers are from one instant; ids count up from 1 in the order of creation, none comes twice.
//   Not here:  the name behind `allocator` (the load room knows symbols), tables and files (observe).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ndispool::ndis {

struct PoolRecord {
    std::uint64_t id = 0;
    const void* handle = nullptr;    // what the driver has; another pool may get the same one later
    const void* allocator = nullptr; // return address of the code that made the pool

    // as asked for
    std::uint32_t descriptors = 0;
    std::uint32_t overflow = 0;
    std::uint32_t protocol_reserved = 0; // bytes

    std::uint32_t capacity = 0;    // descriptors and overflow, cut to 0xFFFF
    std::uint32_t packet_size = 0; // bytes, NdisPacketSize
    std::uint32_t protocol_id = 0;

    std::uint32_t in_use = 0;
    std::uint32_t peak = 0;
    std::uint32_t overflow_in_use = 0;
    std::uint32_t overflow_peak = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t refusals = 0; // because the pool was dry, memory was refused, or the pool had been freed

    bool freed = false; // NdisFreePacketPool was called
    std::uint32_t in_use_when_freed = 0;
    bool alive = false; // memory is held: not freed, or freed with packets that are still out
};

// In order of creation.
std::vector<PoolRecord> packet_pools();

inline constexpr std::size_t dead_pools_kept = 1024;

// Dead pools whose records were dropped because newer ones took their place.
std::uint64_t packet_pools_forgotten();

// Drops the records of all dead pools and sets the count of forgotten ones to 0.
void forget_dead_pools();

} // namespace ndispool::ndis
