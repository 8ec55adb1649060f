// How much of a pool each thread may keep for itself: less whenever somebody found kept what was needed, and more again when
// that has not happened for a while. The only thread may keep what it likes.
//
//   Callers:   one at a time (the pool's lock).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ndispool::pool {

// What a slot may do.
struct Share {
    std::uint32_t refill = 0; // descriptors it takes from the depot beyond what is asked for
    std::uint32_t keep =
        0; // of those given back it keeps so many, and up to twice as many before it comes to the depot
    std::uint32_t magazines = 0; // spare ones, and as many from the depot at a time
};

template <class P> class Shares {
  public:
    explicit Shares(std::uint32_t descriptors) noexcept
        : most_(static_cast<std::uint8_t>(std::min<std::uint32_t>(P::magazine, descriptors / P::share))),
          batch_(static_cast<std::uint8_t>(
              std::clamp<std::uint32_t>(descriptors / P::share / P::magazine, 2, most_batch + 2) - 2)) {}

    // Spare magazines of a slot that may keep all. With its stock they are at most an eighth of the pool.
    [[nodiscard]] std::uint32_t batch() const noexcept { return batch_; }

    // Of a thread that turns to the depot.
    [[nodiscard]] Share next(bool alone) noexcept {
        if (alone)
            return {P::magazine, P::magazine, batch_};
        if (refill_ < most_ && ++calm_ >= calm_enough_) {
            calm_ = 0;
            ++refill_;
        }
        return {refill_, most_, refill_ == P::magazine ? batch_ : std::uint32_t{0}};
    }

    // Somebody found kept what was needed, after so many allocations all in all. That costs as much as some thousand of them:
    // if it comes often, slots no longer take what nobody asked for; what a thread itself gives back it is likely to need
    // again. True: that did not help.
    [[nodiscard]] bool were_needed(std::uint64_t allocations) noexcept {
        const std::uint64_t since = allocations - std::exchange(needed_at_, allocations);
        calm_ = 0;
        if (since >= seldom) {
            calm_enough_ = P::calm;
            too_soon_ = 0;
            return false;
        }
        refill_ /= 4;
        calm_enough_ = std::min<std::uint16_t>(2 * calm_enough_, most_calm);
        too_soon_ = std::min<std::uint8_t>(too_soon_ + 1, P::bearable + 1);
        return too_soon_ > P::bearable;
    }

  private:
    static constexpr std::uint32_t most_batch = 14, seldom = 1 << 11;
    static constexpr std::uint16_t most_calm = 1 << 14;

    // Small, as all of it is in the line of the pool's lock.
    std::uint64_t needed_at_ = 0; // allocations when somebody last found kept what was needed
    std::uint16_t calm_ = 0;      // turns to the depot since then, or since more could be taken
    std::uint16_t calm_enough_ = P::calm;
    const std::uint8_t most_; // what of a small pool two threads may keep is to be a small part of it
    const std::uint8_t batch_;
    std::uint8_t refill_ = most_;
    std::uint8_t too_soon_ = 0; // how often in a row
};

} // namespace ndispool::pool
