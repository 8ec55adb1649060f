#include "ndispool/machine/clock.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/testing.h"
#include <array>
#include <gtest/gtest.h>
#include <optional>

namespace ndispool::machine {

using namespace testing;

TEST(Irql, a_thread_begins_at_passive) {
    EXPECT_EQ(current_irql(), passive_level);
    in_threads(1, [](unsigned) { EXPECT_EQ(current_irql(), passive_level); });
}

TEST(Irql, raising_returns_the_level_before_and_lowering_restores_it) {
    EXPECT_EQ(raise_irql(apc_level), passive_level);
    EXPECT_EQ(raise_irql(dispatch_level), apc_level);
    EXPECT_EQ(raise_irql(dispatch_level), dispatch_level);
    EXPECT_EQ(raise_irql(31), dispatch_level);
    EXPECT_EQ(current_irql(), 31);
    lower_irql(dispatch_level);
    EXPECT_EQ(current_irql(), dispatch_level);
    lower_irql(apc_level);
    lower_irql(passive_level);
    EXPECT_EQ(current_irql(), passive_level);
}

TEST(Irql, a_level_is_one_threads_own) {
    const DispatchScope scope;
    in_threads(1, [](unsigned) { EXPECT_EQ(current_irql(), passive_level); });
    EXPECT_EQ(current_irql(), dispatch_level);
}

TEST(Irql, scopes_nest_and_the_outermost_gives_the_processor_back) {
    {
        const DispatchScope outer;
        { const DispatchScope inner; }
        EXPECT_EQ(current_irql(), dispatch_level);
    }
    EXPECT_EQ(current_irql(), passive_level);
    in_threads(1, [](unsigned) { const DispatchScope gets_it; });
}

TEST(Irql, raising_downwards_and_lowering_upwards_are_reported_and_ignored) {
    BugNet net;
    lower_irql(dispatch_level);
    EXPECT_EQ(current_irql(), passive_level);
    EXPECT_EQ(net.take(), Reports{"lower_irql to a level above the current one"});

    const DispatchScope scope;
    EXPECT_EQ(raise_irql(passive_level), dispatch_level);
    EXPECT_EQ(current_irql(), dispatch_level);
    EXPECT_EQ(net.take(), Reports{"raise_irql to a level below the current one"});
}

TEST(Irql, one_processor_serialises_code_at_dispatch) {
    int plain = 0;
    in_threads(4, [&](unsigned) {
        for (int i = 0; i < 5'000; ++i) {
            const DispatchScope scope;
            EXPECT_EQ(current_processor(), 0u);
            ++plain;
        }
    });
    EXPECT_EQ(plain, 20'000);
}

TEST(Irql, threads_at_dispatch_have_different_processors_below_the_count) {
    const RunningMachine machine(3);
    std::array<int, 3> plain = {};
    in_threads(6, [&](unsigned) {
        for (int i = 0; i < 3'000; ++i) {
            const DispatchScope scope;
            const unsigned p = current_processor();
            ASSERT_LT(p, 3u);
            ++plain[p];
            EXPECT_EQ(current_processor(), p);
        }
    });
    EXPECT_EQ(plain[0] + plain[1] + plain[2], 18'000);
}

TEST(Irql, as_many_threads_as_processors_are_at_dispatch_together) {
    const RunningMachine machine(4);
    std::atomic<unsigned> there = 0;
    in_threads(4, [&](unsigned) {
        const DispatchScope scope;
        ++there;
        wait_until([&] { return there == 4; });
    });
}

TEST(Irql, a_waiter_gets_in_however_fast_another_comes_and_goes) {
    std::atomic<bool> begun = false, over = false;
    std::jthread hog([&] {
        while (!over) {
            const DispatchScope scope;
            begun = true;
            stall_us(20);
        }
    });
    wait_until([&] { return begun.load(); });
    for (int i = 0; i < 1'000; ++i)
        const DispatchScope scope;
    over = true;
}

TEST(Irql, below_dispatch_the_number_is_the_last_one_until_the_machine_has_fewer) {
    std::atomic<unsigned> at_dispatch = 0;
    std::atomic<bool> stopped = false;
    std::optional<RunningMachine> machine(std::in_place, 4);
    const auto body = [&] {
        unsigned held;
        {
            const DispatchScope scope;
            held = current_processor();
            ++at_dispatch;
            wait_until([&] { return at_dispatch >= 4; }); // so that each of the four has another processor
        }
        EXPECT_EQ(current_processor(), held);
        ++at_dispatch;
        wait_until([&] { return stopped.load(); });
        EXPECT_EQ(current_processor(), 0u);
        const DispatchScope scope;
        EXPECT_EQ(current_processor(), 0u);
    };
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(body);
    wait_until([&] { return at_dispatch == 8; });
    machine.reset();
    stopped = true;
}

// The rule of read-copy-update: readers at DISPATCH never see freed memory. (Sanitizers watch.)
TEST(Synchronize, what_was_unpublished_before_is_unused_after) {
    const RunningMachine machine(3);
    std::atomic<int*> published = new int(1);
    std::atomic<bool> over = false;
    std::jthread writer([&] {
        for (int i = 2; i < 300; ++i) {
            int* const old = published.exchange(new int(i), std::memory_order_acq_rel);
            synchronize();
            *old = 0; // plain: a race with any reader that is left
            delete old;
        }
        over = true;
    });
    in_threads(3, [&](unsigned) {
        int newest = 0;
        while (!over) {
            const DispatchScope scope;
            const int value = *published.load(std::memory_order_acquire);
            ASSERT_GE(value, newest);
            newest = value;
        }
    });
    writer.join();
    delete published.load();
}

TEST(Synchronize, sees_what_a_stretch_it_waited_for_did) {
    for (int i = 0; i < 50; ++i) {
        int plain = 0;
        std::atomic<bool> there = false;
        std::jthread thread([&] {
            const DispatchScope scope;
            there = true;
            stall_us(100);
            plain = 1;
        });
        wait_until([&] { return there.load(); });
        synchronize();
        EXPECT_EQ(plain, 1);
    }
}

TEST(Synchronize, at_dispatch_is_reported_and_does_not_hang) {
    BugNet net;
    const DispatchScope scope;
    synchronize();
    EXPECT_EQ(current_irql(), dispatch_level);
    EXPECT_EQ(net.take(), Reports{"synchronize() at DISPATCH"});
}

TEST(BlockingCall, gives_the_processor_to_who_is_waited_for) {
    BugNet net;
    const DispatchScope scope;
    {
        const BlockingCall call("blocks", nullptr);
        in_threads(1, [](unsigned) { const DispatchScope needs_the_only_processor; });
    }
    EXPECT_EQ(current_irql(), dispatch_level);
    EXPECT_EQ(net.take(), Reports{"blocks"});
}

TEST(BlockingCall, is_silent_below_dispatch) {
    BugNet net;
    raise_irql(apc_level);
    { const BlockingCall call("blocks", nullptr); }
    EXPECT_EQ(current_irql(), apc_level);
    lower_irql(passive_level);
    EXPECT_EQ(net.take(), Reports{});
}

TEST(RestoreIrql, sets_a_level_right_in_both_directions_and_reports_it) {
    BugNet net;
    restore_irql(passive_level, nullptr);
    EXPECT_EQ(net.take(), Reports{});
    restore_irql(dispatch_level, nullptr);
    EXPECT_EQ(current_irql(), dispatch_level);
    EXPECT_EQ(net.take().size(), 1u);
    restore_irql(passive_level, nullptr);
    EXPECT_EQ(current_irql(), passive_level);
    EXPECT_EQ(net.take().size(), 1u);
}

} // namespace ndispool::machine
