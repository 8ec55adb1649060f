#include "ndispool/machine/schedule.h"
#include "ndispool/machine/bug.h"
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

namespace ndispool::machine {

namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t first_uptime_100ns = 36'000'000'000; // an hour: some code subtracts from the time

// The finalizer of splitmix64: every bit of the result hangs on every bit of the number.
std::uint64_t mixed(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

} // namespace

constinit std::atomic<bool> detail::schedule_on = false;

struct Place {
    std::condition_variable turn;
    const std::uint64_t rank; // its position in the circle
    const std::uint64_t serial;
    std::uint64_t preemption_points = 0; // its own thread's

    // Guarded by the schedule's lock.
    bool waits = false;
    const std::atomic<std::uint32_t>* word = nullptr;
    std::uint32_t ticket = 0;
    std::uint64_t until = never;

    Place(std::uint64_t r, std::uint64_t s) : rank(r), serial(s) {}
};

namespace {

std::atomic<std::uint64_t> now{0};
std::atomic<std::uint64_t> seed_in_use{0};
thread_local Place* mine = nullptr;

class Schedule {
  public:
    Place* add() {
        const std::scoped_lock guard(lock_);
        const std::uint64_t serial = next_serial_++;
        const auto seed = seed_in_use.load(std::memory_order_relaxed);
        auto* const place = new Place(mixed(seed + serial), serial);
        insert(place);
        return place;
    }

    // Waits until it is the place's turn.
    void take_turn(Place* place) {
        std::unique_lock guard(lock_);
        if (!current_)
            current_ = place;
        place->turn.wait(guard, [&] { return current_ == place; });
    }

    // The place is in the circle, waiting or not; somebody else may go on first.
    void pass_turn(Place* place) {
        std::unique_lock guard(lock_);
        choose_next(guard, place);
        place->turn.wait(guard, [&] { return current_ == place; });
        place->waits = false;
    }

    void wait(Place* place, const std::atomic<std::uint32_t>* word, std::uint32_t ticket, std::uint64_t until) {
        {
            const std::scoped_lock guard(lock_);
            place->waits = true;
            place->word = word;
            place->ticket = ticket;
            place->until = until;
        }
        pass_turn(place);
    }

    void remove(Place* place) {
        const std::scoped_lock guard(lock_);
        const auto after = std::find(circle_.begin(), circle_.end(), place);
        const auto index = static_cast<std::size_t>(after - circle_.begin());
        circle_.erase(after);
        current_ = nullptr;
        choose_at_once(index);
    }

    // A thread that takes no part has changed something: if nobody has the turn, somebody may take it now.
    void look_again() {
        const std::scoped_lock guard(lock_);
        if (!current_)
            choose_at_once(0);
    }

    void forget(Place* place) {
        const std::scoped_lock guard(lock_);
        std::erase(circle_, place);
    }

    void put_back(Place* place) {
        {
            const std::scoped_lock guard(lock_);
            insert(place);
        }
        take_turn(place);
    }

    void reset() {
        const std::scoped_lock guard(lock_);
        next_serial_ = 0;
        current_ = nullptr;
    }

  private:
    void insert(Place* place) {
        const auto at = std::lower_bound(circle_.begin(), circle_.end(), place,
                                         [](const Place* a, const Place* b) { return a->rank < b->rank; });
        circle_.insert(at, place);
    }

    static bool can_go_on(const Place& place) {
        // Acquire pairs with ring(): what was made true before it is seen.
        return !place.waits || place.until <= now.load(std::memory_order_relaxed) ||
               (place.word && place.word->load(std::memory_order_acquire) != place.ticket);
    }

    Place* first_from(std::size_t index) const {
        for (std::size_t i = 0; i < circle_.size(); ++i)
            if (Place* const place = circle_[(index + i) % circle_.size()]; can_go_on(*place))
                return place;
        return nullptr;
    }

    void choose_next(std::unique_lock<std::mutex>& guard, const Place* after) {
        const auto at = std::find(circle_.begin(), circle_.end(), after);
        choose_next(guard, static_cast<std::size_t>(at - circle_.begin()) + 1);
    }

