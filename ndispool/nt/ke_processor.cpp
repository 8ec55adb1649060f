// IRQL, processors and spin locks: the machine's, under their kernel names.
#include "ndis/kernel.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/schedule.h"
#include "ndispool/machine/spin_lock.h"

using namespace ndispool;

extern "C" {

KIRQL KeGetCurrentIrql() {
    return machine::current_irql();
}

void KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql) {
    *OldIrql = machine::raise_irql(NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel() {
    return machine::raise_irql(machine::dispatch_level);
}

void KeLowerIrql(KIRQL NewIrql) {
    machine::lower_irql(NewIrql);
}

ULONG KeGetCurrentProcessorNumber() {
    return machine::current_processor();
}

KAFFINITY KeQueryActiveProcessors() {
    return (KAFFINITY{1} << machine::processor_count()) - 1;
}

void KeInitializeSpinLock(PKSPIN_LOCK SpinLock) {
    *SpinLock = 0;
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
    machine::preemption_point();
    const KIRQL old = machine::raise_irql(machine::dispatch_level);
    machine::acquire(*SpinLock);
    return old;
}

void KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql) {
    // Stored once the lock is held: OldIrql may be a variable that the lock guards.
    *OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
}

void KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
    machine::release(*SpinLock);
    machine::lower_irql(NewIrql);
}

void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    machine::acquire(*SpinLock);
}

void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) {
    machine::release(*SpinLock);
}

} // extern "C"
