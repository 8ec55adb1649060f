// Who has each frame of a piece of shared packet memory (UMEM): every frame is in exactly one place.
//   Callers:  one thread; count() and balanced() any.
//   Holds:    the frames of all places together are those there are. A move from a place where the frame is not is refused
//             and changes nothing: then somebody else's books are wrong.
//   Not here: the memory itself.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ndispool::wire {

enum class Place : std::uint8_t {
    free,       // ours, empty
    fill,       // the kernel's, to receive into
    rx,         // received, not yet looked at
    app,        // its bytes are lent to who called receive()
    tx,         // the kernel's, to send
    completion, // sent, not yet taken back
};
inline constexpr std::size_t places = 6;

class FrameLedger {
  public:
    // Frames `first` to `first + count - 1`; all are free.
    FrameLedger(std::uint32_t first, std::uint32_t count);

    // A free frame, which is then at `to`; nothing when none is free.
    std::optional<std::uint32_t> take(Place to);
    [[nodiscard]] bool move(std::uint32_t frame, Place from, Place to);

    std::uint32_t count(Place place) const {
        return counts_[static_cast<std::size_t>(place)].load(std::memory_order_relaxed);
    }
    std::uint32_t total() const { return static_cast<std::uint32_t>(where_.size()); }
    // While no other thread moves frames: the sum is right, and so is each place's count.
    bool balanced() const;

  private:
    // One writer: a load and a store are enough. A negative amount wraps.
    void add(Place place, std::uint32_t amount) {
        auto& count = counts_[static_cast<std::size_t>(place)];
        count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    const std::uint32_t first_;
    std::vector<Place> where_;
    std::vector<std::uint32_t> free_; // used from the back: the frame used last is the one the caches still hold
    std::array<std::atomic<std::uint32_t>, places> counts_{}; // by the owning thread; read as counts that order nothing
};

// Inline: each frame that passes is moved eight times.

inline std::optional<std::uint32_t> FrameLedger::take(Place to) {
    if (free_.empty())
        return {};
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    where_[frame - first_] = to;
    add(Place::free, -1U);
    add(to, 1);
    return frame;
}

inline bool FrameLedger::move(std::uint32_t frame, Place from, Place to) {
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

} // namespace ndispool::wire
