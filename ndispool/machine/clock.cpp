#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/relax.h"
#include <chrono>
#include <ctime>
#include <ratio>
#include <thread>

namespace ndispool::machine {

namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
constexpr std::uint64_t ticks_to_1970 = 11'644'473'600 * 10'000'000ull; // from 1601-01-01

template <class Clock> std::uint64_t ticks() noexcept {
    const auto now = std::chrono::duration_cast<Ticks>(Clock::now().time_since_epoch());
    return static_cast<std::uint64_t>(now.count());
}

} // namespace

std::uint64_t system_time_100ns() noexcept {
    return ticks_to_1970 + ticks<std::chrono::system_clock>();
}

std::uint64_t uptime_100ns() noexcept {
    return ticks<std::chrono::steady_clock>();
}

void sleep_100ns(std::uint64_t duration) noexcept {
    const BlockingCall call("sleep at DISPATCH", __builtin_return_address(0));
    std::this_thread::sleep_for(Ticks(duration));
}

void stall_us(unsigned microseconds) noexcept {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (std::chrono::steady_clock::now() < end)
        relax();
}

} // namespace ndispool::machine
