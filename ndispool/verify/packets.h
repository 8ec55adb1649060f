// The ledger of packets and packet pools: where each packet was allocated, where it is, who is to give it back to whom.
//   Callers:   the checked forms of packet and traffic functions, and the handlers' observer; any thread, <= DISPATCH.
//   Holds:     a packet is the driver's own (from one of its pools) or another driver's, known while it is in the driver's hands.
//              A freed packet of the driver is poisoned and waits in its pool's quarantine; a pool that runs dry gets them all
//              back, so a driver has exactly the descriptors it asked for.
//   Not here:  the functions themselves (packet_door.cpp, traffic_door.cpp).
#pragma once

#include "ndispool/machine/lock.h"
#include "ndispool/verify/call.h"
#include "ndispool/verify/table.h"

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace ndispool::verify {

struct PoolEntry {
    NDIS_HANDLE handle = nullptr;
    UINT descriptors = 0, overflow = 0, reserved = 0; // as asked for
    UINT canary = 0;                                  // bytes behind ProtocolReserved, asked for in addition
    Site made;

    std::atomic<std::uint32_t> in_use{0}, peak{0};
    std::atomic<std::uint64_t> allocations{0}, frees{0}, refusals{0};

    machine::Lock lock;
    std::deque<PNDIS_PACKET> quarantine; // guarded by lock

    std::size_t packet_bytes() const; // the visible part
};

struct PacketEntry {
    PoolEntry* pool = nullptr; // null: another driver's, or from a pool that is gone
    bool freed = false;
    bool non_interlocked = false;

    // on its way, given away by the driver
    bool sent = false, lent = false, transferring = false;
    bool was_lent = false;       // in this life: a protocol above may have used ProtocolReserved
    bool deserialized = false;   // the miniport that lent it
    bool excused = false;        // freed while it was on its way: the finding is made, it is no leak as well
    PNDIS_BUFFER head = nullptr; // the chain it went with
    NDIS_STATUS status = 0;      // and the out-of-band status
    std::uint64_t lent_in = 0;   // the handler call it was lent in

    // in the driver's hands, another's
    bool owes_completion = false;
    int owed_returns = 0;
    int receiving = 0;             // receive handlers of it that run
    const void* context = nullptr; // of the adapter or binding it came through

    Site allocated, received, passed, freed_at;
    const char* how = "passed on"; // what happened at `passed`: "received", "returned", "completed"

    bool away() const { return sent || lent || transferring; }
};

Table<PacketEntry>& packets();

// The pool of a handle that is alive; null: none of the driver's.
PoolEntry* pool_of(NDIS_HANDLE handle);
void add_pool(std::unique_ptr<PoolEntry> pool);
// The pool is about to be freed: packets that are out are reported, its quarantine is emptied.
void remove_pool(PoolEntry& pool, Call& call);
// It is freed: its handle is known as dead from here on.
void bury_pool(PoolEntry& pool, const Site& freed);
// Where a pool with this handle was made and freed, if one was.
bool dead_pool(NDIS_HANDLE handle, Site& made, Site& freed);

// Gives the quarantined packets back to the core. False: there were none.
bool release_quarantine(PoolEntry& pool, const Site& now);
void put_in_quarantine(PoolEntry& pool, PNDIS_PACKET packet, const Site& now);

void write_canary(const PoolEntry& pool, PNDIS_PACKET packet);
// Looks at the bytes behind ProtocolReserved; reports and repairs them. Under the packet's lock.
void check_canary(PNDIS_PACKET packet, PacketEntry& entry, const Site& now, const char* when);

// What the pool table is to say: the driver's own numbers, without what the checked door added. By the core's id.
struct PoolNumbers {
    std::uint32_t in_use, peak, reserved, extra_bytes;
    std::uint64_t allocations, frees, refusals;
};
std::map<const void*, PoolNumbers> pool_numbers(); // by handle; dead pools by handle too, the last that had it

// After the unload: pools that are alive, packets that never came back.
void judge_packets();
// While the driver is still there but goes on no more: what was written where nothing should be. `when`: "when it crashed".
void inspect_packets(const char* when);
void forget_packets();

} // namespace ndispool::verify
