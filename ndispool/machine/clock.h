// The machine's time, in the 100 ns units of the drivers. All time of this room is read here. While the machine runs with a virtual
// clock it is that clock's: sleeping then costs no time, and a busy wait lets others run.
#pragma once

#include <cstdint>

namespace ndispool::machine {

std::uint64_t system_time_100ns() noexcept; // since 1601-01-01 UTC, as KeQuerySystemTime; the user may set it back
std::uint64_t uptime_100ns() noexcept;      // never goes back; timers follow it
void sleep_100ns(
    std::uint64_t duration) noexcept;          // at least so long. PASSIVE; else reported, and the processor given back
void stall_us(unsigned microseconds) noexcept; // busy wait, any IRQL

} // namespace ndispool::machine
