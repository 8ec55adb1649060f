#include "ndispool/machine/poller.h"
#include "ndispool/machine/testing.h"
#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <memory>

namespace ndispool::machine {

using namespace testing;

namespace {

class TestPoller final : public Poller {
  public:
    explicit TestPoller(bool busy = false) : busy_(busy) {}
    bool poll() noexcept override {
        irql = current_irql();
        processor = current_processor();
        ++plain_;
        ++rounds;
        return busy_;
    }
    std::atomic<int> rounds = 0;
    std::atomic<Irql> irql = 0;
    std::atomic<unsigned> processor = max_processors;

  private:
    const bool busy_;
    int plain_ = 0; // a race if poll() ever ran twice at once
};

} // namespace

TEST(Poller, is_polled_at_dispatch_on_its_processor) {
    const RunningMachine machine(3);
    TestPoller poller;
    add_poller(poller, 2);
    wait_until([&] { return poller.rounds > 3; });
    remove_poller(poller);
    EXPECT_EQ(poller.irql, dispatch_level);
    EXPECT_EQ(poller.processor, 2u);
}

TEST(Poller, is_not_polled_after_it_was_removed_and_may_be_destroyed) {
    const RunningMachine machine(2);
    for (int i = 0; i < 40; ++i) {
        auto first = std::make_unique<TestPoller>(true), second = std::make_unique<TestPoller>(true);
        add_poller(*first, 1);
        add_poller(*second, 1);
        if (i % 2)
            wait_until([&] { return second->rounds > 0; });
        auto& early = i % 4 < 2 ? first : second;
        auto& late = i % 4 < 2 ? second : first;
        remove_poller(*early);
        early.reset();
        const int before = late->rounds;
        wait_until([&] { return late->rounds > before; });
        remove_poller(*late);
    }
}

TEST(Poller, can_be_added_again_elsewhere) {
    const RunningMachine machine(2);
    TestPoller poller;
    for (unsigned p : {0u, 1u, 0u}) {
        const int before = poller.rounds;
        add_poller(poller, p);
        wait_until([&] { return poller.rounds > before; });
        remove_poller(poller);
        EXPECT_EQ(poller.processor, p);
    }
}

TEST(Poller, removing_one_that_was_not_added_does_nothing) {
    TestPoller poller;
    remove_poller(poller);
}

TEST(Poller, added_twice_is_reported_and_polled_once) {
    BugNet net;
    const RunningMachine machine(2);
    TestPoller poller;
    add_poller(poller, 0);
    add_poller(poller, 1);
    EXPECT_EQ(net.take(), Reports{"poller added twice"});
    wait_until([&] { return poller.rounds > 0; });
    remove_poller(poller);
    EXPECT_EQ(poller.processor, 0u);
}

TEST(Poller, destroyed_while_added_is_reported) {
    BugNet net;
    const RunningMachine machine;
    struct Never final : Poller {
        bool poll() noexcept override { return false; }
    };
    {
        const DispatchScope scope; // the processor cannot poll it while it is destroyed
        Never poller;
        add_poller(poller, 0);
    }
    EXPECT_EQ(net.take(), (Reports{"poller destroyed before it was removed", "synchronize() at DISPATCH"}));
}

TEST(Poller, an_idle_one_is_polled_soon_after_wake) {
    const RunningMachine machine;
    TestPoller poller;
    add_poller(poller, 0);
    for (int i = 0; i < 100; ++i) {
        const int before = poller.rounds;
        wake(0);
        wait_until([&] { return poller.rounds > before; });
    }
    remove_poller(poller);
}

TEST(Poller, is_told_before_its_processor_sleeps_and_looked_at_once_more) {
    using Clock = std::chrono::steady_clock;
    const RunningMachine machine(2);
    struct Told final : Poller {
        bool poll() noexcept override {
            if (work == 0)
                return false;
            --work;
            if (warned) { // what arrived just then is found before the processor sleeps, which would take it 1 ms
                soonest = std::min(soonest, Clock::now() - since);
                ++found;
            }
            warned = false;
            return true;
        }
        void about_to_sleep() noexcept override {
            wrong = wrong || work > 0 || current_irql() != dispatch_level || current_processor() != 1;
            warned = true;
            work = 1;
            since = Clock::now();
        }
        int work = 1000; // this and the next four are the processor's
        bool warned = false, wrong = false;
        Clock::time_point since;
        Clock::duration soonest = std::chrono::hours(1);
        std::atomic<int> found = 0;
    } told;
    add_poller(told, 1);
    wait_until([&] { return told.found > 30; });
    remove_poller(told);
    EXPECT_FALSE(told.wrong);
    EXPECT_LT(told.soonest, std::chrono::microseconds(900));
}

TEST(Poller, sees_what_was_written_before_wake) {
    const RunningMachine machine;
    struct Mailbox final : Poller {
        std::atomic<int> letter = 0, read = 0;
        bool poll() noexcept override { // never says "did something", so that the processor goes to sleep
            read.store(letter.load(std::memory_order_relaxed), std::memory_order_relaxed);
            return false;
        }
    } mailbox;
    add_poller(mailbox, 0);
    for (int i = 1; i <= 200; ++i) {
        mailbox.letter.store(i, std::memory_order_relaxed);
        wake(0);
        wait_until([&] { return mailbox.read.load(std::memory_order_relaxed) == i; });
    }
    remove_poller(mailbox);
}

TEST(Poller, removed_while_others_are_added_and_polled) {
    const RunningMachine machine(2);
    in_threads(3, [](unsigned me) {
        for (int i = 0; i < 60; ++i) {
            TestPoller poller(i % 2);
            add_poller(poller, (i + me) % 2);
            wait_until([&] { return poller.rounds > 0; });
            remove_poller(poller);
        }
    });
}

} // namespace ndispool::machine
