#include "ndispool/machine/work.h"
#include "ndispool/machine/bell.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/round.h"
#include "ndispool/machine/schedule.h"
#include "ndispool/machine/thread.h"
#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

namespace ndispool::machine {

namespace {

constexpr std::size_t first_workers = 4, most_workers = 64;

struct Item {
    WorkRoutine routine;
    void* context;
    std::uint64_t number; // in the order they were queued
};

void run(const Item& item) {
    detail::this_thread.works = true;
    item.routine(item.context);
    detail::this_thread.works = false;
    restore_irql(passive_level, reinterpret_cast<const void*>(item.routine));
}

class WorkQueue {
  public:
    void push(WorkRoutine routine, void* context) {
        {
            const Locked locked(lock_);
            waiting_.push_back({routine, context, next_number_++});
            if (waiting_.size() > idle_ && workers_.size() >= first_workers && workers_.size() < most_workers)
                try_to_grow();
        }
        pushed_.ring();
    }

    void open() {
        const Locked locked(lock_);
        while (workers_.size() < first_workers)
            grow();
    }

    void close() {
        std::vector<std::thread> leaving;
        {
            const Locked locked(lock_);
            closing_ = true;
            leaving.swap(workers_);
        }
        pushed_.ring();
        {
            const OutsideSchedule outside;
            for (std::thread& worker : leaving)
                worker.join();
        }
        const Locked locked(lock_);
        closing_ = false;
    }

    void serve() {
        while (const auto item = next()) {
            run(*item);
            finish(*item);
        }
    }

    void wait_for_queued() {
        wait_until([this, end = next_number()] { return oldest_unfinished() >= end; });
    }

    void wait_for_all() {
        wait_until([this] { return oldest_unfinished() >= next_number(); });
    }

  private:
    void grow() NDISPOOL_REQUIRES(lock_);

    // More than the first workers are a convenience: without this one the item waits for another.
    void try_to_grow() NDISPOOL_REQUIRES(lock_) {
        try {
            grow();
        } catch (const std::system_error&) {
        }
    }

    template <class Condition> void wait_until(Condition condition) {
        for (;;) {
            const auto ticket = finished_.listen();
            if (condition())
                return;
            finished_.sleep(ticket);
        }
    }

    std::optional<Item> next() {
        add_idle(1);
        for (;;) {
            const auto ticket = pushed_.listen();
            bool closing = false;
            if (const auto item = take(closing); item || closing)
                return item;
            pushed_.sleep(ticket);
        }
    }

    void add_idle(std::size_t count) {
        const Locked locked(lock_);
        idle_ += count;
    }

    // The caller is idle no more if there is an item or the queue closes.
    std::optional<Item> take(bool& closing) {
        const Locked locked(lock_);
        closing = closing_;
        if (waiting_.empty()) {
            idle_ -= closing;
            return {};
        }
        --idle_;
        const Item item = waiting_.front();
        waiting_.pop_front();
        running_.insert(item.number);
        return item;
    }

    void finish(const Item& item) {
        {
            const Locked locked(lock_);
            running_.erase(item.number);
        }
        finished_.ring();
    }

    std::uint64_t next_number() {
        const Locked locked(lock_);
        return next_number_;
    }

    std::uint64_t oldest_unfinished() {
        const Locked locked(lock_);
        const auto waiting = waiting_.empty() ? next_number_ : waiting_.front().number;
        return running_.empty() ? waiting : std::min(waiting, *running_.begin());
    }

    Lock lock_;
    Bell pushed_, finished_;
    std::deque<Item> waiting_ NDISPOOL_GUARDED_BY(lock_);
    std::set<std::uint64_t> running_ NDISPOOL_GUARDED_BY(lock_); // numbers of the items in routines
    std::uint64_t next_number_ NDISPOOL_GUARDED_BY(lock_) = 0;
    std::vector<std::thread> workers_ NDISPOOL_GUARDED_BY(lock_);
    std::size_t idle_ NDISPOOL_GUARDED_BY(lock_) = 0;
    bool closing_ NDISPOOL_GUARDED_BY(lock_) = false;
};

// Never destroyed: workers may still run while the program exits.
WorkQueue& queue() {
    static WorkQueue& items = *new WorkQueue;
    return items;
}

void WorkQueue::grow() {
    const auto number = static_cast<unsigned>(workers_.size());
    workers_.push_back(start_thread("ndispool-work" + std::to_string(number), [] { queue().serve(); }));
}

} // namespace

void queue_work(WorkRoutine routine, void* context) {
    ensure_started();
    queue().push(routine, context);
}

void drain_work() {
    if (detail::this_thread.works)
        return report_bug("drain_work() in a work routine would wait for itself", __builtin_return_address(0));
    const BlockingCall call("drain_work() at DISPATCH", __builtin_return_address(0));
    queue().wait_for_queued();
}

void start_workers() {
    queue().open();
}

void finish_work() {
    queue().wait_for_all();
}

void stop_workers() {
    queue().close();
}

} // namespace ndispool::machine
