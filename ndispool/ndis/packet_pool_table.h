// Every packet pool of the process: where PacketPools live, and their way from made to dead.
//
//   unused -> making -> live -> dying -> dead -> unused
//
//   Callers:   at(): any thread, never waits. The others take the table's lock.
//   Holds:     a dead pool keeps its record, and its handle is given to no other pool, until dead_pools_kept more
//              have died or forget_dead() is called. A dying pool is buried by the free that empties it; should that
//              free and the freeing of the pool miss each other, by the next call that makes, frees or lists pools.
//   Not here:  packets (PacketPool).
#pragma once

#include "ndispool/ndis/packet_pool.h"

#include <bit>
#include <vector>

namespace ndispool::ndis {

class PacketPoolTable {
  public:
    static constexpr std::uint32_t capacity = 0x10000;

    // A PacketPool to fill, or null when all are in use. Then publish() or discard() it.
    [[nodiscard]] static PacketPool* reserve() noexcept;
    static void publish(PacketPool& pool, const PoolRecord& asked) noexcept;
    static void discard(PacketPool& pool) noexcept;

    // False: not live. `left` is how many packets were out.
    static bool free(PacketPool& pool, std::uint32_t& left) noexcept;
    static void bury_if_empty(PacketPool& pool) noexcept;

    // Null for anything that is not the address of a PacketPool.
    [[nodiscard]] static PacketPool* at(const void* handle) noexcept {
        const auto offset = reinterpret_cast<std::uintptr_t>(handle) - reinterpret_cast<std::uintptr_t>(slots_);
        // What is no multiple of the size comes out as more than there are.
        if (std::rotr(offset, std::countr_zero(sizeof(PacketPool))) >= capacity)
            return nullptr;
        return static_cast<PacketPool*>(const_cast<void*>(handle));
    }

    // The packets still out of a pool that was freed.
    [[nodiscard]] static std::uint32_t left_in(const PacketPool& pool) noexcept;
    static void note_protocol_id(PacketPool& pool, std::uint32_t id) noexcept;

    static std::vector<PoolRecord> records();
    static std::uint64_t forgotten() noexcept;
    static void forget_dead() noexcept;

  private:
    using State = PacketPool::State;

    static PacketPool slots_[capacity];

    // All below: under the lock.
    static void bury(PacketPool& pool) noexcept;
    static void bury_missed() noexcept;
    static void forget_oldest() noexcept;
    static PoolRecord record_of(const PacketPool& pool) noexcept;
};

} // namespace ndispool::ndis
