#include "ndispool/wire/memory_source.h"

#include <algorithm>

namespace ndispool::wire {

MemorySource::MemorySource(std::vector<OwnedFrame> frames, std::uint64_t times, Taken taken)
    : Wire("memory"), frames_(std::move(frames)), taken_(taken), left_(frames_.size() * times) {
    for (const OwnedFrame& frame : frames_)
        views_.push_back(frame.view());
}

std::size_t MemorySource::receive(std::span<Frame> frames) {
    const std::uint64_t left = left_.load(std::memory_order_relaxed); // only this thread and close() write it
    const std::span<Frame> given = frames.first(std::min<std::uint64_t>(frames.size(), left));
    for (Frame& frame : given) {
        frame = views_[next_];
        next_ = next_ + 1 == views_.size() ? 0 : next_ + 1;
    }
    count_in(given);
    // Pairs with the acquire in ended(): who sees the end sees what led to it.
    left_.store(left - given.size(), std::memory_order_release);
    return given.size();
}

std::size_t MemorySource::transmit(std::span<const Frame> frames) {
    if (taken_ == Taken::kept)
        for (const Frame& frame : frames)
            kept_.emplace_back(frame);
    count_out(frames);
    return frames.size();
}

std::unique_ptr<MemorySource> memory_source(std::vector<OwnedFrame> frames, std::uint64_t times,
                                            MemorySource::Taken taken) {
    return std::make_unique<MemorySource>(std::move(frames), times, taken);
}

} // namespace ndispool::wire
