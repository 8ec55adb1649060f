// Wakes the processor that polls a wire when the wire's descriptor becomes readable, so that a quiet wire costs no processor
// time and a frame does not wait for the processor's next look.
//   Callers:   made and destroyed at PASSIVE_LEVEL; the destructor while nobody polls. watch() by the polling processor before it
//              looks a last time and sleeps.
//   Holds:     while frames come, nobody is woken and no call is made. A wire without a descriptor has no thread here and is looked
//              at once a millisecond.
#pragma once

#include "ndispool/wire/wire.h"

#include <atomic>
#include <thread>

namespace ndispool::host {

class WireWaker {
  public:
    WireWaker(const wire::Wire& wire, unsigned processor);
    ~WireWaker();
    WireWaker(const WireWaker&) = delete;
    WireWaker& operator=(const WireWaker&) = delete;

    // Once: the processor is woken when the descriptor is readable, at once when it is already.
    void watch() noexcept;

  private:
    void run();

    const wire::Wire& wire_;
    const unsigned processor_;
    // Set by the polling processor, cleared by the thread before it wakes: a watch that is lost is made again a little later.
    std::atomic<bool> watching_{false};
    int events_ = -1; // the epoll descriptor; -1: nothing is watched
    int stop_ = -1;   // readable: the thread ends
    std::thread thread_;
};

} // namespace ndispool::host
