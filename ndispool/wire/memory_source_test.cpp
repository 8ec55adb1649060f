#include "ndispool/wire/memory_source.h"

#include <gtest/gtest.h>

#include "ndispool/wire/testing.h"

namespace ndispool::wire {
namespace {

using testing::bytes;

TEST(MemorySource, gives_its_frames_in_order_as_often_as_told_and_has_ended) {
    const OwnedFrame a(bytes("a"), 1), b(bytes("bb"), 2), c(bytes("ccc"), 3);
    for (std::size_t batch : {1, 2, 4, 100}) {
        const auto wire = memory_source({a, b, c}, 2);
        EXPECT_TRUE(wire->finite());
        EXPECT_TRUE(wire->offers());
        EXPECT_EQ(testing::receive_all(*wire, batch), (std::vector<OwnedFrame>{a, b, c, a, b, c}));
        std::vector<Frame> frames(1);
        EXPECT_EQ(wire->receive(frames), 0U);
    }
}

TEST(MemorySource, gives_views_not_copies) {
    const auto wire = memory_source({{bytes("a frame")}}, 2);
    std::vector<Frame> frames(2);
    ASSERT_EQ(wire->receive(frames), 2U);
    EXPECT_EQ(frames[0].bytes.data(), frames[1].bytes.data());
}

TEST(MemorySource, without_frames_or_times_has_ended_at_once) {
    EXPECT_TRUE(memory_source({}, 5)->ended());
    EXPECT_TRUE(memory_source({{bytes("a")}}, 0)->ended());
}

TEST(MemorySource, has_ended_once_closed) {
    const auto wire = memory_source({{bytes("a")}}, 5);
    wire->close();
    wire->close();
    EXPECT_TRUE(wire->ended());
}

TEST(MemorySource, swallows_and_keeps_copies_only_when_told) {
    const std::vector<OwnedFrame> frames{{bytes("a"), 1}, {bytes("b"), 2}};
    const auto keeps = memory_source({}, 1, MemorySource::Taken::kept);
    const auto drops = memory_source({}, 1);
    EXPECT_EQ(testing::transmit(*keeps, frames), 2U);
    EXPECT_EQ(testing::transmit(*drops, frames), 2U);
    EXPECT_EQ(keeps->kept(), frames);
    EXPECT_TRUE(drops->kept().empty());
}

} // namespace
} // namespace ndispool::wire
