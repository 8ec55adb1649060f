#include "ndispool/wire/frame_ledger.h"

#include <algorithm>

namespace ndispool::wire {

FrameLedger::FrameLedger(std::uint32_t first, std::uint32_t count) : first_(first), where_(count, Place::free) {
    free_.reserve(count);
    for (std::uint32_t i = count; i > 0; --i)
        free_.push_back(first + i - 1);
    add(Place::free, count);
}

// One writer: a load and a store are enough. A negative amount wraps.
void FrameLedger::add(Place place, std::uint32_t amount) {
    auto& count = counts_[static_cast<std::size_t>(place)];
    count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

std::optional<std::uint32_t> FrameLedger::take(Place to) {
    if (free_.empty())
        return {};
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    where_[frame - first_] = to;
    add(Place::free, -1U);
    add(to, 1);
    return frame;
}

bool FrameLedger::move(std::uint32_t frame, Place from, Place to) {
    const std::uint32_t index = frame - first_; // wraps below first_
    if (index >= where_.size() || where_[index] != from || from == Place::free)
        return false;
    where_[index] = to;
    add(from, -1U);
    add(to, 1);
    if (to == Place::free)
        free_.push_back(frame);
    return true;
}

bool FrameLedger::balanced() const {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < places; ++i) {
        const auto place = static_cast<Place>(i);
        if (std::count(where_.begin(), where_.end(), place) != std::ptrdiff_t{count(place)})
            return false;
        sum += count(place);
    }
    return sum == total() && free_.size() == count(Place::free);
}

} // namespace ndispool::wire
