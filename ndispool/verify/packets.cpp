#include "ndispool/verify/packets.h"

#include "ndispool/ndis/packet_layout.h"
#include "ndispool/verify/buffers.h"
#include "ndispool/verify/quarantine.h"
#include "ndispool/verify/unfinished.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace ndispool::verify {

namespace {

constexpr std::size_t quarantine_size = 64;   // packets of each pool
constexpr std::size_t dead_kept = 65'536;     // packets of pools that are gone
constexpr std::size_t dead_pools_kept = 1024; // handles

struct DeadPool {
    Site made, freed;
    PoolNumbers numbers;
};

machine::Lock pools_lock; // guards the two below
auto& pools() {
    static auto& all = *new std::unordered_map<const void*, std::unique_ptr<PoolEntry>>;
    return all;
}
auto& dead_pools() {
    static auto& all = *new std::map<const void*, DeadPool>;
    return all;
}
std::atomic<std::size_t> dead_packets{0};

PoolNumbers numbers_of(const PoolEntry& pool) {
    return {pool.in_use.load(std::memory_order_relaxed),
            pool.peak.load(std::memory_order_relaxed),
            pool.reserved,
            static_cast<std::uint32_t>(ndis::visible_bytes(pool.reserved + pool.canary) -
                                       ndis::visible_bytes(pool.reserved)),
            pool.allocations.load(std::memory_order_relaxed),
            pool.frees.load(std::memory_order_relaxed),
            pool.refusals.load(std::memory_order_relaxed)};
}

// A packet of the quarantine: whoever wrote to it meanwhile did so after the free.
void check_poison(const PoolEntry& pool, PNDIS_PACKET packet, const Site& now) {
    if (const auto change = first_change(packet, pool.packet_bytes(), poison_byte))
        packets().find(packet, [&](const PacketEntry* entry) {
            if (entry)
                found(rule::use_after_free,
                      "a packet was written to after it had been freed, at offset " + std::to_string(*change),
                      {{"allocated", entry->allocated}, {"freed", entry->freed_at}, {"found", now}});
        });
}

void release(PoolEntry& pool, PNDIS_PACKET packet, const Site& now) {
    check_poison(pool, packet, now);
    plain_NdisFreePacket(packet);
}

// Packets with the same history are one group.
struct Holder {
    Site allocated, passed;
    bool away = false;
    std::uint64_t count = 0;
};
using Holders = std::map<std::pair<StackId, StackId>, Holder>;

void add_holder(Holders& holders, const PacketEntry& entry) {
    Holder& holder = holders[{entry.allocated.stack, entry.passed.stack}];
    holder.allocated = entry.allocated;
    holder.passed = entry.passed;
    holder.away = holder.away || entry.away();
    ++holder.count;
}

// Packets that are out, each group with the places it shares.
template <class Which> Holders holders_of(Which which) {
    Holders holders;
    packets().each([&](const void*, const PacketEntry& entry) {
        if (entry.pool && !entry.freed && !entry.excused && which(entry))
            add_holder(holders, entry);
    });
    return holders;
}

std::string packets_text(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " packet" : " packets");
}

} // namespace

std::size_t PoolEntry::packet_bytes() const {
    return ndis::visible_bytes(reserved + canary);
}

Table<PacketEntry>& packets() {
    static auto& all = *new Table<PacketEntry>;
    return all;
}

PoolEntry* pool_of(NDIS_HANDLE handle) {
    const machine::Locked locked(pools_lock);
    const auto found = pools().find(handle);
    return found == pools().end() ? nullptr : found->second.get();
}

void add_pool(std::unique_ptr<PoolEntry> pool) {
    const machine::Locked locked(pools_lock);
    dead_pools().erase(pool->handle);
    const void* const handle = pool->handle;
    pools()[handle] = std::move(pool);
}

void remove_pool(PoolEntry& pool, Call& call) {
    const Holders holders = holders_of([&](const PacketEntry& entry) { return entry.pool == &pool; });
    std::uint64_t out = 0;
    for (const auto& [key, holder] : holders)
        out += holder.count;
    for (const auto& [key, holder] : holders)
        call.found(rule::pool_leak,
                   "NdisFreePacketPool with " + packets_text(out) + " of the pool out" +
                       (holders.size() > 1 ? ", " + packets_text(holder.count) + " of them from here" : ""),
                   {{"pool made", pool.made}, {"allocated", holder.allocated}, {"passed on", holder.passed}});
    release_quarantine(pool, call.site());
    std::size_t dead = 0;
    packets().each([&](const void*, PacketEntry& entry) {
        if (entry.pool != &pool)
            return;
        if (entry.freed) {
            entry.pool = nullptr;
            ++dead;
        }
    });
    if (dead_packets.fetch_add(dead, std::memory_order_relaxed) + dead > dead_kept) {
        dead_packets.store(0, std::memory_order_relaxed);
        packets().erase_if([](const void*, const PacketEntry& entry) { return entry.freed && !entry.pool; });
    }
}

bool dead_pool(NDIS_HANDLE handle, Site& made, Site& freed) {
    const machine::Locked locked(pools_lock);
    const auto found = dead_pools().find(handle);
    if (found == dead_pools().end())
        return false;
    made = found->second.made;
    freed = found->second.freed;
    return true;
}

