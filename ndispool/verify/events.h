// The driver's events: where each was initialised, last set and reset, and who waits for it.
//   Callers:   the checked forms of event, wait and memory functions; any thread, any IRQL.
//   Holds:     an event has no end of its own, so memory is bounded by most_events: beyond, all are forgotten, and what is not
//              known is then no longer called uninitialised.
#pragma once

#include "ndispool/verify/call.h"

#include <cstddef>

namespace ndispool::verify {

inline constexpr std::size_t most_events = 16'384;

// While it lives, the thread waits for the object, which is an event or is not.
class Waiting {
  public:
    Waiting(Call& call, const void* object) noexcept;
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

  private:
    const void* const object_;
    const bool known_;
};

// The driver is about to free this memory: nobody may wait for an event in it.
void check_events_in(Call& call, const void* memory, std::size_t bytes);

void forget_events();

} // namespace ndispool::verify
