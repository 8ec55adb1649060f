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

// False when it is free by now.
bool mark_awaited(Word& word) noexcept {
    const std::atomic_ref lock(word);
    Word seen = lock.load(std::memory_order_acquire);
    while (seen != 0 && !(seen & awaited))
        if (lock.compare_exchange_weak(seen, seen | awaited, std::memory_order_acq_rel))
            return true;
    return seen != 0;
}

} // namespace

void detail::wait_and_take(Word& word) noexcept {
    if (owned_by_caller(std::atomic_ref(word).load(std::memory_order_relaxed)))
        return report_bug("spin lock taken by the thread that owns it", &word);
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

void detail::given_back(const Word* word, Word was) noexcept {
    if (!owned_by_caller(was))
        report_bug(was ? "spin lock given back by a thread that does not own it" : "free spin lock given back", word);
    if (was & awaited)
        bell_at(word).ring();
}

bool owned_by_caller(Word word) noexcept {
    return (word & ~awaited) == detail::tag();
}

} // namespace ndispool::machine