    void choose_next(std::unique_lock<std::mutex>& guard, std::size_t index) {
        while (!choose_at_once(index))
            wait_for_outsiders(guard);
    }

    // False: all wait, and for no time.
    bool choose_at_once(std::size_t index) {
        Place* next = first_from(index);
        if (!next && jump())
            next = first_from(index);
        if (!next)
            return false;
        current_ = next;
        next->turn.notify_one();
        return true;
    }

    bool jump() {
        std::uint64_t earliest = never;
        for (const Place* place : circle_)
            earliest = std::min(earliest, place->until);
        if (earliest == never)
            return false;
        now.store(earliest, std::memory_order_relaxed); // of one writer at a time, under the lock
        return true;
    }

    // All wait for ever: only a thread that takes no part can help.
    void wait_for_outsiders(std::unique_lock<std::mutex>& guard) {
        using namespace std::chrono_literals;
        constexpr unsigned patience = 10'000;
        if (++waited_ms_ == patience)
            report_bug("every thread of the machine waits, and for no time: nothing can go on", nullptr);
        never_notified_.wait_for(guard, 1ms);
    }

    std::mutex lock_;
    std::condition_variable never_notified_;
    std::vector<Place*> circle_; // by rank
    Place* current_ = nullptr;
    std::uint64_t next_serial_ = 0;
    unsigned waited_ms_ = 0;
};

// Never destroyed: threads may still run while the program exits.
Schedule& schedule() {
    static Schedule& one = *new Schedule;
    return one;
}

} // namespace

void begin_schedule(std::uint64_t seed) {
    seed_in_use.store(seed, std::memory_order_relaxed); // before anybody else takes part
    now.store(first_uptime_100ns, std::memory_order_relaxed);
    schedule().reset();
    mine = schedule().add();
    schedule().take_turn(mine);
    detail::schedule_on.store(true, std::memory_order_release);
}

void end_schedule() {
    detail::schedule_on.store(false, std::memory_order_release);
    leave();
}

bool virtual_time() noexcept {
    return detail::schedule_on.load(std::memory_order_relaxed);
}

bool scheduled() noexcept {
    return virtual_time() && mine;
}

std::uint64_t virtual_uptime_100ns() noexcept {
    return now.load(std::memory_order_relaxed);
}

void yield_turn() noexcept {
    schedule().pass_turn(mine);
}

void wait_for_turn(const std::atomic<std::uint32_t>* word, std::uint32_t ticket,
                   std::optional<std::uint64_t> until_100ns) noexcept {
    schedule().wait(mine, word, ticket, until_100ns.value_or(never));
}

void spend_100ns(std::uint64_t ticks) noexcept {
    now.fetch_add(ticks, std::memory_order_relaxed); // whoever has the turn
}

std::uint64_t choice(std::uint64_t stream, std::uint64_t count, std::uint64_t bound) noexcept {
    const auto seed = seed_in_use.load(std::memory_order_relaxed);
    return mixed(mixed(seed ^ stream) + count) % bound;
}

void detail::preempt_by_seed() noexcept {
    constexpr std::uint64_t one_in = 16;
    if (!scheduled())
        return;
    if (choice(mine->serial, ++mine->preemption_points, one_in) == 0)
        yield_turn();
}

Place* enroll() {
    return virtual_time() ? schedule().add() : nullptr;
}

void enter(Place* place) noexcept {
    mine = place;
    if (place)
        schedule().take_turn(place);
}

void leave() noexcept {
    const std::unique_ptr<Place> place(mine);
    mine = nullptr;
    if (place)
        schedule().remove(place.get());
}

void withdraw(Place* place) noexcept {
    if (place)
        schedule().forget(place);
    delete place;
}

void look_again() noexcept {
    schedule().look_again();
}

OutsideSchedule::OutsideSchedule() noexcept : place_(scheduled() ? mine : nullptr) {
    if (!place_)
        return;
    mine = nullptr;
    schedule().remove(place_);
}

OutsideSchedule::~OutsideSchedule() {
    if (!place_)
        return;
    mine = place_;
    schedule().put_back(place_);
}

} // namespace ndispool::machine
