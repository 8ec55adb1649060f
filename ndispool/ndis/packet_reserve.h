// What a reservation of packets (<ndispool/packets.h>) has inside: the pool it is from and the engine's reservation.
//   Callers:   one thread at a time for each reservation.
//   Holds:     while something is left in it, the pool's memory stays: what is reserved is in use, even of a pool that was freed.
//   Not here:  how descriptors are set aside (the engine), what a fresh packet contains (PacketPool).
#pragma once

#include "ndispool/packets.h"
#include "ndispool/pool.h"

#include <type_traits>

namespace ndispool::ndis {

class PacketPool;

struct PacketReservation {
    PacketPool* pool = nullptr;
    pool::Reservation blocks;
};

static_assert(sizeof(PacketReservation) <= sizeof(ndispool_reservation), "it lives in the caller's structure");
static_assert(alignof(PacketReservation) <= alignof(ndispool_reservation), "likewise");

} // namespace ndispool::ndis
