// Events over a 32-bit word of a driver (KEVENT.SignalState): 0 is not signalled, more than 0 is.
//
// There is nothing to make and nothing to destroy: any zero word is an event, and once set() was seen by a waiter the
// word may be freed. Setting wakes all waiters; of those with auto_reset exactly one takes the signal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ndispool::machine {

// Any IRQL up to DISPATCH. Both return the state before.
std::int32_t set(std::int32_t& state) noexcept;
std::int32_t reset(std::int32_t& state) noexcept;

// Until signalled, or for `timeout` (none: for ever; zero: only looks). True: signalled, and with auto_reset taken off
// by this call. False: timed out. PASSIVE, unless the timeout is zero; otherwise it is reported, and waited for with
// the processor given back.
bool wait(std::int32_t& state, bool auto_reset, std::optional<std::chrono::nanoseconds> timeout) noexcept;

// Several at once, each taken as by wait(): the first of them that is signalled (nothing: timed out), or all (false: timed out, and
// none is taken; what was taken from some is given back when another was not signalled any more).
struct Waited {
    std::int32_t* state;
    bool auto_reset;
};
std::optional<std::size_t> wait_for_one(std::span<const Waited> objects,
                                        std::optional<std::chrono::nanoseconds> timeout) noexcept;
bool wait_for_all(std::span<const Waited> objects, std::optional<std::chrono::nanoseconds> timeout) noexcept;

} // namespace ndispool::machine
