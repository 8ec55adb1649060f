// Allocating and freeing a packet, as far as both go well: what NdisAllocatePacket and NdisFreePacket consist of.
//   Callers:   the plain door; who called it is found out only when it matters.
//   Not here:  what is said of a wrong handle or packet (packet_pool.cpp).
#pragma once

#include "ndispool/ndis/packet_layout.h"
#include "ndispool/ndis/packet_lines.h"
#include "ndispool/ndis/packet_map.h"
#include "ndispool/ndis/packet_pool.h"
#include "ndispool/ndis/packet_pool_table.h"
#include "ndispool/ndis/packet_private.h"
#include "ndispool/pool.h"

#include <cstring>

namespace ndispool::ndis {

inline PacketPool* PacketPool::of(NDIS_HANDLE handle) noexcept {
    PacketPool* pool = PacketPoolTable::at(handle);
    // Acquire pairs with the release in PacketPoolTable::publish.
    return pool != nullptr && pool->state_.load(std::memory_order_acquire) == State::live ? pool : nullptr;
}

// No function is called in here, so that who calls need not save anything. What it costs is its stores: what is likely to be right
// already is looked at instead.
[[gnu::always_inline]] inline PNDIS_PACKET PacketPool::make_packet(void* block) noexcept {
    auto* packet = reinterpret_cast<PNDIS_PACKET>(static_cast<std::byte*>(block) + packet_offset_);
    PacketHeader* header = header_of(packet);
    const std::uint64_t last_life = header->life();
    if ((last_life & PacketHeader::touched) != 0) [[unlikely]] {
        if ((header->marks.touched & PacketHeader::Marks::locations) != 0)
            for (auto* at = static_cast<std::byte*>(block); at != reinterpret_cast<std::byte*>(header);
                 at += packet_header_bytes)
                std::memset(at, 0, packet_header_bytes);
        header->adapter = nullptr;
        header->references.store(0, std::memory_order_relaxed); // nobody else has the packet
    }
    header->set_life(life_ | ((last_life + PacketHeader::one_generation) & PacketHeader::all_generations));
    if (header->pool != this) [[unlikely]]
        header->pool = this;
    // NdisAllocatePacket: zero-initialised, whatever the last holder left.
    write_lines(packet, visible_lines_, new_packet_);
    return packet;
}
static_assert(packet_alignment % packet_header_bytes == 0, "the stack locations are cleared in pieces of that size");

// Most pools are made with the usual number of stack locations. A processor guesses that, and goes on with the block at once; to
// subtract what it reads it would wait for four loads, each for the one before.
[[gnu::always_inline]] inline void* PacketPool::block_of(PNDIS_PACKET packet) const noexcept {
    auto block = reinterpret_cast<std::uintptr_t>(packet) - packet_offset(default_stack_locations);
    if (packet_offset_ != packet_offset(default_stack_locations)) [[unlikely]] {
        asm volatile("" : "+r"(block)); // so that this stays a branch
        block = reinterpret_cast<std::uintptr_t>(packet) - packet_offset_;
    }
    return reinterpret_cast<void*>(block);
}

[[gnu::always_inline]] inline bool PacketPool::allocate_at_once(PNDIS_STATUS status, PNDIS_PACKET* packet,
                                                                NDIS_HANDLE handle) noexcept {
    PacketPool* pool = of(handle);
    void* block = pool != nullptr ? pool->engine_->allocate_at_once() : nullptr;
    if (block == nullptr) [[unlikely]]
        return false;
    *packet = pool->make_packet(block);
    *status = NDIS_STATUS_SUCCESS;
    return true;
}

[[gnu::always_inline]] inline bool PacketPool::free_at_once(PNDIS_PACKET packet) noexcept {
    PacketPool* pool = packet_map::find(packet);
    // Acquire pairs with the release in PacketPoolTable::publish.
    if (pool == nullptr || pool->state_.load(std::memory_order_acquire) != State::live) [[unlikely]]
        return false;
    void* block = pool->block_of(packet);
    // Only what is a static descriptor's start has a header for sure.
    if (!pool->engine_->is_static(block)) [[unlikely]]
        return false;
    PacketHeader* header = header_of(packet);
    const std::uint64_t life = header->life();
    if ((life & PacketHeader::out) == 0) [[unlikely]]
        return false;
    header->set_life(life & ~PacketHeader::out);
    if (!pool->engine_->free_static_at_once(block)) [[unlikely]] {
        header->set_life(life); // still the caller's
        return false;
    }
    // NdisFreePacketPool may have come since, and then this may have been the last packet.
    if (pool->state_.load(std::memory_order_seq_cst) == State::dying) [[unlikely]]
        PacketPoolTable::bury_if_empty(*pool);
    return true;
}

} // namespace ndispool::ndis
