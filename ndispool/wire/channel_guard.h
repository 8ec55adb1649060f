// Gives an interface with several queues a single one, as long as it lives: an AF_XDP socket gets the frames of one queue.
//   Callers:  one thread.
#pragma once

#include "ndispool/wire/interface.h"

namespace ndispool::wire {

class ChannelGuard {
  public:
    explicit ChannelGuard(const Interface& interface); // see single()
    ~ChannelGuard();
    ChannelGuard(const ChannelGuard&) = delete;
    ChannelGuard& operator=(const ChannelGuard&) = delete;

    bool single() const { return single_; } // the interface has one queue for receiving now

  private:
    const Interface& interface_;
    int index_ = 0;
    unsigned combined_ = 0, received_ = 0; // what to set again; 0: nothing
    bool single_ = true;
};

} // namespace ndispool::wire
