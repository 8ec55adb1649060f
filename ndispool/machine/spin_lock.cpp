#include "ndispool/machine/spin_lock.h"
#include "ndispool/machine/bell.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/relax.h"
#include <atomic>

namespace ndispool::machine {

namespace {

using Word = std::uintptr_t;

constexpr Word awaited = 1; // beside the owner's tag: whoever gives the lock back rings
constexpr unsigned tries = 64;

static_assert(alignof(detail::ThreadState) > awaited, "a thread's tag leaves the bit free");

Word tag() noexcept {
    return reinterpret_cast<Word>(&detail::this_thread);
}

// Partner of the acquire: the exchange in release(), so that owners see each other's work.
bool take(Word& word, Word owner) noexcept {
    const std::atomic_ref lock(word);
    Word seen = lock.load(std::memory_order_relaxed);
    return seen == 0 && lock.compare_exchange_strong(seen, owner, std::memory_order_acquire);
}

// False when it is free by now.
bool mark_awaited(Word& word) noexcept {
    const std::atomic_ref lock(word);
    Word seen = lock.load(std::memory_order_acquire);
    while (seen != 0 && !(seen & awaited))
        if (lock.compare_exchange_weak(seen, seen | awaited, std::memory_order_acq_rel))
            return true;
    return seen != 0;
}

[[gnu::noinline]] void wait_and_take(Word& word) noexcept {
    for (unsigned i = 0; i < tries; ++i, relax())
        if (take(word, tag()))
            return;
    Bell& bell = bell_at(&word);
    for (;;) {
        const auto ticket = bell.listen();
        if (mark_awaited(word))
            bell.sleep(ticket);
        if (take(word, tag() | awaited)) // others may sleep still
            return;
    }
}

} // namespace

void acquire(Word& word) noexcept {
    if (take(word, tag()))
        return;
    if (owned_by_caller(std::atomic_ref(word).load(std::memory_order_relaxed)))
        return report_bug("spin lock taken by the thread that owns it", &word);
    wait_and_take(word);
}

bool try_acquire(Word& word) noexcept {
    return take(word, tag());
}

void release(Word& word) noexcept {
    Bell& bell = bell_at(&word); // the exchange is the last touch: the next owner may free the lock
    const Word was = std::atomic_ref(word).exchange(0, std::memory_order_acq_rel);
    if (!owned_by_caller(was))
        report_bug(was ? "spin lock given back by a thread that does not own it" : "free spin lock given back", &word);
    if (was & awaited)
        bell.ring();
}

bool owned_by_caller(Word word) noexcept {
    return (word & ~awaited) == tag();
}

} // namespace ndispool::machine
