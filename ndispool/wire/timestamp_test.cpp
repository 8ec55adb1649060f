#include "ndispool/wire/timestamp.h"

#include <ctime>
#include <limits>

#include <gtest/gtest.h>

namespace ndispool::wire {
namespace {

TEST(Timestamp, counts_100_ns_since_1601) {
    EXPECT_EQ(to_system_time({0, 0}), 116'444'736'000'000'000U); // 1970-01-01, as Windows documents it
    EXPECT_EQ(to_system_time({1, 250}), 116'444'736'010'000'002U);
}

TEST(Timestamp, goes_there_and_back_to_100_ns) {
    for (const std::uint64_t time :
         {116'444'736'000'000'000ULL, 133'500'000'012'345'678ULL, 159'394'408'959'999'999ULL}) {
        const UnixTime unix_time = to_unix_time(time);
        EXPECT_EQ(to_system_time(unix_time), time);
        EXPECT_LT(unix_time.nanoseconds, 1'000'000'000);
    }
}

TEST(Timestamp, outside_the_years_of_a_capture_becomes_the_nearest_one_inside) {
    EXPECT_EQ(to_unix_time(1).seconds, 0);
    EXPECT_EQ(to_unix_time(1).nanoseconds, 0);
    EXPECT_EQ(to_unix_time(std::numeric_limits<std::uint64_t>::max()).seconds, 0xffff'ffff);
    EXPECT_EQ(to_unix_time(std::numeric_limits<std::uint64_t>::max()).nanoseconds, 999'999'900);
    EXPECT_EQ(to_system_time({-5, -5}), to_system_time({0, 0}));
    EXPECT_EQ(to_system_time({1LL << 60, 1LL << 60}), to_system_time({0xffff'ffff, 999'999'999}));
}

TEST(Timestamp, now_is_between_the_seconds_around_it) {
    const std::int64_t before = std::time(nullptr);
    const std::int64_t now = to_unix_time(system_time_now()).seconds;
    EXPECT_GE(now + 1, before); // time() may read a coarser clock
    EXPECT_LE(now, std::time(nullptr) + 1);
}

} // namespace
} // namespace ndispool::wire
