// The kernel's way to say when: negative is from now, positive is a system time, both in 100 ns.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ndis/base.h"
#include "ndispool/machine/clock.h"

namespace ndispool::nt {

inline constexpr std::uint64_t ticks_per_ms = 10'000, ticks_per_us = 10; // in 100 ns

// From now, in 100 ns; 0 when it is past. At most 100 years, so that it can be added to any clock of this program.
inline std::uint64_t from_now(LARGE_INTEGER due) {
    constexpr std::uint64_t longest = 100ull * 366 * 24 * 3600 * 10'000'000;
    if (due.QuadPart < 0)
        return std::min(longest, 0 - static_cast<std::uint64_t>(due.QuadPart));
    const std::uint64_t now = machine::system_time_100ns(), then = static_cast<std::uint64_t>(due.QuadPart);
    return then <= now ? 0 : std::min(longest, then - now);
}

} // namespace ndispool::nt
