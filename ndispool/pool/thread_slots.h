// Which thread has which slot of which pool. Pools lie in places of their own, one after the other; a thread has a table with an
// entry for each place, in the same distances.
//   Callers:   any thread. They lock the table of threads, and inside it a pool; never the other way round.
//   Holds:     an entry of a thread's table is its own slot of a pool that is there, or null. When a thread ends, what it
//              kept goes back to the pools; should it use one after that, it does without a slot.
#pragma once

#include "ndispool/pool/engine.h"
#include "ndispool/pool/native.h"

namespace ndispool::pool {

using NativeEngine = Engine<detail::Native>;
using NativeSlot = detail::Slot<detail::Native>;

// Where the pool with that engine is to be. Null: memory was refused, or there are detail::max_pools.
[[nodiscard]] void* take_place(NativeEngine& engine) noexcept;
// It may be another's; no thread has a slot there.
void free_place(void* place) noexcept;

// Every thread forgets its slot of the pool there. Nobody uses the pool any more.
void forget_slots(const void* place, NativeEngine& engine) noexcept;

// The calling thread's slot, made if it has none. Null: it does without this time, because memory was refused or another
// thread is busy here, which is not waited for.
[[nodiscard]] NativeSlot* slot_of_this_thread(const void* place) noexcept;

} // namespace ndispool::pool
