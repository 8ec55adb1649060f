#include "ndispool/machine/event.h"
#include "ndispool/machine/bell.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include <atomic>

namespace ndispool::machine {

namespace {

using Timeout = std::optional<std::chrono::nanoseconds>;

// seq_cst, partner: set(). The winner sees what the setter wrote, and a listener cannot miss ring_if_heard() (bell.h).
bool signalled(std::int32_t& state, bool auto_reset) noexcept {
    std::atomic_ref word(state);
    std::int32_t seen = word.load(std::memory_order_seq_cst);
    while (auto_reset && seen > 0)
        if (word.compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst))
            return true;
    return seen > 0;
}

Timeout remaining(std::uint64_t start, Timeout timeout) noexcept {
    constexpr std::int64_t tick = 100; // nanoseconds
    return timeout ? Timeout(*timeout - std::chrono::nanoseconds((uptime_100ns() - start) * tick)) : Timeout();
}

bool wait_for_ring(std::int32_t& state, bool auto_reset, Timeout timeout) noexcept {
    Bell& bell = bell_at(&state);
    const std::uint64_t start = uptime_100ns();
    for (;;) {
        const auto ticket = bell.listen();
        if (signalled(state, auto_reset))
            return true;
        const Timeout left = remaining(start, timeout);
        if (left && left->count() <= 0)
            return false;
        bell.sleep(ticket, left);
    }
}

// Rung by every event that is set: those who wait for several listen here.
constinit Bell any_event;

template <class Condition> bool wait_until(Condition condition, Timeout timeout, const void* objects) noexcept {
    if (condition())
        return true;
    if (timeout && timeout->count() <= 0)
        return false;
    const BlockingCall call("wait for several objects at DISPATCH", objects);
    const std::uint64_t start = uptime_100ns();
    for (;;) {
        const auto ticket = any_event.listen();
        if (condition())
            return true;
        const Timeout left = remaining(start, timeout);
        if (left && left->count() <= 0)
            return false;
        any_event.sleep(ticket, left);
    }
}

bool take_all(std::span<const Waited> objects) noexcept {
    for (const Waited& object : objects)
        if (!signalled(*object.state, false))
            return false;
    for (std::size_t i = 0; i < objects.size(); ++i)
        if (!signalled(*objects[i].state, objects[i].auto_reset)) {
            for (const Waited& taken : objects.first(i))
                if (taken.auto_reset)
                    set(*taken.state);
            return false;
        }
    return true;
}

} // namespace

std::optional<std::size_t> wait_for_one(std::span<const Waited> objects, Timeout timeout) noexcept {
    std::size_t index = 0;
    const auto look = [&] {
        for (index = 0; index < objects.size(); ++index)
            if (signalled(*objects[index].state, objects[index].auto_reset))
                return true;
        return false;
    };
    return wait_until(look, timeout, objects.data()) ? std::optional(index) : std::nullopt;
}

bool wait_for_all(std::span<const Waited> objects, Timeout timeout) noexcept {
    return wait_until([&] { return take_all(objects); }, timeout, objects.data());
}

std::int32_t set(std::int32_t& state) noexcept {
    Bell& bell = bell_at(&state); // the exchange is the last touch: a waiter that saw it may free the event
    const std::int32_t before = std::atomic_ref(state).exchange(1, std::memory_order_seq_cst);
    bell.ring_if_heard();
    any_event.ring_if_heard();
    return before;
}

std::int32_t reset(std::int32_t& state) noexcept {
    return std::atomic_ref(state).exchange(0, std::memory_order_seq_cst);
}

bool wait(std::int32_t& state, bool auto_reset, Timeout timeout) noexcept {
    if (signalled(state, auto_reset))
        return true;
    if (timeout && timeout->count() <= 0)
        return false;
    const BlockingCall call("wait for an event at DISPATCH", &state);
    return wait_for_ring(state, auto_reset, timeout);
}

} // namespace ndispool::machine
