// The checked forms of lock functions.
#include "ndispool/verify/locks.h"

#include "ndispool/machine/lock.h"
#include "ndispool/machine/spin_lock.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/memory.h"

#include <atomic>
#include <map>
#include <set>
#include <unordered_set>

namespace ndispool::verify {

namespace {

// "First is held while second is taken", where that was seen.
struct Order {
    Site first, second;
};
using Pair = std::pair<const void*, const void*>;

machine::Lock orders_lock; // guards orders
std::map<Pair, Order>& orders() {
    static auto& all = *new std::map<Pair, Order>;
    return all;
}
std::atomic<std::uint32_t> epoch{1}; // changes when orders are forgotten: what threads remember is void then
constexpr std::size_t most_orders = 65'536;

// Pairs this thread has entered already.
struct Seen {
    std::uint32_t epoch = 0;
    std::unordered_set<std::uint64_t> pairs;
};
thread_local Seen seen;

std::uint64_t hash_of(const Pair& pair) {
    return reinterpret_cast<std::uintptr_t>(pair.first) * 0x9E3779B97F4A7C15u ^
           reinterpret_cast<std::uintptr_t>(pair.second) * 0xC2B2AE3D27D4EB4Fu;
}

// A way from `from` to `to` through the orders seen; null: there is none. Under orders_lock.
const Order* way(const void* from, const void* to, std::set<const void*>& visited) {
    if (!visited.insert(from).second)
        return nullptr;
    for (auto at = orders().lower_bound({from, nullptr}); at != orders().end() && at->first.first == from; ++at)
        if (at->first.second == to || way(at->first.second, to, visited))
            return &at->second;
    return nullptr;
}

void enter_order(Call& call, const HeldLock& held, const void* lock) {
    const Pair pair{held.lock, lock};
    if (seen.epoch != epoch.load(std::memory_order_relaxed)) {
        seen.pairs.clear();
        seen.epoch = epoch.load(std::memory_order_relaxed);
    }
    if (!seen.pairs.insert(hash_of(pair)).second)
        return;
    const machine::Locked locked(orders_lock);
    if (orders().contains(pair))
        return;
    std::set<const void*> visited;
    if (const Order* const other = way(lock, held.lock, visited))
        call.found(rule::lock_order, "two spin locks are taken in one order here and in the other order elsewhere",
                   {{"there first", other->first}, {"there second", other->second}, {"here first", held.acquired}});
    if (orders().size() < most_orders)
        orders()[pair] = {held.acquired, call.site()};
}

void forget_lock(const void* lock) {
    const machine::Locked locked(orders_lock);
    if (std::erase_if(orders(), [lock](const auto& entry) {
            return entry.first.first == lock || entry.first.second == lock;
        }) != 0)
        epoch.fetch_add(1, std::memory_order_relaxed);
}

const HeldLock* held_by_me(const void* lock) {
    for (unsigned i = 0; i < this_thread.lock_count; ++i)
        if (this_thread.locks[i].lock == lock)
            return &this_thread.locks[i];
    return nullptr;
}

// Before the lock is taken. True: the plain form may be called.
bool before_acquire(Call& call, const void* lock, bool recursive) {
    if (const HeldLock* const mine = held_by_me(lock); mine && !recursive) {
        call.found(rule::lock_order,
                   "a spin lock is taken again by the thread that holds it: on Windows it waits for ever",
                   {{"lock acquired", mine->acquired}});
        return false;
    }
    if (this_thread.lock_count > 0 && !held_by_me(lock))
        enter_order(call, this_thread.locks[this_thread.lock_count - 1], lock);
    return true;
}

void after_acquire(Call& call, const HeldLock& held) {
    if (this_thread.lock_count == this_thread.locks.size())
        return;
    HeldLock& mine = this_thread.locks[this_thread.lock_count++] = held;
    mine.acquired = call.site();
}

// True: the plain form is to release it.
bool before_release(Call& call, const void* lock) {
    for (unsigned i = this_thread.lock_count; i-- > 0;) {
        if (this_thread.locks[i].lock != lock)
            continue;
        const bool phantom = this_thread.locks[i].phantom;
        for (unsigned j = i; j + 1 < this_thread.lock_count; ++j)
            this_thread.locks[j] = this_thread.locks[j + 1];
        --this_thread.lock_count;
        return !phantom;
    }
    if (this_thread.lock_count == this_thread.locks.size())
        return true; // more locks than are remembered
    call.found(rule::lock_leak, "a spin lock is released by a thread that does not hold it");
    return false;
}

template <class Plain> void acquire(Call& call, const void* lock, Plain plain) {
    survive_freed_memory(call, lock, sizeof(KSPIN_LOCK), "a spin lock");
    const bool really = before_acquire(call, lock, false);
    if (really)
        plain();
    after_acquire(call, {lock, {}, false, !really, false});
}

template <class Plain> void release(Call& call, const void* lock, Plain plain) {
    if (before_release(call, lock))
        plain();
}

VOID NTAPI AllocateSpinLock(PNDIS_SPIN_LOCK lock) {
    NDISPOOL_CALL(NdisAllocateSpinLock);
    forget_lock(lock);
    plain_NdisAllocateSpinLock(lock);
}

VOID NTAPI FreeSpinLock(PNDIS_SPIN_LOCK lock) {
    NDISPOOL_CALL(NdisFreeSpinLock);
    if (const HeldLock* const mine = held_by_me(lock))
        call.found(rule::lock_leak, "a spin lock is freed while it is held", {{"lock acquired", mine->acquired}});
    forget_lock(lock);
    plain_NdisFreeSpinLock(lock);
}

VOID NTAPI AcquireSpinLock(PNDIS_SPIN_LOCK lock) {
    NDISPOOL_CALL(NdisAcquireSpinLock);
    acquire(call, lock, [&] { plain_NdisAcquireSpinLock(lock); });
}

VOID NTAPI ReleaseSpinLock(PNDIS_SPIN_LOCK lock) {
    NDISPOOL_CALL(NdisReleaseSpinLock);
    release(call, lock, [&] { plain_NdisReleaseSpinLock(lock); });
}

VOID NTAPI DprAcquireSpinLock(PNDIS_SPIN_LOCK lock) {
    NDISPOOL_CALL(NdisDprAcquireSpinLock);
    acquire(call, lock, [&] { plain_NdisDprAcquireSpinLock(lock); });
}

VOID NTAPI DprReleaseSpinLock(PNDIS_SPIN_LOCK lock) {
    NDISPOOL_CALL(NdisDprReleaseSpinLock);
    release(call, lock, [&] { plain_NdisDprReleaseSpinLock(lock); });
}

VOID NTAPI InitializeKernelLock(PKSPIN_LOCK lock) {
    NDISPOOL_CALL(KeInitializeSpinLock);
    forget_lock(lock);
    plain_KeInitializeSpinLock(lock);
}

VOID NTAPI AcquireKernelLock(PKSPIN_LOCK lock, PKIRQL old) {
    NDISPOOL_CALL(KeAcquireSpinLock);
    *old = machine::current_irql();
    acquire(call, lock, [&] { plain_KeAcquireSpinLock(lock, old); });
}

KIRQL NTAPI AcquireKernelLockRaise(PKSPIN_LOCK lock) {
    NDISPOOL_CALL(KeAcquireSpinLockRaiseToDpc);
    KIRQL old = machine::current_irql();
    acquire(call, lock, [&] { old = plain_KeAcquireSpinLockRaiseToDpc(lock); });
    return old;
}

VOID NTAPI ReleaseKernelLock(PKSPIN_LOCK lock, KIRQL level) {
    NDISPOOL_CALL(KeReleaseSpinLock);
    release(call, lock, [&] { plain_KeReleaseSpinLock(lock, level); });
}

VOID NTAPI AcquireKernelLockAtDpc(PKSPIN_LOCK lock) {
    NDISPOOL_CALL(KeAcquireSpinLockAtDpcLevel);
    acquire(call, lock, [&] { plain_KeAcquireSpinLockAtDpcLevel(lock); });
}

VOID NTAPI ReleaseKernelLockFromDpc(PKSPIN_LOCK lock) {
    NDISPOOL_CALL(KeReleaseSpinLockFromDpcLevel);
    release(call, lock, [&] { plain_KeReleaseSpinLockFromDpcLevel(lock); });
}

VOID NTAPI InitializeReadWriteLock(PNDIS_RW_LOCK lock) {
    NDISPOOL_CALL(NdisInitializeReadWriteLock);
    forget_lock(lock);
    plain_NdisInitializeReadWriteLock(lock);
}

// Reading may nest in reading and in writing; writing does not nest in reading.
template <class Plain> void acquire_read_write(Call& call, PNDIS_RW_LOCK lock, BOOLEAN write, Plain plain) {
    survive_freed_memory(call, lock, sizeof *lock, "a read-write lock");
    const HeldLock* const mine = held_by_me(lock);
    const bool really = before_acquire(call, lock, !(write && mine && mine->shared));
    if (really)
        plain();
    after_acquire(call, {lock, {}, !write, !really, true});
}

VOID NTAPI AcquireReadWriteLock(PNDIS_RW_LOCK lock, BOOLEAN write, PLOCK_STATE state) {
    NDISPOOL_CALL(NdisAcquireReadWriteLock);
    acquire_read_write(call, lock, write, [&] { plain_NdisAcquireReadWriteLock(lock, write, state); });
}

VOID NTAPI ReleaseReadWriteLock(PNDIS_RW_LOCK lock, PLOCK_STATE state) {
    NDISPOOL_CALL(NdisReleaseReadWriteLock);
    release(call, lock, [&] { plain_NdisReleaseReadWriteLock(lock, state); });
}

VOID NTAPI DprAcquireReadWriteLock(PNDIS_RW_LOCK lock, BOOLEAN write, PLOCK_STATE state) {
    NDISPOOL_CALL(NdisDprAcquireReadWriteLock);
    acquire_read_write(call, lock, write, [&] { plain_NdisDprAcquireReadWriteLock(lock, write, state); });
}

VOID NTAPI DprReleaseReadWriteLock(PNDIS_RW_LOCK lock, PLOCK_STATE state) {
    NDISPOOL_CALL(NdisDprReleaseReadWriteLock);
    release(call, lock, [&] { plain_NdisDprReleaseReadWriteLock(lock, state); });
}

} // namespace

static_assert(offsetof(NDIS_SPIN_LOCK, SpinLock) == 0, "both kinds of spin lock begin with the machine's word");

void check_locks_left(const void* handler, unsigned held_before) {
    if (this_thread.lock_count <= held_before)
        return;
    const Site here = site_of_handler(handler);
    while (this_thread.lock_count > held_before) {
        const HeldLock left = this_thread.locks[--this_thread.lock_count];
        found(rule::lock_leak, "a handler returned with a spin lock held",
              {{"lock acquired", left.acquired}, {"handler", here}});
        // So that the run goes on. A read-write lock needs a state that only the driver has.
        if (!left.phantom && !left.read_write)
            machine::release(*static_cast<std::uintptr_t*>(const_cast<void*>(left.lock)));
    }
}

void forget_locks() {
    const machine::Locked locked(orders_lock);
    orders().clear();
    epoch.fetch_add(1, std::memory_order_relaxed);
    this_thread.lock_count = 0;
}

std::span<const DoorPart> lock_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisAllocateSpinLock, AllocateSpinLock),
        NDISPOOL_PART(NdisFreeSpinLock, FreeSpinLock),
        NDISPOOL_PART(NdisAcquireSpinLock, AcquireSpinLock),
        NDISPOOL_PART(NdisReleaseSpinLock, ReleaseSpinLock),
        NDISPOOL_PART(NdisDprAcquireSpinLock, DprAcquireSpinLock),
        NDISPOOL_PART(NdisDprReleaseSpinLock, DprReleaseSpinLock),
        NDISPOOL_PART(KeInitializeSpinLock, InitializeKernelLock),
        NDISPOOL_PART(KeAcquireSpinLock, AcquireKernelLock),
        NDISPOOL_PART(KeAcquireSpinLockRaiseToDpc, AcquireKernelLockRaise),
        NDISPOOL_PART(KeReleaseSpinLock, ReleaseKernelLock),
        NDISPOOL_PART(KeAcquireSpinLockAtDpcLevel, AcquireKernelLockAtDpc),
        NDISPOOL_PART(KeReleaseSpinLockFromDpcLevel, ReleaseKernelLockFromDpc),
        NDISPOOL_PART(NdisInitializeReadWriteLock, InitializeReadWriteLock),
        NDISPOOL_PART(NdisAcquireReadWriteLock, AcquireReadWriteLock),
        NDISPOOL_PART(NdisReleaseReadWriteLock, ReleaseReadWriteLock),
        NDISPOOL_PART(NdisDprAcquireReadWriteLock, DprAcquireReadWriteLock),
        NDISPOOL_PART(NdisDprReleaseReadWriteLock, DprReleaseReadWriteLock),
    };
    return list;
}

} // namespace ndispool::verify
