#include "ndispool/ndis/packet_pool_fast.h"

#include "ndispool/ndis/packet_bug.h"
#include "ndispool/ndis/packet_layout.h"
#include "ndispool/ndis/packet_memory.h"
#include "ndispool/nt/caller.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace ndispool::ndis {
namespace {

std::atomic<unsigned> stack_locations_of_new_pools{default_stack_locations};

void report_handle(NDIS_HANDLE handle, const char* message, const void* caller) noexcept {
    report({.rule = packet_bug_rule::pool_handle, .message = message, .object = handle, .caller = caller});
}

} // namespace

bool set_packet_stack_locations(unsigned count) noexcept {
    if (count > max_stack_locations)
        return false;
    stack_locations_of_new_pools.store(count, std::memory_order_relaxed); // a number; orders no other data
    return true;
}

PacketPool* PacketPool::make(UINT descriptors, UINT overflow, UINT protocol_reserved, const void* caller) noexcept {
    // NdisAllocatePacketPoolEx: more than 0xFFFF gives RESOURCES; overflow is cut, which is not an error.
    if (descriptors > pool::max_capacity || protocol_reserved > max_protocol_reserved)
        return nullptr;
    const UINT usable_overflow = std::min(overflow, pool::max_capacity - descriptors);
    PacketPool* pool = PacketPoolTable::reserve();
    if (pool == nullptr)
        return nullptr;
    if (!pool->furnish(descriptors, usable_overflow, protocol_reserved)) {
        PacketPoolTable::discard(*pool);
        return nullptr;
    }
    PacketPoolTable::publish(*pool, {.allocator = caller,
                                     .descriptors = descriptors,
                                     .overflow = overflow,
                                     .protocol_reserved = protocol_reserved,
                                     .capacity = descriptors + usable_overflow,
                                     .packet_size = static_cast<std::uint32_t>(visible_bytes(protocol_reserved))});
    return pool;
}

bool PacketPool::furnish(UINT descriptors, UINT overflow, UINT protocol_reserved) noexcept {
    const unsigned locations = stack_locations_of_new_pools.load(std::memory_order_relaxed);
    const std::size_t visible = visible_bytes(protocol_reserved);
    packet_offset_ = static_cast<std::uint32_t>(packet_offset(locations));
    visible_lines_ = static_cast<std::uint32_t>(round_up(visible, packet_alignment));
    PacketHeader header{};
    header.marks = {.level = 0, .stack_locations = static_cast<std::uint8_t>(locations), .touched = 0, .out = true};
    life_ = header.life();
    new_packet_ = {};
    new_packet_.contents.Pool = this;
    new_packet_.contents.Flags = NDIS_PROTOCOL_ID_DEFAULT;
    new_packet_.contents.NdisPacketFlags = fPACKET_ALLOCATED_BY_NDIS;
    new_packet_.contents.NdisPacketOobOffset = static_cast<USHORT>(oob_offset(protocol_reserved));
    refused_since_freed_.store(0, std::memory_order_relaxed);
    if (memory_ == nullptr)
        memory_ = new (std::nothrow) PacketMemory(this);
    if (memory_ == nullptr)
        return false;
    engine_ = pool::Pool::create({.descriptors = descriptors,
                                  .overflow = overflow,
                                  .size = packet_offset(locations) + visible,
                                  .alignment = packet_alignment},
                                 *memory_)
                  .release();
    return engine_ != nullptr;
}

void PacketPool::free_pool(NDIS_HANDLE handle, const void* caller) noexcept {
    PacketPool* pool = PacketPoolTable::at(handle);
    std::uint32_t left = 0;
    if (pool == nullptr || !PacketPoolTable::free(*pool, left))
        report_handle(handle, "NdisFreePacketPool: not the handle of a packet pool that is still there", caller);
    else if (left != 0)
        report({.rule = packet_bug_rule::pool_leak,
                .message = "NdisFreePacketPool: packets of the pool are still out",
                .object = handle,
                .caller = caller,
                .packets = left});
}

