// Pollers: what a processor looks at once a round, such as the receive side of a wire.
//
// Always holds: poll() of one poller never runs twice at once. It runs at DISPATCH, in the order the pollers were
// added. A processor none of whose timers, DPCs and pollers did anything for a while (patience.h) sleeps until wake(), a DPC or
// its next timer, at most 1 ms while it has pollers.
#pragma once

#include <atomic>

namespace ndispool::machine {

class Poller {
  public:
    Poller() = default;
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    virtual ~Poller(); // removed before; if not, that is reported and done late

    virtual bool poll() noexcept = 0; // returns whether it did anything; must not block, must not remove pollers

    // Called like poll(), before the last round of a processor that will sleep if that round does nothing: whoever can learn by other
    // means than looking that there is something sees to it that wake() is called then.
    virtual void about_to_sleep() noexcept {}

  private:
    friend class PollerList;
    std::atomic<Poller*> next_ = nullptr;
    unsigned added_to_ = 0; // processor + 1, or 0; guarded by the list's lock
};

void add_poller(Poller&, unsigned processor); // any IRQL; once until removed
void remove_poller(Poller&);                  // PASSIVE; on return poll() is not running and will not run again

void wake(unsigned processor) noexcept; // any IRQL: the processor makes at least one more round, begun after this call

} // namespace ndispool::machine
