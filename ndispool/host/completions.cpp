#include "ndispool/host/completions.h"

#include "ndispool/host/dice.h"

#include <atomic>

namespace ndispool::host {

namespace {

std::atomic<Completions> form{Completions::natural};
Dice dice;

} // namespace

void set_completions(Completions wanted, std::uint64_t seed) {
    form.store(wanted, std::memory_order_relaxed); // both before anything runs
    dice.reseed(seed);
}

bool pends() {
    const Completions now = form.load(std::memory_order_relaxed);
    return now == Completions::mixed ? dice.next() % 2 != 0 : now == Completions::pending;
}

} // namespace ndispool::host
