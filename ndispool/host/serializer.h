// The lock of a serialized miniport: one of its handlers runs at a time, and nobody waits for it.
//   Callers:   run() at DISPATCH_LEVEL, any processor, also from inside a handler that runs under it.
//   Holds:     work runs in the order it was given, each piece exactly once: by the caller when the lock is free, else by
//              whoever holds it, before it lets go. No lock is held while work runs.
#pragma once

#include "ndispool/machine/spin_lock.h"

#include <deque>
#include <functional>

namespace ndispool::host {

class Serializer {
  public:
    void run(std::function<void()> work);

  private:
    std::uintptr_t lock_ = 0; // guards the two below
    bool busy_ = false;
    std::deque<std::function<void()>> waiting_;
};

} // namespace ndispool::host
