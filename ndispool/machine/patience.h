// How long a processor that finds nothing to do goes on looking before it sleeps. To sleep and be woken costs it, and whoever wakes it,
// several microseconds: what comes at short intervals is worth waiting for awake, what comes seldom is not.
//   Callers:   the processor's own thread.
//   Holds:     a look takes no longer than `longest`, and after a sleep that lasted longer than that, none at all: a quiet processor
//              costs what its wake-ups cost. After a shorter sleep, which one would rather have waited for, the looks grow.
#pragma once

#include <algorithm>
#include <chrono>

namespace ndispool::machine {

class Patience {
  public:
    using Nanoseconds = std::chrono::nanoseconds;
    static constexpr Nanoseconds first{20'000}, longest{200'000};

    Nanoseconds look() const noexcept { return look_; }

    void slept(Nanoseconds time) noexcept {
        look_ = time >= longest ? Nanoseconds::zero() : std::clamp(2 * look_, first, longest);
    }

  private:
    Nanoseconds look_{0};
};

} // namespace ndispool::machine
