#include "ndispool/wire/wire.h"

#include <thread>

#include <gtest/gtest.h>

#include "ndispool/wire/memory_source.h"
#include "ndispool/wire/one_line.h"
#include "ndispool/wire/testing.h"

namespace ndispool::wire {
namespace {

using testing::bytes;

TEST(Wire, counts_what_it_gave_and_what_it_took) {
    const auto wire = memory_source({{bytes("four")}, {bytes("and seven")}});
    std::vector<Frame> frames(8);
    EXPECT_EQ(wire->receive(frames), 2U);
    EXPECT_EQ(wire->transmit(std::span<const Frame>(frames).first(1)), 1U);
    const Counters counters = wire->counters();
    EXPECT_EQ(counters.frames_in, 2U);
    EXPECT_EQ(counters.bytes_in, 13U);
    EXPECT_EQ(counters.frames_out, 1U);
    EXPECT_EQ(counters.bytes_out, 4U);
    EXPECT_EQ(counters.snapped, 0U);
    EXPECT_EQ(counters.skipped, 0U);
}

TEST(Wire, a_third_thread_reads_counters_that_never_go_back) {
    const std::uint64_t times = 20'000;
    const auto wire = memory_source({{bytes("a frame")}}, times);
    const auto sink = open("null");
    std::thread receiver([&] {
        std::vector<Frame> frames(16);
        while (!wire->ended())
            EXPECT_EQ(sink->transmit(std::span<const Frame>(frames).first(wire->receive(frames))), 16U);
    });
    std::uint64_t seen = 0;
    while (seen < times) {
        const std::uint64_t now = sink->counters().frames_out;
        ASSERT_GE(now, seen);
        seen = now;
    }
    receiver.join();
    EXPECT_EQ(wire->counters().bytes_in, times * 7);
    EXPECT_EQ(sink->counters().bytes_out, times * 7);
}

TEST(Error, is_one_line_whatever_the_file_is_called) {
    EXPECT_STREQ(Error(Error::Kind::usage_or_file, "replay:a\nb\x7f: no").what(), "replay:a?b?: no");
    EXPECT_EQ(one_line("caf\xc3\xa9\t"), "caf\xc3\xa9?");
}

} // namespace
} // namespace ndispool::wire
