// What a pool is to do, too simple to be wrong: for tests in which one thing happens after another.
//   Callers:   tests, one at a time.
//   Holds:     after every call the numbers are those that a Snapshot must show; of the peak see peak_is_right.
#pragma once

#include "ndispool/pool.h"

#include <algorithm>
#include <cstdint>

namespace ndispool::pool {

class Model {
  public:
    struct Parts {
        std::size_t statics = 0;
        std::size_t overflow = 0;
        [[nodiscard]] std::size_t all() const { return statics + overflow; }
    };

    explicit Model(const Shape& shape) : shape_(shape) {}

    // What an allocation of so many gets.
    Parts allocate(std::size_t asked) {
        const Parts got = part(std::min(asked, free()));
        short_ |= asked > got.statics;
        refusals_ += got.all() < asked;
        return take(got);
    }
    // All or nothing.
    Parts reserve(std::size_t asked) {
        refusals_ += asked > free();
        return take(part(asked > free() ? 0 : asked));
    }
    void freed(Parts back) {
        out_.statics -= back.statics;
        out_.overflow -= back.overflow;
        frees_ += back.all();
    }
    // Another thread uses the pool as well from now on.
    void joined() { ++others_; }

    [[nodiscard]] std::size_t in_use() const { return out_.all(); }
    [[nodiscard]] std::size_t overflow_in_use() const { return out_.overflow; }
    [[nodiscard]] std::size_t overflow_peak() const { return overflow_peak_; }
    [[nodiscard]] std::uint64_t allocations() const { return allocations_; }
    [[nodiscard]] std::uint64_t frees() const { return frees_; }
    [[nodiscard]] std::uint64_t refusals() const { return refusals_; }

    // A pool that several threads use may not have seen the highest of all unless static ones fell short, but no less than it
    // showed; and it misses at most what was in their stocks: 64, as pools of up to 512 have no spare magazines.
    bool peak_is_right(std::size_t shown) {
        seen_ = std::max({seen_, in_use(), others_ == 0 || short_ ? peak_ : 0});
        const std::size_t missed = peak_ - std::min(shown, peak_);
        const bool right = shown >= seen_ && shown <= peak_ && missed <= 64 * (others_ + 1);
        seen_ = std::max(seen_, shown);
        return right;
    }

  private:
    [[nodiscard]] std::size_t free() const { return shape_.descriptors + shape_.overflow - in_use(); }
    [[nodiscard]] Parts part(std::size_t number) const {
        const std::size_t statics = std::min(number, shape_.descriptors - out_.statics);
        return {statics, number - statics};
    }
    Parts take(Parts got) {
        out_.statics += got.statics;
        out_.overflow += got.overflow;
        allocations_ += got.all();
        peak_ = std::max(peak_, in_use());
        overflow_peak_ = std::max(overflow_peak_, out_.overflow);
        short_ |= got.overflow != 0;
        return got;
    }

    const Shape shape_;
    Parts out_;
    bool short_ = false; // somebody wanted a static one while all were out
    std::size_t peak_ = 0, overflow_peak_ = 0, seen_ = 0, others_ = 0;
    std::uint64_t allocations_ = 0, frees_ = 0, refusals_ = 0;
};

} // namespace ndispool::pool
