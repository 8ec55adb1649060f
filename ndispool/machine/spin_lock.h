// Spin locks over one pointer-sized word of a driver (KSPIN_LOCK).
//
// Zero is "free", so a zero-filled lock is a good lock and nothing needs to be freed. A taken word holds its owner's
// thread, so bugs are seen: taking a lock twice is reported and then passes as if taken once; giving back a lock of
// another thread, or a free one, is reported and leaves the lock free.
// No IRQL changes here (NdisAcquireSpinLock = raise_irql, then acquire). A waiter spins briefly, then sleeps: the host
// may have preempted the holder.
#pragma once

#include "ndispool/machine/bug.h"
#include <cstdint>

namespace ndispool::machine {

void acquire(std::uintptr_t& word) noexcept;
bool try_acquire(std::uintptr_t& word) noexcept; // false when any thread, this one too, owns it
void release(std::uintptr_t& word) noexcept;

bool owned_by_caller(std::uintptr_t word) noexcept; // of a word the caller read

} // namespace ndispool::machine
