#include "ndispool/tool/stop_signals.h"

#include <gtest/gtest.h>

namespace ndispool::tool {
namespace {

TEST(StopSignals, the_first_one_only_asks) {
    for (const int number : {SIGINT, SIGTERM}) {
        const StopSignals signals;
        EXPECT_FALSE(signals.flag());
        std::raise(number);
        EXPECT_TRUE(signals.flag());
    }
}

TEST(StopSignalsDeathTest, the_second_one_ends_the_program_with_its_number) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto twice = [](int first, int second) {
        const StopSignals signals;
        std::raise(first);
        std::raise(second);
    };
    EXPECT_EXIT(twice(SIGINT, SIGINT), ::testing::ExitedWithCode(128 + SIGINT), "");
    EXPECT_EXIT(twice(SIGINT, SIGTERM), ::testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST(StopSignals, what_was_there_before_comes_back) {
    static int handled;
    handled = 0;
    std::signal(SIGINT, [](int) { ++handled; });
    { const StopSignals signals; }
    std::raise(SIGINT);
    std::signal(SIGINT, SIG_DFL);
    EXPECT_EQ(handled, 1);
}

TEST(StopSignals, a_reader_that_went_away_does_not_end_the_program) {
    const StopSignals signals;
    EXPECT_EQ(std::raise(SIGPIPE), 0);
}

} // namespace
} // namespace ndispool::tool
