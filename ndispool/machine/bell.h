// A bell: threads sleep until it rings (an event count over a futex). It stands for no condition of its own.
//
// The listener:  ticket = listen();  look at the condition once more;  sleep(ticket).
// The ringer:    make the condition true;  ring().
// A ring after listen() ends the sleep, so no ring is missed; sleeps may also end for no reason.
// Any thread may ring at any IRQL. Not here: whether the listener should sleep at all.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace ndispool::machine {

class alignas(64) Bell {
  public:
    using Nanoseconds = std::chrono::nanoseconds;

    // acq_rel, partner: the exchange in ring(). Both change word_, so one comes first: either ring() comes first and
    // what was written before it is seen when the listener looks once more, or ring() sees the listener and wakes it.
    std::uint32_t listen() noexcept { return word_.fetch_or(heard, std::memory_order_seq_cst) | heard; }

    void sleep(std::uint32_t ticket, std::optional<Nanoseconds> at_most = {}) noexcept;

    void ring() noexcept;

    // Only a load when nobody listens. For a condition that is made true by a seq_cst operation and that the listener
    // looks at with one: in their single order this load follows the former, and listen() precedes the latter.
    void ring_if_heard() noexcept {
        if (word_.load(std::memory_order_seq_cst) & heard)
            ring();
    }

  private:
    static constexpr std::uint32_t heard = 1;
    std::atomic<std::uint32_t> word_ = 0; // rings * 2 + heard
};

// The bell of an address, for words of drivers that have no room for one. Several addresses share a bell, and it
// outlives them all: it may be rung for an object that a woken thread has freed by then.
Bell& bell_at(const void* address) noexcept;

} // namespace ndispool::machine
