// A count kept by processor: adding is one store by its owner, reading adds the cells up.
//   Callers:   add() at DISPATCH_LEVEL only, which makes the current processor's cell the caller's own. sum() anywhere.
//   Holds:     a cell never goes down. To learn that two tallies are equal for good, stop what raises the first one, then
//              read the second one before the first.
#pragma once

#include "ndispool/machine/processor.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace ndispool::host {

class Tally {
  public:
    void add(std::uint64_t n) noexcept {
        std::atomic<std::uint64_t>& mine = cells_[machine::processor_held()].count;
        // Release pairs with the acquire in sum(): who sees the count sees what was done before it.
        mine.store(mine.load(std::memory_order_relaxed) + n, std::memory_order_release);
    }

    std::uint64_t sum() const noexcept {
        std::uint64_t total = 0;
        for (const Cell& cell : cells_)
            total += cell.count.load(std::memory_order_acquire);
        return total;
    }

  private:
    struct alignas(64) Cell { // one line each: processors do not share a written line
        std::atomic<std::uint64_t> count{0};
    };
    std::array<Cell, machine::max_processors> cells_;
};

} // namespace ndispool::host
