// The door of <ndispool/packets.h>: for programs only, so it is not among the functions that drivers import.
#include "ndispool/ndis/packet_reserve.h"

#include "ndispool/ndis/packet_bug.h"
#include "ndispool/ndis/packet_pool_fast.h"
#include "ndispool/ndis/packet_pool_table.h"
#include "ndispool/nt/caller.h"

#include <chrono>
#include <cstring>
#include <new>

using namespace ndispool;
using namespace ndispool::ndis;

namespace {

PacketReservation& inside(ndispool_reservation* reservation) noexcept {
    return *reinterpret_cast<PacketReservation*>(reservation->inside);
}

PacketPool* live_pool(NDIS_HANDLE handle, const char* message, const void* caller) noexcept {
    PacketPool* pool = PacketPool::of(handle);
    if (pool == nullptr)
        report({.rule = packet_bug_rule::pool_handle, .message = message, .object = handle, .caller = caller});
    return pool;
}

} // namespace

// The caller's call site; a macro, because a function would have a return address of its own.
#define CALLER() nt::caller(__builtin_return_address(0))

extern "C" {

BOOLEAN NTAPI ndispool_reserve_packets(NDIS_HANDLE pool, UINT count, ndispool_reservation* reservation) {
    auto* made = new (reservation->inside) PacketReservation;
    PacketPool* from =
        live_pool(pool, "ndispool_reserve_packets: not the handle of a packet pool that is still there", CALLER());
    if (from == nullptr)
        return FALSE;
    made->pool = from;
    made->blocks = from->engine().reserve(count);
    return made->blocks.size() == count;
}

UINT NTAPI ndispool_reserved_packets(const ndispool_reservation* reservation) {
    return reinterpret_cast<const PacketReservation*>(reservation->inside)->blocks.size();
}

PNDIS_PACKET NTAPI ndispool_allocate_reserved_packet(ndispool_reservation* reservation) {
    PacketReservation& made = inside(reservation);
    void* block = made.blocks.allocate();
    if (block == nullptr)
        return nullptr;
    std::memset(block, 0, sizeof(void*)); // the reservation's link, where the first stack location is
    return made.pool->dress(block);
}

VOID NTAPI ndispool_release_packets(ndispool_reservation* reservation) {
    PacketReservation& made = inside(reservation);
    if (!made.blocks)
        return;
    made.blocks.release();
    // It may have been freed meanwhile, and what was reserved may have been the last that kept it.
    if (PacketPool::of(made.pool) == nullptr)
        PacketPoolTable::bury_if_empty(*made.pool);
}

BOOLEAN NTAPI ndispool_wait_until_empty(NDIS_HANDLE pool, UINT milliseconds) {
    PacketPool* waited_for =
        live_pool(pool, "ndispool_wait_until_empty: not the handle of a packet pool that is still there", CALLER());
    if (waited_for == nullptr)
        return FALSE;
    const std::chrono::nanoseconds limit =
        milliseconds == NDISPOOL_FOREVER ? std::chrono::nanoseconds::max() : std::chrono::milliseconds(milliseconds);
    return waited_for->engine().wait_until_empty(limit);
}

} // extern "C"
