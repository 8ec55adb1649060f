// What NDIS leaves to the driver below and the protocol above, decided by seed: whether a send or request is complete at once or
// later and on which processor, whether packets come singly or in arrays, as loans or with RESOURCES. Off, the host does what is
// fastest, which hides mistakes of drivers that rely on it.
//   Callers:   the two ends of the run, any thread.
//   Holds:     each question is answered from the seed and the number of questions before it.
#pragma once

#include "ndispool/host/dice.h"

#include <cstddef>
#include <cstdint>

namespace ndispool::host {

class Freedom {
  public:
    Freedom() = default;
    Freedom(std::uint64_t seed, unsigned processors) : dice_(seed), processors_(processors), used_(true) {}

    bool used() const { return used_; }

    // True once in so many times; never when freedom is not used.
    bool one_in(std::uint64_t times) { return used_ && dice_.next() % times == 0; }

    // 1 to count; all of them when freedom is not used.
    std::size_t portion(std::size_t count) {
        if (!used_ || count < 2)
            return count;
        switch (dice_.next() % 4) {
        case 0:
            return 1;
        case 1:
            return 1 + dice_.next() % count;
        default:
            return count;
        }
    }

    unsigned processor() { return static_cast<unsigned>(dice_.next() % processors_); }

  private:
    Dice dice_;
    const unsigned processors_ = 1;
    const bool used_ = false;
};

} // namespace ndispool::host
