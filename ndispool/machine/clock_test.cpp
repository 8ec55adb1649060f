#include "ndispool/machine/clock.h"
#include "ndispool/machine/testing.h"
#include <chrono>
#include <gtest/gtest.h>

namespace ndispool::machine {

using namespace testing;

// 1601-01-01 plus 400 Gregorian years of 146097 days is 2001-01-01.
TEST(Clock, system_time_counts_from_1601) {
    using namespace std::chrono;
    constexpr std::uint64_t day = 864'000'000'000;
    constexpr std::uint64_t in_2001 = 146'097 * day;
    const auto before = system_clock::now() - sys_days(year(2001) / 1 / 1);
    const auto now = system_time_100ns();
    const auto after = system_clock::now() - sys_days(year(2001) / 1 / 1);
    EXPECT_GE(now, in_2001 + static_cast<std::uint64_t>(duration_cast<nanoseconds>(before).count()) / 100);
    EXPECT_LE(now, in_2001 + static_cast<std::uint64_t>(duration_cast<nanoseconds>(after).count()) / 100);
}

TEST(Clock, sleep_lasts_at_least_as_long_as_asked) {
    const auto start = uptime_100ns();
    sleep_100ns(20'000);
    EXPECT_GE(uptime_100ns(), start + 20'000);
}

TEST(Clock, stall_lasts_at_least_as_long_as_asked_and_is_allowed_at_dispatch) {
    BugNet net;
    const DispatchScope scope;
    const auto start = uptime_100ns();
    stall_us(50);
    EXPECT_GE(uptime_100ns(), start + 500);
    EXPECT_EQ(net.take(), Reports{});
}

TEST(Clock, sleep_at_dispatch_is_reported_and_gives_the_processor_away) {
    BugNet net;
    std::atomic<bool> over = false;
    std::jthread other;
    {
        const DispatchScope scope;
        std::atomic<bool> through = false;
        other = std::jthread([&] {
            { const DispatchScope needs_the_only_processor; }
            through = true;
            wait_until([&] { return over.load(); });
        });
        std::size_t sleeps = 0;
        for (; !through; ++sleeps)
            sleep_100ns(10'000);
        EXPECT_EQ(current_irql(), dispatch_level);
        EXPECT_EQ(net.take(), Reports(sleeps, "sleep at DISPATCH"));
        over = true;
        other.join();
    }
}

} // namespace ndispool::machine