PNDIS_PACKET PacketPool::dress(void* block) noexcept {
    return make_packet(block);
}

void PacketPool::allocate_slowly(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE handle,
                                 const void* return_address) noexcept {
    if (PacketPool* pool = of(handle)) {
        void* block = pool->engine_->allocate();
        *packet = block != nullptr ? pool->make_packet(block) : nullptr;
    } else {
        *packet = nullptr;
        if (PacketPool* gone = PacketPoolTable::at(handle))
            gone->refused_since_freed_.fetch_add(1, std::memory_order_relaxed); // a count; orders no other data
        report_handle(handle, "NdisAllocatePacket: not the handle of a packet pool that is still there",
                      nt::caller(return_address));
    }
    *status = *packet != nullptr ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

bool PacketPool::give(PNDIS_PACKET packet) noexcept {
    // Acquire pairs with the release in PacketPoolTable::publish.
    const State before = state_.load(std::memory_order_acquire);
    if (before != State::live && before != State::dying)
        return false;
    void* block = block_of(packet);
    // The engine refuses a second free of an overflow descriptor, whose memory may be gone, but not of a static one.
    if (engine_->is_static(block) && !std::exchange(header_of(packet)->marks.out, false))
        return false;
    if (!engine_->free(block))
        return false;
    // NdisFreePacketPool may have come since, and then this may have been the last packet.
    if (state_.load(std::memory_order_seq_cst) == State::dying)
        PacketPoolTable::bury_if_empty(*this);
    return true;
}

void PacketPool::free_slowly(PNDIS_PACKET packet, const void* return_address) noexcept {
    PacketPool* pool = packet_map::find(packet);
    if (pool != nullptr && pool->give(packet))
        return;
    const void* caller = nt::caller(return_address);
    const bool known = pool != nullptr && pool->state_.load(std::memory_order_acquire) == State::live &&
                       pool->engine_->owns(pool->block_of(packet));
    if (known)
        report({.rule = packet_bug_rule::double_free,
                .message = "NdisFreePacket: the packet was freed before",
                .object = packet,
                .caller = caller});
    else
        report({.rule = packet_bug_rule::not_allocated,
                .message = "NdisFreePacket: not a packet of any pool, or one that was freed before",
                .object = packet,
                .caller = caller});
}

UINT PacketPool::usage(NDIS_HANDLE handle, const void* caller) noexcept {
    if (const PacketPool* pool = of(handle))
        return pool->engine_->in_use();
    report_handle(handle, "NdisPacketPoolUsage: not the handle of a packet pool that is still there", caller);
    const PacketPool* gone = PacketPoolTable::at(handle);
    return gone != nullptr ? PacketPoolTable::left_in(*gone) : 0;
}

void PacketPool::set_protocol_id(NDIS_HANDLE handle, UINT id, const void* caller) noexcept {
    PacketPool* pool = of(handle);
    if (pool == nullptr) {
        report_handle(handle, "NdisSetPacketPoolProtocolId: not the handle of a packet pool that is still there",
                      caller);
        return;
    }
    if (id > NDIS_PROTOCOL_ID_MAX)
        report({.rule = packet_bug_rule::protocol_id_range,
                .message = "NdisSetPacketPoolProtocolId: the id has more than four bits; the others are dropped",
                .object = handle,
                .caller = caller});
    if (pool->engine_->snapshot().allocations != 0)
        report({.rule = packet_bug_rule::protocol_id_late,
                .message = "NdisSetPacketPoolProtocolId: packets were allocated before; they keep their id",
                .object = handle,
                .caller = caller});
    // A number; orders no other data.
    std::atomic_ref(pool->new_packet_.contents.Flags).store(id & NDIS_PROTOCOL_ID_MASK, std::memory_order_relaxed);
    PacketPoolTable::note_protocol_id(*pool, id & NDIS_PROTOCOL_ID_MASK);
}

} // namespace ndispool::ndis
