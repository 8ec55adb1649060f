#include "ndispool/machine/poller.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/round.h"
#include <array>

namespace ndispool::machine {

// One processor's pollers. Its thread walks the list at DISPATCH without a lock; a poller that was unlinked keeps its
// own link until synchronize() has returned, so a walk that stands on it still finds the rest.
class alignas(64) PollerList {
  public:
    static void add(Poller& poller, unsigned processor);
    static bool remove(Poller& poller);

    bool poll_all() noexcept {
        bool did = false;
        // acquire, partner: the stores in add() and unlink()
        for (Poller* poller = first_.load(std::memory_order_acquire); poller;
             poller = poller->next_.load(std::memory_order_acquire)) {
            did |= poller->poll();
            restore_irql(dispatch_level, poller);
        }
        return did;
    }

    void warn_all() noexcept {
        for (Poller* poller = first_.load(std::memory_order_acquire); poller; // as in poll_all()
             poller = poller->next_.load(std::memory_order_acquire))
            poller->about_to_sleep();
    }

    bool empty() const noexcept { return !first_.load(std::memory_order_relaxed); }

    void clear() noexcept {
        const Locked locked(lock_);
        while (Poller* const poller = first_.load(std::memory_order_relaxed))
            unlink(*poller);
    }

  private:
    std::atomic<Poller*>& link_to(const Poller* poller) noexcept NDISPOOL_REQUIRES(lock_) {
        std::atomic<Poller*>* link = &first_;
        while (link->load(std::memory_order_relaxed) != poller)
            link = &link->load(std::memory_order_relaxed)->next_;
        return *link;
    }

    void unlink(Poller& poller) noexcept NDISPOOL_REQUIRES(lock_) {
        link_to(&poller).store(poller.next_.load(std::memory_order_relaxed), std::memory_order_release);
        poller.added_to_ = 0;
    }

    static Lock lock_; // one for all lists: changes are rare
    std::atomic<Poller*> first_ = nullptr;
};

constinit Lock PollerList::lock_;

namespace {

constinit std::array<PollerList, max_processors> lists;

} // namespace

void PollerList::add(Poller& poller, unsigned processor) {
    const Locked locked(lock_);
    if (poller.added_to_)
        return report_bug("poller added twice", &poller);
    poller.added_to_ = processor + 1;
    poller.next_.store(nullptr, std::memory_order_relaxed);
    lists[processor].link_to(nullptr).store(&poller, std::memory_order_release);
}

bool PollerList::remove(Poller& poller) {
    const Locked locked(lock_);
    if (!poller.added_to_)
        return false;
    lists[poller.added_to_ - 1].unlink(poller);
    return true;
}

Poller::~Poller() {
    if (PollerList::remove(*this)) {
        report_bug("poller destroyed before it was removed", this);
        synchronize();
    }
}

void add_poller(Poller& poller, unsigned processor) {
    ensure_started();
    processor = existing_processor(processor, &poller);
    PollerList::add(poller, processor);
    wake(processor);
}

void remove_poller(Poller& poller) {
    if (PollerList::remove(poller))
        synchronize();
}

void wake(unsigned processor) noexcept {
    processor_bell(existing_processor(processor, nullptr)).ring();
}

bool run_pollers(unsigned processor) noexcept {
    return lists[processor].poll_all();
}

void warn_pollers(unsigned processor) noexcept {
    const DispatchScope scope; // a poller that is removed is not freed before
    lists[processor].warn_all();
}

bool has_pollers(unsigned processor) noexcept {
    return !lists[processor].empty();
}

void forget_pollers() noexcept {
    for (PollerList& list : lists)
        list.clear();
}

} // namespace ndispool::machine
