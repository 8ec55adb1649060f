// What a bad cable does to each frame: loses it, gives it twice, lets those behind it overtake it, gives it late.
//   Callers:  one thread per Fates.
//   Holds:    the same seed and impairment give the same sequence of fates, whatever the frames and batches are.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "ndispool/wire/spec.h"

namespace ndispool::wire {

struct Impairment {
    static constexpr std::uint32_t always = 1'000'000;
    std::uint32_t loss = 0, duplication = 0, reordering = 0; // chances, in millionths
    std::chrono::nanoseconds delay{0};
};

struct Fate {
    bool lost = false, duplicated = false;
    unsigned overtaken_by = 0; // so many frames go before it; 0: it keeps its place
    bool operator==(const Fate&) const = default;
};

class Fates {
  public:
    static constexpr unsigned most_overtakers = 4;

    Fates(const Impairment& impairment, std::uint64_t seed) : impairment_(impairment), random_(seed) {}
    Fate next();

  private:
    bool happens(std::uint32_t chance);

    Impairment impairment_;
    std::mt19937_64 random_;
};

// "loss=1%,dup=0.5%,reorder=1%,delay=5ms": each at most once, in any order. Throws Error, which begins with the whole spec.
Impairment parse_impairment(const Spec& spec, std::string_view text);

} // namespace ndispool::wire
