#include "ndispool/tool/ending_watch.h"

#include <csignal>
#include <gtest/gtest.h>

namespace ndispool::tool {
namespace {

using namespace std::chrono_literals;

TEST(EndingWatch, says_nothing_when_the_driver_comes_to_its_end) {
    ::testing::internal::CaptureStderr();
    {
        EndingWatch watch("driver.so");
        watch.begin();
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(EndingWatchDeathTest, names_the_driver_that_does_not_and_lets_the_next_signal_end_the_program) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto hang = [] {
        const StopSignals signals;
        EndingWatch watch("driver.so");
        watch.begin(1ms);
        while (!signals.flag())
            std::this_thread::sleep_for(1ms);
        std::raise(SIGINT);
    };
    EXPECT_EXIT(hang(), ::testing::ExitedWithCode(128 + SIGINT),
                "driver.so: is still not unloaded .*; Ctrl-C ends the program");
}

} // namespace
} // namespace ndispool::tool
