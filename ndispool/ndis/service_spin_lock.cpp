// NDIS spin locks: the machine's, with the level before kept in the lock.
#include "ndis/sync.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/schedule.h"
#include "ndispool/machine/spin_lock.h"

using namespace ndispool;

namespace {

// Apart from what nearly every caller on the way of packets needs, which then saves no register.
[[gnu::noinline]] void raise_and_acquire(NDIS_SPIN_LOCK& lock) {
    const KIRQL old = machine::raise_irql(machine::dispatch_level);
    machine::acquire(lock.SpinLock);
    lock.OldIrql = old; // the owner's, so not before the lock is held
}

[[gnu::noinline]] void release_and_lower(NDIS_SPIN_LOCK& lock) {
    const KIRQL old = lock.OldIrql; // the next owner's as soon as the lock is free
    machine::release(lock.SpinLock);
    if (old != machine::current_irql())
        machine::lower_irql(old);
}

} // namespace

extern "C" {

void NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    *SpinLock = {};
}

void NdisFreeSpinLock(PNDIS_SPIN_LOCK) {}

void NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    machine::preemption_point();
    if (machine::current_irql() == machine::dispatch_level && machine::try_acquire(SpinLock->SpinLock)) [[likely]]
        SpinLock->OldIrql = machine::dispatch_level;
    else
        raise_and_acquire(*SpinLock);
}

void NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    if (SpinLock->OldIrql != machine::current_irql() || !machine::release_alone(SpinLock->SpinLock)) [[unlikely]]
        release_and_lower(*SpinLock);
}

void NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    machine::preemption_point();
    machine::acquire(SpinLock->SpinLock);
}

void NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    machine::release(SpinLock->SpinLock);
}

} // extern "C"
