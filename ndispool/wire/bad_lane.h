// One direction of a bad cable: frames go in, meet their fates, and come out when they are due.
//   Callers:  one thread at a time; tally() any.
//   Holds:    what came out and is inside = put - lost + duplicated. Frames that keep their place keep their order.
//             One that is overtaken comes out after so many frames, or `patience` after it was due when fewer follow.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <vector>

#include "ndispool/wire/impairment.h"
#include "ndispool/wire/owned_frame.h"

namespace ndispool::wire {

struct LaneTally {
    std::uint64_t put = 0, lost = 0, duplicated = 0, overtaken = 0;
};

class BadLane {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::milliseconds patience{10};
    static constexpr std::size_t capacity = 65536;

    BadLane(const Impairment& impairment, std::uint64_t seed) : delay_(impairment.delay), fates_(impairment, seed) {}

    bool full() const { return ready_.size() + held_.size() >= capacity; }
    bool empty() const { return ready_.empty() && held_.empty(); }
    void put(const Frame& frame, Time now);

    // No more comes in: whoever waits for frames to overtake him waits no longer; late ones stay late.
    void end() { release_held(Time::max()); }

    // How many frames are due, and the frames from the front; take() takes the first out.
    std::size_t due(Time now);
    const OwnedFrame& front(std::size_t place) const { return ready_[place].frame; }
    OwnedFrame take();

    LaneTally tally() const;

  private:
    struct Waiting {
        OwnedFrame frame;
        Time due;
        unsigned overtakers; // still to come
    };
    void release_held(Time now);
    void emit(Waiting&& frame);

    const std::chrono::nanoseconds delay_;
    Fates fates_;
    std::deque<Waiting> ready_;                                                  // in the order they come out
    std::vector<Waiting> held_;                                                  // to be overtaken
    std::atomic<std::uint64_t> put_{0}, lost_{0}, duplicated_{0}, overtaken_{0}; // counts; they order no other data
};

} // namespace ndispool::wire
