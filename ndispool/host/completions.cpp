#include "ndispool/host/completions.h"

#include "ndispool/machine/dpc.h"
#include "ndispool/machine/irql.h"

#include <atomic>
#include <memory>
#include <utility>

namespace ndispool::host {

namespace {

std::atomic<Completions> form{Completions::natural};
std::atomic<std::uint64_t> state{0};

struct Later {
    machine::Dpc dpc;
    std::function<void()> completion;
};

void run(void* context) {
    const std::unique_ptr<Later> later(static_cast<Later*>(context));
    later->completion();
}

} // namespace

void set_completions(Completions wanted, std::uint64_t seed) {
    form.store(wanted, std::memory_order_relaxed); // both before anything runs
    state.store(seed, std::memory_order_relaxed);
}

bool pends() {
    const Completions now = form.load(std::memory_order_relaxed);
    if (now != Completions::mixed)
        return now == Completions::pending;
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15; // Weyl sequence, its bits mixed below
    std::uint64_t bits = state.fetch_add(golden, std::memory_order_relaxed) + golden; // a number; orders no other data
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    return (bits >> 40) & 1;
}

void complete_later(std::function<void()> completion) {
    auto later = std::make_unique<Later>();
    later->completion = std::move(completion);
    later->dpc.routine = run;
    later->dpc.context = later.get();
    machine::queue_dpc(later.release()->dpc, machine::current_processor());
}

} // namespace ndispool::host
