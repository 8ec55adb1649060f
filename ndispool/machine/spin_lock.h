// Spin locks over one pointer-sized word of a driver (KSPIN_LOCK).
//
// Zero is "free", so a zero-filled lock is a good lock and nothing needs to be freed. A taken word holds its owner's
// thread, so bugs are seen: taking a lock twice is reported and then passes as if taken once; giving back a lock of
// another thread, or a free one, is reported and leaves the lock free.
// No IRQL changes here (NdisAcquireSpinLock = raise_irql, then acquire). A waiter spins briefly, then sleeps: the host
// may have preempted the holder.
// On a machine of one processor a thread at DISPATCH takes and gives back a lock without a locked instruction: nobody else is
// at DISPATCH, and below it locks are not for drivers.
#pragma once

#include "ndispool/machine/bug.h"
#include "ndispool/machine/irql.h"
#include <atomic>
#include <cstdint>

namespace ndispool::machine {

namespace detail {

inline std::uintptr_t tag() noexcept {
    return reinterpret_cast<std::uintptr_t>(&this_thread);
}
void wait_and_take(std::uintptr_t& word) noexcept;
void given_back(const std::uintptr_t* word, std::uintptr_t was) noexcept;

// Partner of the acquire: the exchange in release(), so that owners see each other's work.
inline bool take(std::uintptr_t& word, std::uintptr_t owner) noexcept {
    const std::atomic_ref lock(word);
    std::uintptr_t seen = lock.load(std::memory_order_acquire);
    if (seen != 0)
        return false;
    if (alone_at_dispatch()) {
        lock.store(owner, std::memory_order_relaxed);
        return true;
    }
    return lock.compare_exchange_strong(seen, owner, std::memory_order_acquire, std::memory_order_relaxed);
}

} // namespace detail

inline void acquire(std::uintptr_t& word) noexcept {
    if (!detail::take(word, detail::tag())) [[unlikely]]
        detail::wait_and_take(word);
}

inline bool try_acquire(std::uintptr_t& word) noexcept { // false when any thread, this one too, owns it
    return detail::take(word, detail::tag());
}

// The store or exchange is the last touch of the word: the next owner may free the lock.
// False, and nothing was done: it is not the caller's, somebody waits for it, or it takes a locked instruction.
inline bool release_alone(std::uintptr_t& word) noexcept {
    const std::atomic_ref lock(word);
    if (!alone_at_dispatch() || lock.load(std::memory_order_relaxed) != detail::tag())
        return false;
    lock.store(0, std::memory_order_release); // partner: the load in take()
    return true;
}

inline void release(std::uintptr_t& word) noexcept {
    if (release_alone(word))
        return;
    const std::uintptr_t was = std::atomic_ref(word).exchange(0, std::memory_order_acq_rel);
    if (was != detail::tag()) [[unlikely]]
        detail::given_back(&word, was);
}

bool owned_by_caller(std::uintptr_t word) noexcept; // of a word the caller read

} // namespace ndispool::machine
