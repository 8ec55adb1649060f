// The checked forms of packet and packet pool functions.
#include "ndispool/ndis/packet_layout.h"
#include "ndispool/ndis/packet_map.h"
#include "ndispool/verify/buffers.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/packets.h"
#include "ndispool/verify/quarantine.h"

namespace ndispool::verify {

namespace {

constexpr UINT canary_bytes = 32;

// `make` calls the plain form with a length of ProtocolReserved.
template <class Make>
void make_pool(Call& call, PNDIS_STATUS status, PNDIS_HANDLE handle, UINT descriptors, UINT overflow, UINT reserved,
               Make make) {
    if (call.refused()) {
        *handle = nullptr;
        *status = NDIS_STATUS_RESOURCES;
        return;
    }
    // A length that would not fit with a canary is the plain form's business.
    const UINT canary = reserved <= ndis::max_protocol_reserved - canary_bytes ? canary_bytes : 0;
    make(reserved + canary);
    if (*status != NDIS_STATUS_SUCCESS) {
        call.note_refusal();
        return;
    }
    auto pool = std::make_unique<PoolEntry>();
    pool->handle = *handle;
    pool->descriptors = descriptors;
    pool->overflow = overflow;
    pool->reserved = reserved;
    pool->canary = canary;
    pool->made = call.site();
    add_pool(std::move(pool));
}

void check_pool_handle(Call& call, NDIS_HANDLE handle) {
    Site made, freed;
    if (call.null_argument(handle, "pool handle"))
        return;
    if (dead_pool(handle, made, freed))
        call.found(rule::use_after_free,
                   std::string(call.function().name) + " was given the handle of a packet pool that had been freed",
                   {{"pool made", made}, {"freed", freed}});
}

using Allocate = VOID(NTAPI*)(PNDIS_STATUS, PNDIS_PACKET*, NDIS_HANDLE);

void note_allocation(PoolEntry& pool) {
    pool.allocations.fetch_add(1, std::memory_order_relaxed); // counts; they order no other data
    const std::uint32_t now = pool.in_use.fetch_add(1, std::memory_order_relaxed) + 1;
    std::uint32_t peak = pool.peak.load(std::memory_order_relaxed);
    while (now > peak && !pool.peak.compare_exchange_weak(peak, now, std::memory_order_relaxed))
        ;
}

void allocate(Call& call, Allocate plain, PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE handle,
              bool non_interlocked) {
    PoolEntry* const pool = pool_of(handle);
    if (!pool)
        check_pool_handle(call, handle);
    if (call.refused()) {
        *packet = nullptr;
        *status = NDIS_STATUS_RESOURCES;
        return;
    }
    plain(status, packet, handle);
    if (!pool)
        return;
    if (!*packet && release_quarantine(*pool, call.site()))
        plain(status, packet, handle);
    if (!*packet) {
        pool->refusals.fetch_add(1, std::memory_order_relaxed);
        call.note_refusal();
        return;
    }
    note_allocation(*pool);
    write_canary(*pool, *packet);
    packets().make(*packet, [&](PacketEntry& entry) {
        entry = {};
        entry.pool = pool;
        entry.non_interlocked = non_interlocked;
        entry.allocated = call.site();
    });
}

void report_in_flight(Call& call, const PacketEntry& entry) {
    if (entry.lent && entry.deserialized && entry.lent_in == this_thread.serial)
        call.found(rule::oob_after_indicate,
                   "a deserialized miniport freed a packet right after its indication: the out-of-band status does not "
                   "say that it is back",
                   {{"allocated", entry.allocated}, {"passed on", entry.passed}});
    else
        call.found(rule::free_in_flight,
                   std::string("a packet was freed while it was ") +
                       (entry.lent ? "lent to the drivers above" : "being sent or filled by the driver below"),
                   {{"allocated", entry.allocated}, {"passed on", entry.passed}});
}

// What is wrong about freeing this packet; true: the core must not free it.
bool refuse_free(Call& call, PNDIS_PACKET packet, PacketEntry* entry, bool non_interlocked) {
    if (entry && entry->freed) {
        call.found(rule::double_free, "a packet was freed again",
                   {{"allocated", entry->allocated}, {"freed", entry->freed_at}});
        return true;
    }
    if (!entry || !entry->pool) {
        const bool a_packet = ndis::packet_map::find(packet) != nullptr;
        call.found(rule::foreign_free,
                   a_packet ? "a packet of another driver's pool was freed" : "something was freed that is no packet",
                   entry ? std::vector<Evidence>{{"received", entry->passed}} : std::vector<Evidence>{});
        return true;
    }
    if (entry->away()) {
        report_in_flight(call, *entry);
        entry->excused = true;
        return true;
    }
    if (entry->non_interlocked != non_interlocked)
        call.found(rule::mixed_flavour,
                   std::string("a packet that was allocated ") + (entry->non_interlocked ? "without" : "with") +
                       " the pool's lock was freed by " + call.function().name,
                   {{"allocated", entry->allocated}});
    return false;
}

void free_packet(Call& call, PNDIS_PACKET packet, bool non_interlocked) {
    if (call.null_argument(packet, "packet"))
        return;
    PoolEntry* const pool = packets().find(packet, [&](PacketEntry* entry) -> PoolEntry* {
        if (refuse_free(call, packet, entry, non_interlocked))
            return nullptr;
        check_canary(packet, *entry, call.site(), "when it was freed");
        note_chained_at_free(packet, call.site());
        entry->freed = true;
        entry->freed_at = call.site();
        poison(packet, entry->pool->packet_bytes());
        return entry->pool;
    });
    if (!pool)
        return;
    pool->frees.fetch_add(1, std::memory_order_relaxed);
    pool->in_use.fetch_sub(1, std::memory_order_relaxed);
    put_in_quarantine(*pool, packet, call.site());
}

VOID NTAPI AllocatePacketPool(PNDIS_STATUS status, PNDIS_HANDLE handle, UINT descriptors, UINT reserved) {
    NDISPOOL_CALL(NdisAllocatePacketPool);
    make_pool(call, status, handle, descriptors, 0, reserved,
              [&](UINT length) { plain_NdisAllocatePacketPool(status, handle, descriptors, length); });
}

VOID NTAPI AllocatePacketPoolEx(PNDIS_STATUS status, PNDIS_HANDLE handle, UINT descriptors, UINT overflow,
                                UINT reserved) {
    NDISPOOL_CALL(NdisAllocatePacketPoolEx);
    make_pool(call, status, handle, descriptors, overflow, reserved,
              [&](UINT length) { plain_NdisAllocatePacketPoolEx(status, handle, descriptors, overflow, length); });
}

VOID NTAPI FreePacketPool(NDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisFreePacketPool);
    if (call.null_argument(handle, "pool handle"))
        return;
    if (PoolEntry* const pool = pool_of(handle)) {
        remove_pool(*pool, call);
        this_thread.reported = true; // the core would say the same about packets that are out
        plain_NdisFreePacketPool(handle);
        bury_pool(*pool, call.site());
        return;
    }
    Site made, freed;
    const bool twice = dead_pool(handle, made, freed);
    call.found(twice ? rule::double_free : rule::foreign_free,
               twice ? "a packet pool was freed again" : "NdisFreePacketPool was given what is no packet pool",
               {{"pool made", made}, {"freed", freed}});
}

UINT NTAPI PacketPoolUsage(NDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisPacketPoolUsage);
    if (const PoolEntry* const pool = pool_of(handle))
        return pool->in_use.load(std::memory_order_relaxed);
    check_pool_handle(call, handle);
    return plain_NdisPacketPoolUsage(handle);
}

