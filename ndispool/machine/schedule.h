// The schedule of a machine with a virtual clock: of the threads that take part, one runs at a time, and who is next follows from
// the seed alone. So the same run makes the same sequence of calls every time.
//
// A thread runs until it waits (bell.h, clock.h), gives up its turn or ends; then the next one of a fixed circle that can go on
// does. When none can, the clock jumps to the earliest time that one of them waits for.
// Always holds: a lock of the C++ library that is held across none of these points is never contended. Threads that take no part
// are neither held up nor waited for; what they do is not repeatable. While no schedule is on, all of this costs a load.
// Part takes the thread that called begin_schedule(), and each thread the machine starts afterwards.
// Not here: what threads do in their turns.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace ndispool::machine {

void begin_schedule(std::uint64_t seed); // the caller has the turn
void end_schedule();                     // no other thread takes part any more

bool virtual_time() noexcept; // a schedule is on
bool scheduled() noexcept;    // and the calling thread takes part
std::uint64_t virtual_uptime_100ns() noexcept;

// Of a thread that takes part.
void yield_turn() noexcept;
// Until the word is not `ticket` any more or the time has come. A null word: the time alone.
void wait_for_turn(const std::atomic<std::uint32_t>* word, std::uint32_t ticket,
                   std::optional<std::uint64_t> until_100ns) noexcept;

// A thread that takes no part has rung a bell.
void look_again() noexcept;

// Running takes this much of the virtual time.
void spend_100ns(std::uint64_t ticks) noexcept;

namespace detail {
extern constinit std::atomic<bool> schedule_on;
void preempt_by_seed() noexcept;
} // namespace detail

// Where a driver's code may be interrupted by other processors: sometimes the turn is given up, by the seed.
inline void preemption_point() noexcept {
    if (detail::schedule_on.load(std::memory_order_relaxed)) [[unlikely]] // as virtual_time()
        detail::preempt_by_seed();
}

// A number below `bound` that follows from the seed, for each `stream` its own sequence.
std::uint64_t choice(std::uint64_t stream, std::uint64_t count, std::uint64_t bound) noexcept;

// The place of a thread that is about to be started; null when no schedule is on.
struct Place;
Place* enroll();
void enter(Place* place) noexcept;    // by that thread, first thing
void leave() noexcept;                // and last thing
void withdraw(Place* place) noexcept; // it could not be started

// Leaves the schedule for a wait that it cannot see, such as a join.
class OutsideSchedule {
  public:
    OutsideSchedule() noexcept;
    ~OutsideSchedule();
    OutsideSchedule(const OutsideSchedule&) = delete;
    OutsideSchedule& operator=(const OutsideSchedule&) = delete;

  private:
    Place* const place_;
};

} // namespace ndispool::machine
