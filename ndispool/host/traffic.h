// What decides whether a wire's next frame may come in: the run's frame budget and whether it is still open; and the clock that
// says when the traffic was over.
//   Callers:   the two ends of the run, on their processors; the run's own thread.
#pragma once

#include "ndispool/machine/clock.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace ndispool::host {

class Traffic {
  public:
    static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
    explicit Traffic(std::uint64_t budget = unlimited) : budget_(budget) {}

    // Reserves up to `wanted` frames of the budget; give back what did not come.
    std::size_t reserve(std::size_t wanted) noexcept {
        if (!open_.load(std::memory_order_acquire)) // pairs with open(): everything is bound
            return 0;
        std::uint64_t left = budget_.load(std::memory_order_relaxed); // a count; orders no other data
        if (left == unlimited)
            return wanted;
        std::uint64_t mine;
        do
            mine = std::min<std::uint64_t>(left, wanted);
        while (mine > 0 && !budget_.compare_exchange_weak(left, left - mine, std::memory_order_relaxed));
        return mine;
    }
    void give_back(std::size_t unused) noexcept {
        if (unused > 0 && budget_.load(std::memory_order_relaxed) != unlimited)
            budget_.fetch_add(unused, std::memory_order_relaxed);
    }
    bool spent() const noexcept { return budget_.load(std::memory_order_relaxed) == 0; }

    // Frames may come in from open() to stop(). A poll that runs during stop() may still take some.
    void open() noexcept { open_.store(true, std::memory_order_release); }
    void stop() noexcept { open_.store(false, std::memory_order_release); }

    // Something moved just now. What all processors write they write seldom.
    void moved() noexcept {
        constexpr std::uint64_t often_100ns = 100;
        const std::uint64_t now = machine::uptime_100ns();
        if (now - last_.load(std::memory_order_relaxed) >= often_100ns)
            last_.store(now, std::memory_order_relaxed);
    }
    std::uint64_t last_moved() const noexcept { return last_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> budget_;
    std::atomic<bool> open_{false};
    std::atomic<std::uint64_t> last_{0};
};

} // namespace ndispool::host
