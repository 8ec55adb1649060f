// Times of frames: system time (100 ns since 1601-01-01 UTC, as NDIS gives it) to and from a capture's Unix time.
#pragma once

#include <cstdint>

namespace ndispool::wire {

struct UnixTime {
    std::int64_t seconds;     // since 1970-01-01 UTC
    std::int64_t nanoseconds; // 0 to 999,999,999
};

// What lies outside the years that a field can hold becomes the nearest time that it can hold.
std::uint64_t to_system_time(UnixTime time) noexcept;
UnixTime to_unix_time(std::uint64_t system_time_100ns) noexcept; // 1970 to 2106: a capture has 32 bits for the seconds

std::uint64_t system_time_now() noexcept;

} // namespace ndispool::wire
