#include "ndispool/ndis/packet_bug.h"

#include <atomic>
#include <cstdio>

namespace ndispool::ndis {
namespace {

// Counts; they order no other data.
std::atomic<std::uint64_t> reported{0};
std::atomic<std::uint32_t> printed{0};

// A driver that does it for every packet must not drown what else there is to read.
constexpr std::uint32_t printed_at_most = 10;

void print(const PacketBug& bug) {
    if (printed.load(std::memory_order_relaxed) < printed_at_most &&
        printed.fetch_add(1, std::memory_order_relaxed) < printed_at_most)
        std::fprintf(stderr, "ndispool: %s: %s (object %p, called from %p, packets %u)\n", bug.rule, bug.message,
                     bug.object, bug.caller, bug.packets);
}

std::atomic<PacketBugHook> current_hook{print};

} // namespace

void set_packet_bug_hook(PacketBugHook hook) noexcept {
    printed.store(0, std::memory_order_relaxed);
    // Release pairs with the acquire in report(): the hook sees what was set up for it.
    current_hook.store(hook != nullptr ? hook : print, std::memory_order_release);
}

void report(const PacketBug& bug) noexcept {
    reported.fetch_add(1, std::memory_order_relaxed);
    current_hook.load(std::memory_order_acquire)(bug);
}

std::uint64_t packet_bugs_reported() noexcept {
    return reported.load(std::memory_order_relaxed);
}

} // namespace ndispool::ndis
