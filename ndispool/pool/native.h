// The real machine under the engine, as far as only the slow path needs it.
#pragma once

#include "ndispool/detail/slot.h"

#include <pthread.h>

namespace ndispool::pool {

// Spins for a moment, then sleeps. What it guards is short; who holds it may lose its processor all the same.
class detail::Native::Lock {
  public:
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    void lock() noexcept { pthread_mutex_lock(&mutex_); }
    void unlock() noexcept { pthread_mutex_unlock(&mutex_); }

  private:
    pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

// Whether heavy_barrier() works here; asked once. Without it no thread may use a slot.
[[nodiscard]] bool heavy_barrier_works() noexcept;

} // namespace ndispool::pool
