// Wakes the processor that polls a wire when the wire's descriptor becomes readable, so that a quiet wire costs no processor
// time and a frame does not wait for the processor's next look.
//   Callers:   made and destroyed at PASSIVE_LEVEL; the destructor while nobody polls. polled() by the polling processor.
//   Holds:     while frames come, nobody is woken and no call is made: the descriptor is watched only after some polls in a row
//              that did nothing. A wire without a descriptor has no thread here and is looked at once a millisecond.
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

    // After each poll: whether it did anything.
    void polled(bool did) noexcept {
        if (did)
            idle_ = 0;
        else if (++idle_ % again == watch_after)
            watch();
    }

  private:
    // Fewer polls than a processor makes before it sleeps; and when to watch again in case the descriptor was ready for nothing.
    static constexpr unsigned watch_after = 32, again = 64;
    void watch() noexcept;
    void run();

    const wire::Wire& wire_;
    const unsigned processor_;
    unsigned idle_ = 0; // the polling processor's: polls since the last that did something
    // Set by the polling processor, cleared by the thread before it wakes: a watch that is lost is made again a little later.
    std::atomic<bool> watching_{false};
    int events_ = -1; // the epoll descriptor; -1: nothing is watched
    int stop_ = -1;   // readable: the thread ends
    std::thread thread_;
};

} // namespace ndispool::host
