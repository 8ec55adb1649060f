#include "ndispool/wire/null.h"

#include <cstring>

#include <gtest/gtest.h>

#include "ndispool/wire/testing.h"

namespace ndispool::wire {
namespace {

using testing::contains;
using testing::refusal;

std::vector<OwnedFrame> some_frames(const std::string& spec, std::uint64_t seed, std::size_t count = 100) {
    const auto wire = open(spec, {.seed = seed});
    std::vector<Frame> frames(count);
    EXPECT_EQ(wire->receive(frames), count);
    std::vector<OwnedFrame> copies;
    for (const Frame& frame : frames)
        copies.emplace_back(frame);
    return copies;
}

TEST(Null, swallows_everything_and_gives_nothing) {
    const auto wire = open("null");
    std::vector<Frame> frames(4);
    EXPECT_EQ(wire->receive(frames), 0U);
    EXPECT_EQ(testing::transmit(*wire, {{testing::bytes("one")}, {testing::bytes("two")}}), 2U);
    EXPECT_EQ(wire->counters().frames_out, 2U);
    EXPECT_FALSE(wire->offers());
    EXPECT_FALSE(wire->finite());
    EXPECT_FALSE(wire->ended());
    wire->close();
    wire->close();
}

TEST(NullBytes, offers_frames_of_that_size_without_end) {
    const auto wire = open("null:60");
    EXPECT_TRUE(wire->offers());
    EXPECT_FALSE(wire->finite());
    std::vector<Frame> frames(1000);
    for (int i = 0; i < 100; ++i)
        ASSERT_EQ(wire->receive(frames), frames.size());
    for (const Frame& frame : frames) {
        EXPECT_EQ(frame.bytes.size(), 60U);
        EXPECT_EQ(frame.time_100ns, 0U);
    }
    EXPECT_FALSE(wire->ended());
    EXPECT_EQ(wire->counters().bytes_in, 6'000'000U);
    EXPECT_EQ(wire->transmit(frames), frames.size());
}

TEST(NullBytes, frames_are_local_unicast_ethernet_of_the_experimental_type) {
    for (const OwnedFrame& frame : some_frames("null:14", 1)) {
        ASSERT_EQ(frame.bytes.size(), 14U);
        EXPECT_EQ(frame.bytes[0], std::byte{0x02}); // locally administered, not a group
        EXPECT_EQ(frame.bytes[6], std::byte{0x02});
        EXPECT_NE(std::memcmp(&frame.bytes[0], &frame.bytes[6], 6), 0);
        EXPECT_EQ(frame.bytes[12], std::byte{0x88});
        EXPECT_EQ(frame.bytes[13], std::byte{0xB5});
    }
}

TEST(NullBytes, the_seed_alone_decides_what_frames_hold) {
    EXPECT_EQ(some_frames("null:64", 7), some_frames("null:64", 7));
    EXPECT_NE(some_frames("null:64", 7), some_frames("null:64", 8));
    const auto frames = some_frames("null:64", 7, 2);
    EXPECT_NE(frames[0], frames[1]);
}

TEST(NullBytes, sizes_from_14_to_65535_are_taken_and_no_other_word) {
    EXPECT_EQ(some_frames("null:65535", 1, 1)[0].bytes.size(), 65535U);
    for (const char* spec : {"null:", "null:13", "null:0", "null:65536", "null:-64", "null:+64", "null: 64", "null:64 ",
                             "null:64:64", "null:0x40", "null:many", "null:99999999999999999999"})
        EXPECT_TRUE(contains(refusal(spec), "must be a number of bytes from 14 to 65535")) << spec;
}

} // namespace
} // namespace ndispool::wire
