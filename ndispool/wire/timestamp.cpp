#include "ndispool/wire/timestamp.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace ndispool::wire {

namespace {

constexpr std::int64_t ticks_a_second = 10'000'000;
constexpr std::int64_t unix_epoch =
    11'644'473'600; // seconds from 1601-01-01 to 1970-01-01: 369 years, 89 of them leap years
static_assert(unix_epoch == (369LL * 365 + 89) * 86'400);
constexpr std::int64_t last_second = std::numeric_limits<std::uint32_t>::max();

} // namespace

std::uint64_t to_system_time(UnixTime time) noexcept {
    const std::int64_t seconds = std::clamp<std::int64_t>(time.seconds, 0, last_second);
    const std::int64_t nanoseconds = std::clamp<std::int64_t>(time.nanoseconds, 0, 999'999'999);
    return static_cast<std::uint64_t>((unix_epoch + seconds) * ticks_a_second + nanoseconds / 100);
}

UnixTime to_unix_time(std::uint64_t system_time_100ns) noexcept {
    constexpr std::uint64_t first = unix_epoch * ticks_a_second;
    constexpr std::uint64_t last = first + (last_second + 1) * ticks_a_second - 1;
    const std::uint64_t ticks = std::clamp(system_time_100ns, first, last) - first;
    return {static_cast<std::int64_t>(ticks / ticks_a_second), static_cast<std::int64_t>(ticks % ticks_a_second) * 100};
}

std::uint64_t system_time_now() noexcept {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
    return to_system_time({nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000});
}

} // namespace ndispool::wire
