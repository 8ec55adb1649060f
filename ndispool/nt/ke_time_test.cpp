#include <ctime>
#include <gtest/gtest.h>

#include "ndis/kernel.h"

namespace ndispool::nt {
namespace {

TEST(KeQuerySystemTime, counts_100_ns_since_1601) {
    LARGE_INTEGER now;
    const std::time_t before = std::time(nullptr);
    KeQuerySystemTime(&now);
    const LONGLONG seconds_to_1970 = 11'644'473'600;
    const LONGLONG seconds = now.QuadPart / 10'000'000 - seconds_to_1970;
    EXPECT_GE(seconds, before - 1);
    EXPECT_LE(seconds, std::time(nullptr) + 1);
}

TEST(KeQueryPerformanceCounter, does_not_go_back_and_says_its_frequency) {
    LARGE_INTEGER hertz;
    const LARGE_INTEGER first = KeQueryPerformanceCounter(&hertz);
    KeStallExecutionProcessor(20);
    const LARGE_INTEGER second = KeQueryPerformanceCounter(nullptr);
    EXPECT_GE((second.QuadPart - first.QuadPart) * 1'000'000 / hertz.QuadPart, 20);
}

TEST(KeQueryTickCount, times_its_increment_is_the_time_since_the_start) {
    LARGE_INTEGER ticks;
    const LONGLONG before = KeQueryPerformanceCounter(nullptr).QuadPart;
    KeQueryTickCount(&ticks);
    EXPECT_GE(ticks.QuadPart * KeQueryTimeIncrement(), before - KeQueryTimeIncrement());
    EXPECT_LE(ticks.QuadPart * KeQueryTimeIncrement(), KeQueryPerformanceCounter(nullptr).QuadPart);
}

TEST(PsGetVersion, is_5_1_and_a_free_build) {
    ULONG major = 0, minor = 0, build = 0;
    UNICODE_STRING pack;
    EXPECT_FALSE(PsGetVersion(&major, &minor, &build, &pack));
    EXPECT_EQ(major, 5u);
    EXPECT_EQ(minor, 1u);
    EXPECT_EQ(build, 2600u);
    EXPECT_EQ(pack.Length, 0);
    EXPECT_FALSE(PsGetVersion(nullptr, nullptr, nullptr, nullptr));
    RTL_OSVERSIONINFOW info{};
    info.dwOSVersionInfoSize = sizeof info;
    EXPECT_EQ(RtlGetVersion(&info), STATUS_SUCCESS);
    EXPECT_EQ(info.dwMajorVersion, 5u);
    EXPECT_EQ(info.dwPlatformId, 2u);
}

} // namespace
} // namespace ndispool::nt
