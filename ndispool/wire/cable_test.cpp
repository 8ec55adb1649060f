#include "ndispool/wire/cable.h"

#include <cstring>
#include <thread>

#include <gtest/gtest.h>

#include "ndispool/wire/testing.h"

namespace ndispool::wire {
namespace {

using testing::bytes;
using testing::transmit;

TEST(Cable, what_one_end_transmits_the_other_receives_in_order_with_its_time) {
    const auto [a, b] = cable();
    const std::vector<OwnedFrame> sent{{bytes("one"), 1}, {bytes("two"), 2}, {bytes("three"), 3}};
    EXPECT_EQ(transmit(*a, sent), 3U);
    EXPECT_EQ(transmit(*b, {{bytes("answer"), 4}}), 1U);
    a->close();
    EXPECT_EQ(testing::receive_all(*b, 2), sent);
    b->close();
    EXPECT_EQ(testing::receive_all(*a), (std::vector<OwnedFrame>{{bytes("answer"), 4}}));
    EXPECT_EQ(a->counters().bytes_out, 11U);
    EXPECT_EQ(b->counters().bytes_in, 11U);
}

TEST(Cable, a_full_cable_takes_fewer_and_never_loses_what_it_took) {
    const auto [a, b] = cable({.capacity = 2});
    EXPECT_EQ(transmit(*a, {{bytes("one")}, {bytes("two")}, {bytes("three")}}), 2U);
    EXPECT_EQ(transmit(*a, {{bytes("three")}}), 0U);
    EXPECT_EQ(a->counters().frames_out, 2U);
    std::vector<Frame> frames(1);
    ASSERT_EQ(b->receive(frames), 1U);
    EXPECT_EQ(OwnedFrame(frames[0]), OwnedFrame(bytes("one")));
    EXPECT_EQ(transmit(*a, {{bytes("three")}}), 1U);
    a->close();
    EXPECT_EQ(testing::receive_all(*b), (std::vector<OwnedFrame>{{bytes("two")}, {bytes("three")}}));
}

TEST(Cable, views_stay_valid_until_the_next_receive) {
    const auto [a, b] = cable({.capacity = 2});
    transmit(*a, {{bytes("first")}, {bytes("other")}});
    std::vector<Frame> frames(2);
    ASSERT_EQ(b->receive(frames), 2U);
    transmit(*a, {{bytes("over")}, {bytes("writes")}});
    EXPECT_EQ(OwnedFrame(frames[0]), OwnedFrame(bytes("first")));
    EXPECT_EQ(OwnedFrame(frames[1]), OwnedFrame(bytes("other")));
}

TEST(Cable, a_closed_end_transmits_no_more_but_still_receives) {
    const auto [a, b] = cable();
    transmit(*a, {{bytes("last")}});
    a->close();
    a->close();
    EXPECT_EQ(transmit(*a, {{bytes("late")}}), 0U);
    EXPECT_FALSE(b->ended()) << "one frame is still queued";
    EXPECT_EQ(testing::receive_all(*b).size(), 1U);
    EXPECT_TRUE(b->ended());
    EXPECT_FALSE(a->ended());
    EXPECT_EQ(transmit(*b, {{bytes("answer")}}), 1U);
    std::vector<Frame> frames(1);
    EXPECT_EQ(a->receive(frames), 1U);
}

TEST(Cable, a_destroyed_end_closes_and_swallows) {
    auto [a, b] = cable({.capacity = 1});
    transmit(*b, {{bytes("before")}});
    b.reset();
    EXPECT_EQ(transmit(*a, {{bytes("x")}, {bytes("y")}, {bytes("z")}}), 3U);
    EXPECT_EQ(testing::receive_all(*a).size(), 1U);
    EXPECT_TRUE(a->ended());
}

TEST(Cable, each_end_may_be_finite) {
    const auto [a, b] = cable({.second_finite = true});
    EXPECT_FALSE(a->finite());
    EXPECT_TRUE(b->finite());
    EXPECT_TRUE(cable({.first_finite = true}).first->finite());
    EXPECT_TRUE(a->offers());
}

void send_numbers(Wire& wire, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count;) {
        const Frame frame{std::as_bytes(std::span(&i, 1)), i};
        const std::size_t taken = wire.transmit({&frame, 1});
        i += static_cast<std::uint32_t>(taken);
        if (taken == 0)
            std::this_thread::yield();
    }
    wire.close();
}

void expect_numbers(Wire& wire, std::uint32_t count) {
    std::uint32_t expected = 0;
    std::vector<Frame> frames(7);
    while (!wire.ended()) {
        const std::size_t received = wire.receive(frames);
        if (received == 0)
            std::this_thread::yield();
        for (const Frame& frame : std::span(frames).first(received)) {
            std::uint32_t number = 0;
            ASSERT_EQ(frame.bytes.size(), sizeof number);
            std::memcpy(&number, frame.bytes.data(), sizeof number);
            ASSERT_EQ(number, expected);
            ASSERT_EQ(frame.time_100ns, expected++);
        }
    }
    EXPECT_EQ(expected, count);
}

TEST(Cable, both_directions_run_at_once_and_each_end_has_a_thread_for_either) {
    const auto ends = cable({.capacity = 16});
    Wire& a = *ends.first;
    Wire& b = *ends.second;
    constexpr std::uint32_t count = 20'000;
    std::vector<std::thread> threads;
    threads.emplace_back([&] { send_numbers(a, count); });
    threads.emplace_back([&] { send_numbers(b, count); });
    threads.emplace_back([&] { expect_numbers(a, count); });
    expect_numbers(b, count);
    for (std::thread& thread : threads)
        thread.join();
}

} // namespace
} // namespace ndispool::wire
