// Deferred procedure calls: a routine to run soon, at DISPATCH, on a chosen processor's thread.
//
// The Dpc is its owner's storage and zero-filled means "not queued". The routine and its context are copied before the
// call and the Dpc is not touched afterwards, so a routine may free or queue its own Dpc again.
// Always holds: a queued Dpc runs once; those of one processor run in the order they were queued. After remove_dpc()
// said false, synchronize() waits for a routine that has already begun.
// May be called at any IRQL, from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace ndispool::machine {

struct Dpc {
    void (*routine)(void* context) = nullptr;
    void* context = nullptr;
    Dpc* next = nullptr; // this and `previous`: guarded by the queue's lock
    Dpc* previous = nullptr;
    std::atomic<std::uint32_t> queued_on = 0; // processor + 1; changes only under that processor's queue lock
};

bool queue_dpc(Dpc& dpc, unsigned processor); // false when it already was queued, wherever
bool remove_dpc(Dpc& dpc);                    // true when it was queued and now is not: it will not run

} // namespace ndispool::machine
