#include "ndispool/wire/frame_ledger.h"

#include <algorithm>

namespace ndispool::wire {

FrameLedger::FrameLedger(std::uint32_t first, std::uint32_t count) : first_(first), where_(count, Place::free) {
    free_.reserve(count);
    for (std::uint32_t i = count; i > 0; --i)
        free_.push_back(first + i - 1);
    add(Place::free, count);
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
