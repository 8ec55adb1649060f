// Time as the processor counts it: a few nanoseconds a reading, where the clock takes many. Turned into the machine's time only
// for findings.
//   Callers:   ticks(): any thread. start_ticks() when a driver is loaded, uptime_of() any time later.
#pragma once

#include "ndispool/machine/clock.h"

#include <cstdint>
#include <x86intrin.h>

namespace ndispool::verify {

inline std::uint64_t ticks() noexcept {
    return __rdtsc();
}

namespace detail {
inline std::uint64_t first_ticks = 0, first_uptime = 0;
}

inline void start_ticks() noexcept {
    detail::first_ticks = ticks();
    detail::first_uptime = machine::uptime_100ns();
}

// 100 ns. The counter runs at one speed (the kernel's own clock relies on it), which is learnt from the time since start_ticks().
inline std::uint64_t uptime_of(std::uint64_t then) noexcept {
    const std::uint64_t now = ticks(), uptime = machine::uptime_100ns();
    if (then <= detail::first_ticks || now <= detail::first_ticks)
        return detail::first_uptime;
    const double part =
        static_cast<double>(then - detail::first_ticks) / static_cast<double>(now - detail::first_ticks);
    return detail::first_uptime + static_cast<std::uint64_t>(part * static_cast<double>(uptime - detail::first_uptime));
}

} // namespace ndispool::verify
