#include "ndispool/machine/timer.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/round.h"
#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ndispool::machine {

namespace {

using Time = std::uint64_t; // uptime_100ns()
constexpr Time never = std::numeric_limits<Time>::max();

struct Timer {
    Time due;
    std::uint64_t number; // in the order they were set: timers of one time run in this order
    std::uint64_t period;
    TimerRoutine routine;
    void* context;
    unsigned processor;
};

Time later(Time now, std::uint64_t delay) noexcept {
    return delay < never - now ? now + delay : never - 1;
}

Timer next_occurrence(Timer timer, Time now) noexcept {
    timer.due = later(timer.due, timer.period);
    if (timer.due <= now)
        timer.due = later(now, timer.period);
    return timer;
}

// All timers, by key and, for each processor, by time. A key whose routine runs is only ever queued on the processor it
// runs on: that is what keeps a routine from running twice at once.
class TimerTable {
  public:
    struct Change {
        bool replaced;
        std::optional<unsigned> hurry; // this processor's sleep may have become too long
    };

    Change set(const void* key, Timer timer) {
        const Locked locked(lock_);
        timer.processor = where_it_runs(key).value_or(timer.processor);
        const bool replaced = remove(key);
        const bool sooner = timer.due < next(timer.processor);
        insert(key, timer);
        return {replaced, sooner ? std::optional(timer.processor) : std::nullopt};
    }

    bool cancel(const void* key) {
        const Locked locked(lock_);
        return remove(key);
    }

    std::uint64_t next_number() {
        const Locked locked(lock_);
        return next_number_;
    }

    // The first timer that is due, which from now to end() counts as running; a periodic one is queued again. Those of one time
    // are in the order they were set: behind one that was set too late are no others.
    std::optional<Timer> begin(unsigned processor, Time now, std::uint64_t set_before) {
        const Locked locked(lock_);
        const Order& order = queues_[processor].order;
        if (order.empty() || order.begin()->due > now || order.begin()->number >= set_before)
            return {};
        const void* const key = order.begin()->key;
        const Timer timer = timers_.at(key);
        remove(key);
        if (timer.period)
            insert(key, next_occurrence(timer, now));
        queues_[processor].running = key;
        return timer;
    }

    void end(unsigned processor) {
        const Locked locked(lock_);
        queues_[processor].running.reset();
    }

    std::size_t size() {
        const Locked locked(lock_);
        return timers_.size();
    }

    std::vector<const void*> keys_between(const void* begin, const void* end) {
        const Locked locked(lock_);
        std::vector<const void*> keys;
        for (auto at = timers_.lower_bound(begin); at != timers_.end() && std::less<>()(at->first, end); ++at)
            keys.push_back(at->first);
        return keys;
    }

    void clear() {
        const Locked locked(lock_);
        while (!timers_.empty())
            remove(timers_.begin()->first);
    }

    // Without the lock, so that a round with nothing due costs a load. Who sets a sooner one rings the processor's
    // bell.
    Time next(unsigned processor) const noexcept { return next_[processor].load(std::memory_order_relaxed); }

  private:
    struct Place {
        Time due;
        std::uint64_t number;
        const void* key;
        bool operator<(const Place& other) const { return std::pair(due, number) < std::pair(other.due, other.number); }
    };
    using Order = std::set<Place>;
    struct Queue {
        Order order;
        std::optional<const void*> running;
    };

    std::optional<unsigned> where_it_runs(const void* key) const NDISPOOL_REQUIRES(lock_) {
        for (unsigned p = 0; p < queues_.size(); ++p)
            if (queues_[p].running == key)
                return p;
        return {};
    }

    void insert(const void* key, Timer timer) NDISPOOL_REQUIRES(lock_) {
        timer.number = next_number_++;
        timers_.emplace(key, timer);
        queues_[timer.processor].order.insert({timer.due, timer.number, key});
        publish_next(timer.processor);
    }

    bool remove(const void* key) NDISPOOL_REQUIRES(lock_) {
        const auto found = timers_.find(key);
        if (found == timers_.end())
            return false;
        const Timer timer = found->second;
        timers_.erase(found);
        queues_[timer.processor].order.erase({timer.due, timer.number, key});
        publish_next(timer.processor);
        return true;
    }

    void publish_next(unsigned processor) NDISPOOL_REQUIRES(lock_) {
        const Order& order = queues_[processor].order;
        next_[processor].store(order.empty() ? never : order.begin()->due, std::memory_order_relaxed);
    }

    Lock lock_;
    std::map<const void*, Timer> timers_ NDISPOOL_GUARDED_BY(lock_);
    std::uint64_t next_number_ NDISPOOL_GUARDED_BY(lock_) = 0;
    std::array<Queue, max_processors> queues_ NDISPOOL_GUARDED_BY(lock_);
    std::array<std::atomic<Time>, max_processors> next_; // when the first of each queue is due, or never

  public:
    TimerTable() {
        for (auto& next : next_)
            next.store(never, std::memory_order_relaxed);
    }
};

// Never destroyed: processors may still run while the program exits.
TimerTable& table() {
    static TimerTable& timers = *new TimerTable;
    return timers;
}

} // namespace

bool set_timer(const void* key, std::uint64_t delay_100ns, std::uint64_t period_100ns, TimerRoutine routine,
               void* context) {
    ensure_started();
    const unsigned here = current_irql() >= dispatch_level ? current_processor() : 0;
    const Timer timer = {later(uptime_100ns(), delay_100ns), 0, period_100ns, routine, context, here};
    const auto change = table().set(key, timer);
    if (change.hurry)
        processor_bell(*change.hurry).ring();
    return change.replaced;
}

bool cancel_timer(const void* key) {
    return table().cancel(key);
}

std::size_t timers_queued() {
    return table().size();
}

std::vector<const void*> timers_between(const void* begin, const void* end) {
    return table().keys_between(begin, end);
}

// Those a routine sets run in the next round, also at the same time: a virtual clock goes on between rounds only.
bool run_due_timers(unsigned processor) noexcept {
    TimerTable& timers = table();
    if (timers.next(processor) == never)
        return false;
    const Time now = uptime_100ns();
    if (timers.next(processor) > now)
        return false;
    const std::uint64_t set_before = timers.next_number();
    bool ran = false;
    while (timers.next(processor) <= now) {
        const auto timer = timers.begin(processor, now, set_before);
        if (!timer)
            break;
        timer->routine(timer->context);
        restore_irql(dispatch_level, reinterpret_cast<const void*>(timer->routine));
        timers.end(processor);
        ran = true;
    }
    return ran;
}

std::optional<std::uint64_t> next_timer(unsigned processor) noexcept {
    const Time next = table().next(processor);
    return next == never ? std::nullopt : std::optional(next);
}

void forget_timers() noexcept {
    table().clear();
}

} // namespace ndispool::machine
