// Work items: routines that run at PASSIVE in a worker thread, where they may block.
//
// Several run at once, at least four; one that finds every worker busy gets a new worker, up to 64, so a routine that
// waits for another item's routine does not hang. Nothing of the caller but routine and context is kept.
#pragma once

namespace ndispool::machine {

using WorkRoutine = void (*)(void* context);

void queue_work(WorkRoutine routine, void* context); // any IRQL up to DISPATCH

// PASSIVE, not from a work routine (that is reported, and nothing is waited for). Every item that was queued before the
// call has finished when it returns.
void drain_work();

} // namespace ndispool::machine
