// Which of its documented forms an operation's end takes when NDIS could have it over at once: the return value, or PENDING and a
// completion later. Real systems do both; a driver must cope with either.
//   Callers:   any thread. Set between runs.
//   Holds:     in the form `mixed`, the choices follow from the seed alone.
//   Not here:  what the two ends of a run choose for themselves (freedom.h), and doing it later (later.h).
#pragma once

#include <cstdint>

namespace ndispool::host {

enum class Completions : std::uint8_t {
    natural, // what is over at once is returned
    pending, // everything that may pend does, and is completed from another context
    mixed,   // now so, now so
};

void set_completions(Completions form, std::uint64_t seed);

// Whether the operation at hand is to pend although it is over.
bool pends();

} // namespace ndispool::host
