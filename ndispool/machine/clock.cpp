#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/relax.h"
#include "ndispool/machine/schedule.h"
#include <chrono>
#include <ctime>
#include <ratio>
#include <thread>

namespace ndispool::machine {

namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
constexpr std::uint64_t ticks_to_1970 = 11'644'473'600 * 10'000'000ull; // from 1601-01-01
constexpr std::uint64_t virtual_epoch = 125'911'584'000'000'000;        // a virtual machine is switched on in 2000

template <class Clock> std::uint64_t ticks() noexcept {
    const auto now = std::chrono::duration_cast<Ticks>(Clock::now().time_since_epoch());
    return static_cast<std::uint64_t>(now.count());
}

} // namespace

std::uint64_t system_time_100ns() noexcept {
    if (virtual_time())
        return virtual_epoch + virtual_uptime_100ns();
    return ticks_to_1970 + ticks<std::chrono::system_clock>();
}

std::uint64_t uptime_100ns() noexcept {
    if (virtual_time())
        return virtual_uptime_100ns();
    return ticks<std::chrono::steady_clock>();
}

void sleep_100ns(std::uint64_t duration) noexcept {
    const BlockingCall call("sleep at DISPATCH", __builtin_return_address(0));
    if (scheduled())
        wait_for_turn(nullptr, 0, virtual_uptime_100ns() + duration);
    else
        std::this_thread::sleep_for(Ticks(duration));
}

void stall_us(unsigned microseconds) noexcept {
    if (scheduled()) {
        spend_100ns(microseconds * std::uint64_t{10});
        yield_turn(); // the caller may wait for another processor
        return;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (std::chrono::steady_clock::now() < end)
        relax();
}

} // namespace ndispool::machine
