#include "ndispool/ndis/service_rw_lock.h"

#include <atomic>

#include <sched.h>

#include "ndispool/machine/bug.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/spin_lock.h"

namespace ndispool::ndis {
namespace {

// The writer's processor + 1, in the lock's Context; null: nobody writes.
std::atomic_ref<PVOID> writer(NDIS_RW_LOCK& lock) {
    return std::atomic_ref(lock.Context);
}

std::atomic_ref<UINT> readers(NDIS_RW_LOCK& lock, unsigned processor) {
    return std::atomic_ref(lock.RefCount[processor].RefCount);
}

PVOID mark(unsigned processor) {
    return reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(processor) + 1);
}

template <class Done> void wait_until(Done done) {
    for (unsigned tries = 1; !done(); ++tries)
        if (tries % 64 == 0)
            sched_yield(); // whoever is waited for may be preempted
}

bool written_by(NDIS_RW_LOCK& lock, unsigned processor) {
    return writer(lock).load(std::memory_order_relaxed) == mark(processor); // only its own processor stores this value
}

} // namespace

Hold acquire_to_read(NDIS_RW_LOCK& lock) noexcept {
    const unsigned here = machine::current_processor();
    if (written_by(lock, here))
        return Hold::nested_in_write;
    const auto mine = readers(lock, here);
    // R1: either a writer sees this count (W2) or this processor sees the writer. Both sides are seq_cst for that.
    if (mine.fetch_add(1, std::memory_order_seq_cst) != 0)
        return Hold::read;
    while (writer(lock).load(std::memory_order_seq_cst) != nullptr) {
        mine.fetch_sub(1, std::memory_order_release);
        // acquire, partner: W3, the writer's last store
        wait_until([&lock] { return writer(lock).load(std::memory_order_acquire) == nullptr; });
        mine.fetch_add(1, std::memory_order_seq_cst);
    }
    return Hold::read;
}

Hold acquire_to_write(NDIS_RW_LOCK& lock) noexcept {
    const unsigned here = machine::current_processor();
    if (written_by(lock, here))
        return Hold::nested_in_write;
    if (readers(lock, here).load(std::memory_order_relaxed) != 0)
        machine::report_bug("NdisAcquireReadWriteLock: a reader asks to write; its own reading is not waited for",
                            &lock);
    machine::acquire(lock.SpinLock);
    writer(lock).store(mark(here), std::memory_order_seq_cst); // W1, pairs with R1
    for (unsigned processor = 0; processor < machine::max_processors; ++processor)
        if (processor != here)
            // W2, pairs with R1, and with the release of the last reader
            wait_until([&] { return readers(lock, processor).load(std::memory_order_seq_cst) == 0; });
    return Hold::write;
}

void release(NDIS_RW_LOCK& lock, Hold hold) noexcept {
    if (hold == Hold::read) {
        readers(lock, machine::current_processor()).fetch_sub(1, std::memory_order_release); // partner: W2
    } else if (hold == Hold::write) {
        writer(lock).store(nullptr, std::memory_order_release); // W3
        machine::release(lock.SpinLock);
    }
}

} // namespace ndispool::ndis

using namespace ndispool;

extern "C" {

void NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock) {
    *Lock = {};
}

void NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState) {
    const ndis::Hold hold = fWrite ? ndis::acquire_to_write(*Lock) : ndis::acquire_to_read(*Lock);
    LockState->LockState = static_cast<USHORT>(hold);
    LockState->OldIrql = machine::current_irql();
}

void NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState) {
    ndis::release(*Lock, static_cast<ndis::Hold>(LockState->LockState));
}

void NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState) {
    const KIRQL old = machine::raise_irql(machine::dispatch_level);
    NdisDprAcquireReadWriteLock(Lock, fWrite, LockState);
    LockState->OldIrql = old;
}

void NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState) {
    const KIRQL old = LockState->OldIrql;
    NdisDprReleaseReadWriteLock(Lock, LockState);
    machine::lower_irql(old);
}

} // extern "C"
