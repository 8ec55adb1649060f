#include "ndispool/wire/live.h"

#include <ctime>

namespace ndispool::wire {

namespace {

// A few nanoseconds; as fine as the timer tick is enough here.
std::int64_t coarse_now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

} // namespace

void Live::attach_now() {
    const std::lock_guard guard(sending_);
    attach();
    attached_.store(true, std::memory_order_release); // pairs with the acquire in transmit(), though sending_ is enough
}

void Live::detach_now() {
    const std::lock_guard guard(sending_);
    if (attached_.exchange(false, std::memory_order_acq_rel))
        detach();
}

bool Live::still_sound() {
    const std::lock_guard guard(sending_);
    return sound();
}

void Live::look() {
    const std::int64_t now = coarse_now_ns();
    if (now < next_look_ns_)
        return;
    next_look_ns_ = now + std::chrono::nanoseconds(look_every).count();
    if (attached_.load(std::memory_order_relaxed) && still_sound())
        return;
    detach_now();
    try {
        attach_now();
        returns_.fetch_add(1, std::memory_order_relaxed);
    } catch (const Error&) { // not back yet: asked again
    }
}

std::size_t Live::receive(std::span<Frame> frames) {
    if (closed_)
        return 0;
    look();
    if (!attached_.load(std::memory_order_relaxed)) // only this thread changes it
        return 0;
    const std::size_t count = take(frames);
    if (count > 0)
        count_in(frames.first(count));
    return count;
}

std::size_t Live::transmit(std::span<const Frame> frames) {
    const std::lock_guard guard(sending_);
    if (!attached_.load(std::memory_order_acquire)) {
        count_dropped(frames.size());
        return frames.size();
    }
    return send(frames);
}

void Live::close() {
    closed_ = true;
    detach_now();
}

std::vector<Detail> Live::details() const {
    std::vector<Detail> all;
    all.push_back({"dropped_out", dropped_.load(std::memory_order_relaxed)});
    all.push_back({"interface_returned", returns_.load(std::memory_order_relaxed)});
    more_details(all);
    return all;
}

} // namespace ndispool::wire
