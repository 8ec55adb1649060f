// Numbers that follow from a seed: the n-th question has the same answer in every run.
//   Callers:   any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace ndispool::host {

class Dice {
  public:
    explicit Dice(std::uint64_t seed = 0) : state_(seed) {}
    void reseed(std::uint64_t seed) { state_.store(seed, std::memory_order_relaxed); } // before anybody asks

    // SplitMix64.
    std::uint64_t next() {
        constexpr std::uint64_t step = 0x9E3779B97F4A7C15u;
        std::uint64_t z = state_.fetch_add(step, std::memory_order_relaxed) + step; // a number; orders no other data
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

  private:
    std::atomic<std::uint64_t> state_;
};

} // namespace ndispool::host