void bury_pool(PoolEntry& pool, const Site& freed) {
    std::unique_ptr<PoolEntry> gone;
    const machine::Locked locked(pools_lock);
    if (dead_pools().size() >= dead_pools_kept)
        dead_pools().erase(dead_pools().begin());
    dead_pools()[pool.handle] = {pool.made, freed, numbers_of(pool)};
    const auto found = pools().find(pool.handle);
    if (found == pools().end())
        return;
    gone = std::move(found->second);
    pools().erase(found);
    // Packets that are still out go on to point at it.
    if (gone->in_use.load(std::memory_order_relaxed) != 0)
        (void)gone.release();
}

bool release_quarantine(PoolEntry& pool, const Site& now) {
    std::deque<PNDIS_PACKET> all;
    {
        const machine::Locked locked(pool.lock);
        all.swap(pool.quarantine);
    }
    for (PNDIS_PACKET packet : all)
        release(pool, packet, now);
    return !all.empty();
}

void put_in_quarantine(PoolEntry& pool, PNDIS_PACKET packet, const Site& now) {
    PNDIS_PACKET oldest = nullptr;
    {
        const machine::Locked locked(pool.lock);
        pool.quarantine.push_back(packet);
        if (pool.quarantine.size() > quarantine_size) {
            oldest = pool.quarantine.front();
            pool.quarantine.pop_front();
        }
    }
    if (oldest)
        release(pool, oldest, now);
}

void write_canary(const PoolEntry& pool, PNDIS_PACKET packet) {
    std::memset(packet->ProtocolReserved + pool.reserved, canary_byte, pool.canary);
}

void check_canary(PNDIS_PACKET packet, PacketEntry& entry, const Site& now, const char* when) {
    const PoolEntry* const pool = entry.pool;
    if (!pool || pool->canary == 0)
        return;
    // Protocols above may use four pointers of what was indicated to them, however little the pool has.
    const UINT start =
        entry.was_lent ? std::max<UINT>(pool->reserved, PROTOCOL_RESERVED_SIZE_IN_PACKET) : pool->reserved;
    const UINT end = pool->reserved + pool->canary;
    if (start >= end)
        return;
    const auto change = first_change(packet->ProtocolReserved + start, end - start, canary_byte);
    if (!change)
        return;
    found(rule::reserved_overrun,
          "a packet's ProtocolReserved of " + std::to_string(pool->reserved) +
              " bytes was written past its end, at byte " + std::to_string(start + *change) + ", seen " + when,
          {{"pool made", pool->made}, {"allocated", entry.allocated}, {"passed on", entry.passed}, {"found", now}});
    std::memset(packet->ProtocolReserved + start, canary_byte, end - start);
}

std::map<const void*, PoolNumbers> pool_numbers() {
    std::map<const void*, PoolNumbers> numbers;
    const machine::Locked locked(pools_lock);
    for (const auto& [handle, dead] : dead_pools())
        numbers[handle] = dead.numbers;
    for (const auto& [handle, pool] : pools())
        numbers[handle] = numbers_of(*pool);
    return numbers;
}

void judge_packets() {
    const Site now = site_now(StackId::none);
    std::vector<PoolEntry*> alive;
    {
        const machine::Locked locked(pools_lock);
        for (const auto& [handle, pool] : pools())
            alive.push_back(pool.get());
    }
    for (PoolEntry* pool : alive) {
        release_quarantine(*pool, now);
        const std::uint32_t out = pool->in_use.load(std::memory_order_relaxed);
        found(rule::pool_not_freed,
              "a packet pool was not freed before the driver was unloaded, " + packets_text(out) + " out",
              {{"pool made", pool->made}});
    }
    for (const auto& [key, holder] : holders_of([](const PacketEntry&) { return true; }))
        found(rule::packet_leak, packets_text(holder.count) + " allocated here never came back to the pool",
              {{"allocated", holder.allocated}, {"passed on", holder.passed}});
}

void inspect_packets(const char* when) {
    const Site now = site_now(StackId::none);
    packets().each([&](const void* address, PacketEntry& entry) {
        if (entry.pool && !entry.freed)
            check_canary(static_cast<PNDIS_PACKET>(const_cast<void*>(address)), entry, now, when);
    });
    const machine::Locked locked(pools_lock);
    for (const auto& [handle, pool] : pools()) {
        const machine::Locked also_locked(pool->lock);
        for (PNDIS_PACKET packet : pool->quarantine)
            check_poison(*pool, packet, now);
    }
}

std::vector<Unfinished> unfinished_packets() {
    std::vector<Unfinished> all;
    for (const auto& [key, holder] : holders_of([](const PacketEntry&) { return true; }))
        all.push_back({packets_text(holder.count) + " of the driver " +
                           (holder.away ? "passed on and not back" : "out of the pool"),
                       {{"allocated", holder.allocated}, {"passed on", holder.passed}}});
    return all;
}

void forget_packets() {
    packets().erase_if([](const void*, const PacketEntry&) { return true; });
    const machine::Locked locked(pools_lock);
    pools().clear();
    dead_pools().clear();
    dead_packets.store(0, std::memory_order_relaxed);
}

} // namespace ndispool::verify
