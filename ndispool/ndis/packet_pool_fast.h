// Allocating and freeing a packet, as far as both go well: what NdisAllocatePacket and NdisFreePacket consist of.
//   Callers:   the plain door, which passes __builtin_return_address(0); who called it is found out only when it matters.
//   Not here:  what is said of a wrong handle or packet (packet_pool.cpp).
#pragma once

#include "ndispool/ndis/clear.h"
#include "ndispool/ndis/packet_layout.h"
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

// No function is called in here, so that who calls need not save anything.
[[gnu::always_inline]] inline PNDIS_PACKET PacketPool::make_packet(void* block) noexcept {
    auto* packet = reinterpret_cast<PNDIS_PACKET>(static_cast<std::byte*>(block) + packet_offset_);
    PacketHeader* header = header_of(packet);
    if (header->marks.locations_seen) [[unlikely]]
        for (auto* at = static_cast<std::byte*>(block); at != reinterpret_cast<std::byte*>(header);
             at += packet_header_bytes)
            std::memset(at, 0, packet_header_bytes);
    // NdisAllocatePacket: zero-initialised, whatever the last holder left.
    auto* first = reinterpret_cast<std::byte*>(packet);
    clear_lines(first, first + clear_bytes_);
    header->pool = this;
    header->adapter = nullptr;
    header->references.store(0, std::memory_order_relaxed); // nobody else has the packet
    ++header->generation;
    header->marks = marks_;
    packet->Private.Pool = this;
    packet->Private.Flags = protocol_id_.load(std::memory_order_relaxed); // set before, or late and then any time
    std::memcpy(&packet->Private.ValidCounts, &last_of_private_, sizeof last_of_private_);
    return packet;
}
static_assert(packet_alignment % packet_header_bytes == 0, "the stack locations are cleared in pieces of that size");
static_assert(sizeof(NDIS_PACKET_PRIVATE) - offsetof(NDIS_PACKET_PRIVATE, ValidCounts) >= sizeof(std::uint32_t),
              "ValidCounts, NdisPacketFlags and NdisPacketOobOffset are written at once");

inline void* PacketPool::block_of(PNDIS_PACKET packet) const noexcept {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(packet) - packet_offset_);
}

[[gnu::always_inline]] inline void PacketPool::allocate(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE handle,
                                                        const void* return_address) noexcept {
    PacketPool* pool = of(handle);
    void* block = pool != nullptr ? pool->engine_->allocate_at_once() : nullptr;
    if (block == nullptr) [[unlikely]]
        return allocate_slowly(status, packet, handle, return_address);
    *packet = pool->make_packet(block);
    *status = NDIS_STATUS_SUCCESS;
}

[[gnu::always_inline]] inline void PacketPool::free(PNDIS_PACKET packet, const void* return_address) noexcept {
    PacketPool* pool = packet_map::find(packet);
    // Acquire pairs with the release in PacketPoolTable::publish.
    if (pool == nullptr || pool->state_.load(std::memory_order_acquire) != State::live) [[unlikely]]
        return free_slowly(packet, return_address);
    void* block = pool->block_of(packet);
    PacketHeader::Marks& marks = header_of(packet)->marks;
    // Only what is a static descriptor's start has a header for sure.
    if (!pool->engine_->is_static(block) || !marks.out) [[unlikely]]
        return free_slowly(packet, return_address);
    marks.out = false;
    if (!pool->engine_->free_at_once(block)) [[unlikely]] {
        marks.out = true; // still the caller's
        return free_slowly(packet, return_address);
    }
    // NdisFreePacketPool may have come since, and then this may have been the last packet.
    if (pool->state_.load(std::memory_order_seq_cst) == State::dying) [[unlikely]]
        PacketPoolTable::bury_if_empty(*pool);
}

} // namespace ndispool::ndis