VOID NTAPI SetPacketPoolProtocolId(NDIS_HANDLE handle, UINT id) {
    NDISPOOL_CALL(NdisSetPacketPoolProtocolId);
    const PoolEntry* const pool = pool_of(handle);
    if (!pool)
        check_pool_handle(call, handle);
    else if (pool->allocations.load(std::memory_order_relaxed) != 0)
        call.found(rule::late_protocol_id,
                   "NdisSetPacketPoolProtocolId was called when packets had been allocated; they keep their id",
                   {{"pool made", pool->made}});
    plain_NdisSetPacketPoolProtocolId(handle, id);
}

VOID NTAPI AllocatePacket(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE pool) {
    NDISPOOL_CALL(NdisAllocatePacket);
    allocate(call, plain_NdisAllocatePacket, status, packet, pool, false);
}

VOID NTAPI DprAllocatePacket(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE pool) {
    NDISPOOL_CALL(NdisDprAllocatePacket);
    allocate(call, plain_NdisDprAllocatePacket, status, packet, pool, false);
}

VOID NTAPI DprAllocatePacketNonInterlocked(PNDIS_STATUS status, PNDIS_PACKET* packet, NDIS_HANDLE pool) {
    NDISPOOL_CALL(NdisDprAllocatePacketNonInterlocked);
    allocate(call, plain_NdisDprAllocatePacketNonInterlocked, status, packet, pool, true);
}

VOID NTAPI FreePacket(PNDIS_PACKET packet) {
    NDISPOOL_CALL(NdisFreePacket);
    free_packet(call, packet, false);
}

VOID NTAPI DprFreePacket(PNDIS_PACKET packet) {
    NDISPOOL_CALL(NdisDprFreePacket);
    free_packet(call, packet, false);
}

VOID NTAPI DprFreePacketNonInterlocked(PNDIS_PACKET packet) {
    NDISPOOL_CALL(NdisDprFreePacketNonInterlocked);
    free_packet(call, packet, true);
}

} // namespace

std::span<const DoorPart> packet_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisAllocatePacketPool, AllocatePacketPool),
        NDISPOOL_PART(NdisAllocatePacketPoolEx, AllocatePacketPoolEx),
        NDISPOOL_PART(NdisFreePacketPool, FreePacketPool),
        NDISPOOL_PART(NdisPacketPoolUsage, PacketPoolUsage),
        NDISPOOL_PART(NdisSetPacketPoolProtocolId, SetPacketPoolProtocolId),
        NDISPOOL_PART(NdisAllocatePacket, AllocatePacket),
        NDISPOOL_PART(NdisDprAllocatePacket, DprAllocatePacket),
        NDISPOOL_PART(NdisDprAllocatePacketNonInterlocked, DprAllocatePacketNonInterlocked),
        NDISPOOL_PART(NdisFreePacket, FreePacket),
        NDISPOOL_PART(NdisDprFreePacket, DprFreePacket),
        NDISPOOL_PART(NdisDprFreePacketNonInterlocked, DprFreePacketNonInterlocked),
    };
    return list;
}

} // namespace ndispool::verify
