// NDIS spin locks: the machine's, with the level before kept in the lock.
#include "ndis/sync.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/schedule.h"
#include "ndispool/machine/spin_lock.h"

using namespace ndispool;

extern "C" {

void NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    *SpinLock = {};
}

void NdisFreeSpinLock(PNDIS_SPIN_LOCK) {}

void NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    machine::preemption_point();
    const KIRQL old = machine::current_irql();
    if (old != machine::dispatch_level) // the level of nearly every caller on the way of packets
        machine::raise_irql(machine::dispatch_level);
    machine::acquire(SpinLock->SpinLock);
    SpinLock->OldIrql = old; // the owner's, so not before the lock is held
}

void NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    const KIRQL old = SpinLock->OldIrql; // the next owner's as soon as the lock is free
    machine::release(SpinLock->SpinLock);
    if (old != machine::current_irql())
        machine::lower_irql(old);
}

void NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    machine::preemption_point();
    machine::acquire(SpinLock->SpinLock);
}

void NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock) {
    machine::release(SpinLock->SpinLock);
}

} // extern "C"
