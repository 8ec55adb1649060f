// The real machine under the engine, as far as only the slow path needs it.
#pragma once

#include "ndispool/detail/slot.h"

namespace ndispool::pool {

// What it guards is short, so who waits spins at first; letting go is a plain store. Who holds it may lose its processor all
// the same: then who waits gives away its own, and in the end sleeps.
// Taking it is a full barrier: a locked instruction. Who counted an allocation, then takes the lock and finds all out, is seen
// to have counted it by whoever sees a free that came too late for it.
class detail::Native::Lock {
  public:
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    // Pairs with the release in unlock().
    void lock() noexcept {
        if (taken_.exchange(true, std::memory_order_seq_cst)) [[unlikely]]
            wait();
    }
    [[nodiscard]] bool try_lock() noexcept { return !taken_.exchange(true, std::memory_order_seq_cst); }
    void unlock() noexcept { taken_.store(false, std::memory_order_release); }

  private:
    void wait() noexcept;

    std::atomic<bool> taken_{false};
};

// Whether heavy_barrier() works here; asked once. Without it no thread may use a slot.
[[nodiscard]] bool heavy_barrier_works() noexcept;

} // namespace ndispool::pool
