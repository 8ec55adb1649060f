#include "ndispool/wire/bad_lane.h"

namespace ndispool::wire {

namespace {

// One caller at a time writes: a load and a store are enough.
void add_one(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

} // namespace

void BadLane::emit(Waiting&& frame) {
    ready_.push_back(std::move(frame));
}

void BadLane::put(const Frame& frame, Time now) {
    const Fate fate = fates_.next();
    add_one(put_);
    for (Waiting& waiting : held_)
        --waiting.overtakers;
    if (fate.lost) {
        add_one(lost_);
    } else {
        Waiting arrived{OwnedFrame(frame), now + delay_, fate.overtaken_by};
        if (fate.duplicated) {
            add_one(duplicated_);
            emit({arrived.frame, arrived.due, 0});
        }
        if (fate.overtaken_by > 0) {
            add_one(overtaken_);
            held_.push_back(std::move(arrived));
        } else {
            emit(std::move(arrived));
        }
    }
    release_held(now);
}

void BadLane::release_held(Time now) {
    const auto over = [&](Waiting& waiting) {
        if (waiting.overtakers > 0 && now < waiting.due + patience)
            return false;
        emit(std::move(waiting));
        return true;
    };
    if (!held_.empty())
        std::erase_if(held_, over);
}

std::size_t BadLane::due(Time now) {
    release_held(now);
    std::size_t count = 0;
    while (count < ready_.size() && ready_[count].due <= now)
        ++count;
    return count;
}

OwnedFrame BadLane::take() {
    OwnedFrame frame = std::move(ready_.front().frame);
    ready_.pop_front();
    return frame;
}

LaneTally BadLane::tally() const {
    return {.put = put_.load(std::memory_order_relaxed),
            .lost = lost_.load(std::memory_order_relaxed),
            .duplicated = duplicated_.load(std::memory_order_relaxed),
            .overtaken = overtaken_.load(std::memory_order_relaxed)};
}

} // namespace ndispool::wire
