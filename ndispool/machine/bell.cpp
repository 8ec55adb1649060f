#include "ndispool/machine/bell.h"
#include "ndispool/machine/schedule.h"
#include <array>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ndispool::machine {

static_assert(sizeof(std::atomic<std::uint32_t>) == 4, "the kernel compares a plain 32-bit word");

void Bell::sleep(std::uint32_t ticket, std::optional<Nanoseconds> at_most) noexcept {
    timespec limit = {};
    if (at_most && *at_most <= Nanoseconds::zero())
        return;
    if (scheduled()) {
        constexpr std::int64_t tick = 100;
        const auto until = [&] { // never early
            return virtual_uptime_100ns() + static_cast<std::uint64_t>((at_most->count() + tick - 1) / tick);
        };
        wait_for_turn(&word_, ticket, at_most ? std::optional(until()) : std::nullopt);
        return;
    }
    if (at_most) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*at_most);
        limit = {.tv_sec = seconds.count(), .tv_nsec = (*at_most - seconds).count()};
    }
    syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, ticket, at_most ? &limit : nullptr);
}

void Bell::ring() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_weak(seen, (seen & ~heard) + 2, std::memory_order_acq_rel)) {
    }
    if (virtual_time() && !scheduled())
        look_again();
    if (seen & heard)
        syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, INT_MAX);
}

Bell& bell_at(const void* address) noexcept {
    static constinit std::array<Bell, 64> bells;
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15; // spreads neighbours: Fibonacci hashing
    return bells[(reinterpret_cast<std::uintptr_t>(address) >> 2) * golden >> 58];
}

} // namespace ndispool::machine
