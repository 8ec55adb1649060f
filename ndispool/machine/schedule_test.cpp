#include "ndispool/machine/clock.h"
#include "ndispool/machine/dpc.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/poller.h"
#include "ndispool/machine/schedule.h"
#include "ndispool/machine/spin_lock.h"
#include "ndispool/machine/testing.h"
#include "ndispool/machine/timer.h"
#include "ndispool/machine/work.h"
#include <chrono>
#include <gtest/gtest.h>

namespace ndispool::machine {

using namespace testing;

namespace {

class VirtualMachine {
  public:
    explicit VirtualMachine(unsigned processors = 1, std::uint64_t seed = 1) {
        start({.processors = processors, .clock = Clock::virtual_, .seed = seed});
    }
    ~VirtualMachine() { stop(); }
};

constexpr std::uint64_t second = 10'000'000;

// What happened, in order. Written without a lock: in a schedule one thread runs at a time.
std::string story;

struct Teller {
    char name = 0;
    int left = 4;
    std::uintptr_t* lock = nullptr;
    Dpc dpc;
};

void tell(void* context) {
    auto& teller = *static_cast<Teller*>(context);
    for (int i = 0; i < 3; ++i) {
        preemption_point();
        acquire(*teller.lock);
        story += teller.name;
        story += static_cast<char>('0' + current_processor());
        release(*teller.lock);
    }
    if (--teller.left > 0)
        set_timer(&teller, 1000, 0, tell, &teller);
}

void tell_from_work(void* context) {
    const DispatchScope scope;
    tell(context);
}

// Work items, timers and DPCs on several processors, all at the same times.
std::string story_of(unsigned processors, std::uint64_t seed) {
    story.clear();
    std::uintptr_t lock = 0;
    VirtualMachine machine(processors, seed);
    std::array<Teller, 6> tellers;
    for (std::size_t i = 0; i < tellers.size(); ++i) {
        tellers[i].name = static_cast<char>('a' + i);
        tellers[i].lock = &lock;
    }
    for (std::size_t i = 0; i < tellers.size(); ++i)
        if (i % 2 == 0) {
            queue_work(tell_from_work, &tellers[i]);
        } else {
            tellers[i].dpc.routine = tell;
            tellers[i].dpc.context = &tellers[i];
            queue_dpc(tellers[i].dpc, static_cast<unsigned>(i) % processors);
        }
    sleep_100ns(second);
    EXPECT_EQ(story.size(), tellers.size() * 4 * 3 * 2);
    return story;
}

} // namespace

TEST(Schedule, repeats_itself_for_a_seed_and_differs_between_seeds) {
    for (const unsigned processors : {1u, 2u, 4u}) {
        const std::string once = story_of(processors, 7);
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(story_of(processors, 7), once);
        std::size_t different = 0;
        for (std::uint64_t seed = 8; seed < 16; ++seed)
            different += story_of(processors, seed) != once;
        EXPECT_GT(different, 3u) << processors;
    }
}

TEST(Schedule, makes_waiting_cost_no_time) {
    const auto start = std::chrono::steady_clock::now();
    VirtualMachine machine;
    const auto before = uptime_100ns();
    sleep_100ns(3600 * second);
    EXPECT_GE(uptime_100ns() - before, 3600 * second);
    EXPECT_LT(uptime_100ns() - before, 3601 * second);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(Schedule, starts_each_machine_at_the_same_time) {
    std::uint64_t first = 0;
    for (int i = 0; i < 2; ++i) {
        VirtualMachine machine;
        if (i == 0)
            first = system_time_100ns();
        else
            EXPECT_EQ(system_time_100ns(), first);
    }
    EXPECT_FALSE(virtual_time());
}

TEST(Schedule, fires_a_timer_exactly_when_it_is_due) {
    VirtualMachine machine(2);
    static std::uint64_t fired;
    fired = 0;
    const auto due = uptime_100ns() + 5 * second;
    set_timer(
        &fired, 5 * second, 0, [](void*) { fired = uptime_100ns(); }, nullptr);
    sleep_100ns(6 * second);
    EXPECT_EQ(fired, due);
}

void fire_again_at_once(void* fired) {
    if (++*static_cast<unsigned*>(fired) < 100'000)
        set_timer(fired, 0, 0, fire_again_at_once, fired);
}

TEST(Schedule, begins_on_the_first_processor_whatever_the_thread_had_before) {
    for (int again = 0; again < 3; ++again) {
        VirtualMachine machine(2);
        {
            const DispatchScope dispatch;
            EXPECT_EQ(current_processor(), 0u);
        }
        detail::this_thread.processor = 1;
    }
}

TEST(Schedule, goes_on_with_the_time_while_a_timer_sets_itself_again_for_at_once) {
    VirtualMachine machine;
    static unsigned fired;
    fired = 0;
    set_timer(&fired, 0, 0, fire_again_at_once, &fired);
    sleep_100ns(second / 100);
    EXPECT_GT(fired, 10u);
    EXPECT_LT(fired, 10'000u);
    cancel_timer(&fired);
}

TEST(Schedule, ends_a_wait_when_the_event_is_set_or_its_time_is_over) {
    VirtualMachine machine(2);
    std::int32_t event = 0;
    const auto start = uptime_100ns();
    EXPECT_FALSE(wait(event, false, std::chrono::seconds(3)));
    EXPECT_EQ(uptime_100ns() - start, 3 * second);
    set_timer(
        &event, second, 0, [](void* state) { set(*static_cast<std::int32_t*>(state)); }, &event);
    EXPECT_TRUE(wait(event, false, std::chrono::seconds(100)));
    EXPECT_LT(uptime_100ns() - start, 5 * second);
}

TEST(Schedule, lets_others_run_while_somebody_stalls) {
    VirtualMachine machine(2);
    Counter counter;
    Dpc dpc;
    dpc.routine = Counter::count;
    dpc.context = &counter;
    queue_dpc(dpc, 1);
    for (int i = 0; i < 1000 && counter.calls.load() == 0; ++i)
        stall_us(10);
    EXPECT_EQ(counter.calls.load(), 1);
}

TEST(Schedule, does_not_hold_up_threads_that_take_no_part) {
    VirtualMachine machine;
    std::thread stranger([] {
        EXPECT_FALSE(scheduled());
        sleep_100ns(1000);
        const DispatchScope scope;
        EXPECT_EQ(current_irql(), dispatch_level);
    });
    const OutsideSchedule outside;
    stranger.join();
}

TEST(Schedule, counts_what_a_processor_does_as_time) {
    VirtualMachine machine;
    struct Busy final : Poller {
        std::atomic<int> polls = 0;
        bool poll() noexcept override { return ++polls, true; }
    } busy;
    add_poller(busy, 0);
    sleep_100ns(second); // ends, though the processor never has nothing to do
    remove_poller(busy);
    EXPECT_GT(busy.polls.load(), 100);
}

} // namespace ndispool::machine
