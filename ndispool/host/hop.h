// Where a packet is: which binding sent it or which adapter lent it, and how many references are out, noted where no driver looks.
//   Callers:   whoever owns the packet at the moment: the send and receive paths. DISPATCH_LEVEL.
//   Holds:     a packet that an intermediate driver passes on as it is (packet stacking) makes another hop while the first one
//              goes on. Hop 0 is noted in the hidden header, hop n in the NdisReserved of stack location n - 1, so each has its
//              own count. Levels move here and nowhere else: NdisIMGetCurrentPacketStack only looks.
#pragma once

#include "ndispool/machine/irql.h"
#include "ndispool/ndis/packet_private.h"

#include <utility>

namespace ndispool::host {

// `References` is std::atomic or std::atomic_ref of a count.
template <class References> int add(References&& references, int count) noexcept {
    if (machine::processor_count() == 1) [[likely]] { // all of this runs at DISPATCH_LEVEL: nobody else does it now
        const auto left = references.load(std::memory_order_relaxed) + count;
        references.store(left, std::memory_order_relaxed);
        return static_cast<int>(left);
    }
    // Release: what this holder did is done before the loan can end. Acquire, for who ends it. Each pairs with the others' here.
    return static_cast<int>(references.fetch_add(count, std::memory_order_acq_rel) + count);
}

inline unsigned current_hop(PNDIS_PACKET packet) noexcept {
    return ndis::header_of(packet)->marks.level;
}

// The owner of the hop that goes on; null when the packet is on none.
inline void* hop_owner(PNDIS_PACKET packet) noexcept {
    const unsigned hop = current_hop(packet);
    if (hop == 0) [[likely]]
        return ndis::header_of(packet)->adapter;
    return reinterpret_cast<void*>(ndis::stack_location(packet, hop - 1)->NdisReserved[0]);
}

// False: the packet is on its way already and has no location left for another hop.
inline bool begin_hop(PNDIS_PACKET packet, void* owner) noexcept {
    ndis::PacketHeader* const header = ndis::header_of(packet);
    if (!header->adapter) [[likely]] {
        ndis::delivery_of(packet)->adapter = owner;
        return true;
    }
    PNDIS_PACKET_STACK const location = ndis::current_stack(packet);
    if (!location)
        return false;
    location->NdisReserved[0] = reinterpret_cast<ULONG_PTR>(owner);
    ndis::push_stack(packet);
    return true;
}

// Ends the innermost hop and says whose it was; null when the packet was on none.
inline void* end_hop(PNDIS_PACKET packet) noexcept {
    if (current_hop(packet) == 0) [[likely]]
        return std::exchange(ndis::header_of(packet)->adapter, nullptr);
    void* const owner = hop_owner(packet);
    ndis::pop_stack(packet);
    return owner;
}

inline void set_references(PNDIS_PACKET packet, int references) noexcept {
    // Relaxed: nobody else has the packet yet.
    if (const unsigned hop = current_hop(packet); hop > 0) [[unlikely]]
        ndis::stack_location(packet, hop - 1)->NdisReserved[1] = static_cast<ULONG_PTR>(references);
    else
        ndis::delivery_of(packet)->references.store(references, std::memory_order_relaxed);
}

// What is left of a hop's references after adding. Whoever brings them to 0 ends the loan.
inline int add_references(PNDIS_PACKET packet, unsigned hop, int count) noexcept {
    if (hop > 0) [[unlikely]]
        return add(std::atomic_ref(ndis::stack_location(packet, hop - 1)->NdisReserved[1]), count);
    return add(ndis::header_of(packet)->references, count);
}

} // namespace ndispool::host
