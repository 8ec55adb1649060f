#include "ndispool/machine/processor.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/lock.h"
#include "ndispool/machine/patience.h"
#include "ndispool/machine/relax.h"
#include "ndispool/machine/round.h"
#include "ndispool/machine/schedule.h"
#include "ndispool/machine/thread.h"
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ndispool::machine {

namespace {

using namespace std::chrono_literals;
using RealClock = std::chrono::steady_clock;
using Nap = std::optional<std::chrono::nanoseconds>; // none: until the bell rings

constexpr unsigned rounds_before_sleep = 64; // since the last one that did something
constexpr std::chrono::nanoseconds nap_with_pollers = 1ms;
constexpr std::uint64_t longest_nap_ticks = 1h / 100ns;

// With a virtual clock: what a round costs in which anything ran, and how many rounds a processor makes in a turn at most.
constexpr std::uint64_t round_ticks = 10us / 100ns;
constexpr std::uint64_t most_rounds_in_turn = 4;

enum class State { stopped, running, stopping };

constinit std::atomic<State> state = State::stopped;
constinit std::array<Bell, max_processors> bells;

bool stopping() noexcept {
    return state.load(std::memory_order_acquire) == State::stopping;
}

bool run_round(unsigned processor) noexcept {
    const DispatchScope scope;
    const bool timers = run_due_timers(processor);
    const bool dpcs = run_dpcs(processor);
    const bool pollers = run_pollers(processor);
    return timers || dpcs || pollers;
}

Nap until_next_timer(unsigned processor) noexcept {
    const auto due = next_timer(processor);
    if (!due)
        return {};
    const std::uint64_t now = uptime_100ns();
    const std::uint64_t ticks = *due > now ? *due - now : 0;
    return std::min(ticks, longest_nap_ticks) * 100ns;
}

Nap nap(unsigned processor) noexcept {
    const Nap timer = until_next_timer(processor);
    if (!has_pollers(processor))
        return timer;
    return timer ? std::min(*timer, nap_with_pollers) : nap_with_pollers;
}

// True: it slept.
bool sleep_unless_there_is_work(unsigned processor) noexcept {
    Bell& bell = bells[processor];
    const auto ticket = bell.listen();
    warn_pollers(processor);
    if (run_round(processor) || stopping())
        return false;
    bell.sleep(ticket, nap(processor));
    return true;
}

// False: there was nothing to do in so many rounds and for so long.
bool look_for_work(unsigned processor, unsigned rounds, Patience::Nanoseconds time) noexcept {
    for (; rounds > 0; --rounds) {
        if (run_round(processor) || stopping())
            return true;
        relax();
    }
    for (const auto end = RealClock::now() + time; RealClock::now() < end; std::this_thread::yield())
        if (run_round(processor) || stopping())
            return true;
    return false;
}

// The rounds of a processor in a schedule: as many at a time as the seed says, and never an idle one for nothing.
void run_scheduled(unsigned processor) {
    for (std::uint64_t turn = 0; !stopping(); ++turn) {
        bool did = true;
        for (auto rounds = 1 + choice(processor, turn, most_rounds_in_turn); did && rounds > 0; --rounds)
            if ((did = run_round(processor)))
                spend_100ns(round_ticks);
        if (did)
            yield_turn();
        else
            sleep_unless_there_is_work(processor);
    }
}

void run_processor(unsigned processor) {
    detail::this_thread.bound = true;
    detail::this_thread.processor = static_cast<std::uint8_t>(processor);
    if (scheduled())
        run_scheduled(processor);
    Patience patience;
    for (unsigned rounds = rounds_before_sleep; !stopping();) {
        if (look_for_work(processor, rounds, patience.look())) {
            rounds = rounds_before_sleep;
            continue;
        }
        const auto before = RealClock::now();
        const bool slept = sleep_unless_there_is_work(processor);
        if (slept)
            patience.slept(RealClock::now() - before);
        rounds = slept ? 1 : rounds_before_sleep; // behind a sleep one round tells whether anything has come
    }
    run_round(processor); // the DPCs queued before stop()
}

// The threads, and who asked for them.
class Machine {
  public:
    void start(const Settings& settings) {
        const unsigned processors = settings.processors;
        const Locked locked(lock_);
        if (asked_for_)
            throw std::logic_error("the machine runs with " + std::to_string(processor_count()) +
                                   " processors: call stop() before start()");
        if (settings.clock == Clock::virtual_ && state.load(std::memory_order_relaxed) == State::stopped) {
            begin_schedule(settings.seed);
            detail::this_thread.processor = 0; // not the one it had last in a machine before
        }
        launch(processors);
        asked_for_ = true;
    }

    void start_by_itself() {
        const Locked locked(lock_);
        if (state.load(std::memory_order_relaxed) == State::stopped)
            launch(Settings().processors);
    }

    void stop() {
        const Locked locked(lock_);
        if (state.load(std::memory_order_relaxed) == State::running)
            shut_down();
    }

  private:
    void launch(unsigned processors) NDISPOOL_REQUIRES(lock_) {
        detail::set_processor_count(processors);
        try {
            start_workers();
            while (threads_.size() < processors)
                add_thread();
            state.store(State::running, std::memory_order_release);
        } catch (...) {
            shut_down();
            throw;
        }
    }

    void add_thread() NDISPOOL_REQUIRES(lock_) {
        const auto number = static_cast<unsigned>(threads_.size());
        threads_.push_back(start_thread("ndispool-cpu" + std::to_string(number), [number] { run_processor(number); }));
    }

    void shut_down() NDISPOOL_REQUIRES(lock_) {
        finish_work();
        stop_processors();
        finish_work(); // what the last rounds queued
        stop_workers();
        forget_timers();
        forget_dpcs();
        forget_pollers();
        detail::set_processor_count(1);
        asked_for_ = false;
        if (virtual_time())
            end_schedule();
        state.store(State::stopped, std::memory_order_release);
    }

    // release, partner: the load in stopping(); a DPC queued before is seen in the last round.
    void stop_processors() NDISPOOL_REQUIRES(lock_) {
        state.store(State::stopping, std::memory_order_release);
        for (Bell& bell : bells)
            bell.ring();
        const OutsideSchedule outside;
        for (std::thread& thread : threads_)
            thread.join();
        threads_.clear();
    }

    Lock lock_; // held while starting and stopping as a whole
    std::vector<std::thread> threads_ NDISPOOL_GUARDED_BY(lock_);
    bool asked_for_ NDISPOOL_GUARDED_BY(lock_) = false; // by start(), not by first use
};

// Never destroyed: processors may still run while the program exits.
Machine& machine() {
    static Machine& threads = *new Machine;
    return threads;
}

} // namespace

void start(const Settings& settings) {
    if (settings.processors < 1 || settings.processors > max_processors)
        throw std::invalid_argument("processors = " + std::to_string(settings.processors) +
                                    " is not possible: choose 1 to " + std::to_string(max_processors));
    machine().start(settings);
}

void stop() {
    if (detail::this_thread.bound || detail::this_thread.works)
        return report_bug("stop() by a thread of the machine would wait for itself", __builtin_return_address(0));
    const BlockingCall call("stop() at DISPATCH", __builtin_return_address(0));
    machine().stop();
}

bool running() noexcept {
    return state.load(std::memory_order_acquire) == State::running;
}

void ensure_started() {
    if (state.load(std::memory_order_acquire) == State::stopped)
        machine().start_by_itself();
}

Bell& processor_bell(unsigned processor) noexcept {
    return bells[processor];
}

unsigned existing_processor(unsigned processor, const void* object) noexcept {
    if (processor < processor_count())
        return processor;
    report_bug("the machine has no processor of that number: 0 is used", object);
    return 0;
}

} // namespace ndispool::machine
