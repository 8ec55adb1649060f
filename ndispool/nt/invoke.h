// The one way into a driver: its handlers, timers, work items, DPCs and dispatch routines are called through invoke().
//   Callers:   any thread, any IRQL. A lookup takes no lock; registering and unregistering do, at load and unload.
//   Holds:     an address belongs to at most one range; an address in no range is native code.
//   Not here:  IRQL, locks and lifetime around a call (host), loading images (load).
#pragma once

#include <cstdint>

#include "ndispool/nt/caller.h"

namespace ndispool::nt {

enum class Abi : std::uint8_t { system_v, microsoft };

// `begin` to `end` (not included) is the code of `owner`, a driver. Throws std::length_error when max_code_ranges are
// there.
inline constexpr unsigned max_code_ranges = 64;
void register_code(const void* begin, const void* end, Abi abi, const void* owner);
void unregister_code(const void* begin);

Abi abi_of(const void* code) noexcept;
const void* owner_of(const void* code) noexcept; // null: no driver's code

template <class R, class... P, class... A> R invoke(Abi abi, R (*handler)(P...), A... arguments) {
    const CallerScope scope(nullptr);
    if (abi == Abi::microsoft)
        return reinterpret_cast<R(__attribute__((ms_abi))*)(P...)>(handler)(arguments...);
    return handler(arguments...);
}

template <class R, class... P, class... A> R invoke(R (*handler)(P...), A... arguments) {
    return invoke(abi_of(reinterpret_cast<const void*>(handler)), handler, arguments...);
}

} // namespace ndispool::nt
