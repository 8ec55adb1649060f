// Which thread has which slot of which pool. Pools have numbers; a thread has a table of its slots by number.
//   Callers:   any thread. They lock the table of threads, and inside it a pool; never the other way round.
//   Holds:     an entry of a thread's table is its own slot of a pool that is there, or null. When a thread ends, what it
//              kept goes back to the pools.
#pragma once

#include "ndispool/pool/engine.h"
#include "ndispool/pool/native.h"

#include <optional>

namespace ndispool::pool {

using NativeEngine = Engine<detail::Native>;
using NativeSlot = detail::Slot<detail::Native>;

// Nothing: memory was refused, or there are detail::max_pools.
[[nodiscard]] std::optional<std::uint32_t> number_pool(NativeEngine& engine) noexcept;

// Every thread forgets the pool; its number may be another's. Nobody uses the pool any more.
void forget_pool(std::uint32_t number, NativeEngine& engine) noexcept;

// The calling thread's slot, made if it has none. Null: it does without this time, because memory was refused or another
// thread is busy here, which is not waited for.
[[nodiscard]] NativeSlot* slot_of_this_thread(std::uint32_t number) noexcept;

} // namespace ndispool::pool
