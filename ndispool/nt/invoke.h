// The one way into a driver: its handlers, timers, work items, DPCs and dispatch routines are called through invoke().
//   Callers:   any thread, any IRQL. A lookup takes no lock; registering and unregistering do, at load and unload.
//   Holds:     an address belongs to at most one range; an address in no range is native code.
//   Not here:  IRQL, locks and lifetime around a call (host), loading images (load), what an observer makes of it (verify).
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

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

// Somebody who is told of every call into a driver: before it, and after it with what it returned. The arguments are as
// the handler gets them, one word each. A handler that does not come back (it crashed) has no end.
struct CallObserver {
    virtual void entered(const void* handler, const std::uint64_t* arguments) noexcept = 0;
    virtual void left(const void* handler, const std::uint64_t* arguments, std::uint64_t result) noexcept = 0;

  protected:
    ~CallObserver() = default;
};

// Null: nobody. Set while no driver's code runs; release and acquire publish what it was set up with.
inline std::atomic<CallObserver*> call_observer{nullptr};

namespace detail {

template <class Value> std::uint64_t word(Value value) noexcept {
    if constexpr (std::is_pointer_v<Value>)
        return reinterpret_cast<std::uintptr_t>(value);
    else
        return static_cast<std::uint64_t>(value);
}

// Apart: side by side in one function g++ 12 takes the two calls for the same one and drops one of them.
template <class R, class... P> [[gnu::noinline]] R call_microsoft(R (*handler)(P...), P... arguments) {
    return reinterpret_cast<R(__attribute__((ms_abi))*)(P...)>(handler)(arguments...);
}

template <class R, class... P> [[gnu::always_inline]] inline R call(Abi abi, R (*handler)(P...), P... arguments) {
    if (abi == Abi::microsoft) [[unlikely]]
        return call_microsoft(handler, arguments...);
    return handler(arguments...);
}

template <class R, class... P>
[[gnu::noinline]] R observed(CallObserver& observer, Abi abi, R (*handler)(P...), P... arguments) {
    const std::uint64_t words[] = {word(arguments)..., 0};
    const auto code = reinterpret_cast<const void*>(handler);
    observer.entered(code, words);
    if constexpr (std::is_void_v<R>) {
        call(abi, handler, arguments...);
        observer.left(code, words, 0);
    } else {
        const R result = call(abi, handler, arguments...);
        observer.left(code, words, word(result));
        return result;
    }
}

} // namespace detail

// Calls into drivers, one after the other, on the thread that made it: what surrounds them is set up once.
class Calls {
  public:
    // Inline: it is passed four times for each packet that a driver passes on.
    template <class R, class... P, class... A>
    [[gnu::always_inline]] inline R operator()(Abi abi, R (*handler)(P...), A... arguments) const {
        if (observer_) [[unlikely]]
            return detail::observed<R, P...>(*observer_, abi, handler, static_cast<P>(arguments)...);
        return detail::call<R, P...>(abi, handler, static_cast<P>(arguments)...);
    }

  private:
    const CallerScope scope_{nullptr};
    CallObserver* const observer_ = call_observer.load(std::memory_order_acquire);
};

template <class R, class... P, class... A>
[[gnu::always_inline]] inline R invoke(Abi abi, R (*handler)(P...), A... arguments) {
    return Calls()(abi, handler, arguments...);
}

template <class R, class... P, class... A> R invoke(R (*handler)(P...), A... arguments) {
    return invoke(abi_of(reinterpret_cast<const void*>(handler)), handler, arguments...);
}

} // namespace ndispool::nt
