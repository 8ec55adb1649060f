#include "ndispool/wire/lossy.h"

#include <gtest/gtest.h>
#include <thread>

#include "ndispool/wire/cable.h"
#include "ndispool/wire/memory_source.h"
#include "ndispool/wire/same_file.h"
#include "ndispool/wire/testing.h"

namespace ndispool::wire {
namespace {

using testing::contains;
using testing::refusal;

constexpr std::size_t many = 20'000;

std::vector<OwnedFrame> frames(std::size_t count) {
    std::vector<OwnedFrame> made;
    for (std::size_t i = 0; i < count; ++i)
        made.push_back({testing::bytes("frame " + std::to_string(i) + std::string(20, '.'))});
    return made;
}

std::size_t number_of(const OwnedFrame& frame) {
    return std::stoul(std::string(reinterpret_cast<const char*>(frame.bytes.data()) + 6, 8));
}

struct Received {
    std::vector<std::size_t> numbers;
    LaneTally tally;
    Counters counters;
};

Received through(const Impairment& impairment, std::uint64_t seed, std::size_t batch = 64, std::size_t count = many) {
    Lossy wire("lossy", memory_source(frames(count)), impairment, seed);
    Received received;
    for (const OwnedFrame& frame : testing::receive_all(wire, batch))
        received.numbers.push_back(number_of(frame));
    received.tally = wire.tally_in();
    received.counters = wire.counters();
    return received;
}

Impairment impairment(std::string_view what) {
    return parse_impairment(Spec("lossy"), what);
}

TEST(Impairment, shares_and_times_are_read_in_any_order) {
    const Impairment all = impairment("delay=1.5ms,reorder=100%,loss=0.0001%,dup=0%");
    EXPECT_EQ(all.loss, 1U);
    EXPECT_EQ(all.duplication, 0U);
    EXPECT_EQ(all.reordering, Impairment::always);
    EXPECT_EQ(all.delay, std::chrono::microseconds(1500));
    EXPECT_EQ(impairment("delay=10s").delay, std::chrono::seconds(10));
    EXPECT_EQ(impairment("delay=20us").delay, std::chrono::microseconds(20));
}

TEST(Impairment, what_is_no_share_or_time_is_refused_with_an_example) {
    for (const char* what :
         {"",         "loss",      "loss=",      "loss=1",    "loss=%",          "loss=101%",
          "loss=-1%", "loss=1e1%", "loss=1%%",   "loss=1%,",  "loss=1%,loss=2%", "loss= 1%",
          "los=1%",   "delay=5",   "delay=ms",   "delay=11s", "delay=5 ms",      "delay=1ms,delay=1ms",
          "LOSS=1%",  "loss=nan%", "loss=1.2.3%"}) {
        const std::string line = refusal("lossy:" + std::string(what) + ":null");
        EXPECT_TRUE(contains(line, "for example lossy:")) << line;
    }
}

TEST(Lossy, a_wire_inside_is_needed_and_judged_by_its_own_words) {
    EXPECT_TRUE(contains(refusal("lossy"), "write lossy:WHAT:WIRE"));
    EXPECT_TRUE(contains(refusal("lossy:loss=1%"), "write lossy:WHAT:WIRE"));
    EXPECT_TRUE(contains(refusal("lossy:loss=1%:lossy:loss=1%:null"), "another kind of wire"));
    try {
        open("lossy:loss=1%:null:13");
        FAIL();
    } catch (const Error& error) {
        EXPECT_TRUE(contains(error.what(), "null:13: the frame size"));
    }
}

TEST(Lossy, without_impairment_every_frame_passes_in_order) {
    const Received received = through({}, 1);
    ASSERT_EQ(received.numbers.size(), many);
    for (std::size_t i = 0; i < many; ++i)
        ASSERT_EQ(received.numbers[i], i);
}

TEST(Lossy, the_counts_agree_with_what_came_out) {
    const Received received = through(impairment("loss=10%,dup=5%,reorder=3%"), 7);
    EXPECT_EQ(received.tally.put, many);
    EXPECT_EQ(received.numbers.size(), many - received.tally.lost + received.tally.duplicated);
    EXPECT_EQ(received.counters.frames_in, received.numbers.size());
    std::vector<int> times(many);
    for (const std::size_t number : received.numbers)
        ++times[number];
    EXPECT_EQ(static_cast<std::uint64_t>(std::count(times.begin(), times.end(), 0)), received.tally.lost);
    EXPECT_EQ(static_cast<std::uint64_t>(std::count(times.begin(), times.end(), 2)), received.tally.duplicated);
}

// Within five standard deviations of a binomial distribution; the seed is fixed, so this passes always or never.
TEST(Lossy, frames_meet_their_fates_as_often_as_was_said) {
    const LaneTally tally = through(impairment("loss=10%,dup=5%,reorder=3%"), 7).tally;
    const auto near = [](std::uint64_t count, double of, double chance) {
        const double expected = of * chance;
        return std::abs(static_cast<double>(count) - expected) < 5 * std::sqrt(expected * (1 - chance));
    };
    EXPECT_TRUE(near(tally.lost, many, 0.10)) << tally.lost;
    EXPECT_TRUE(near(tally.duplicated, many * 0.9, 0.05)) << tally.duplicated;
    EXPECT_TRUE(near(tally.overtaken, many * 0.9, 0.03)) << tally.overtaken;
}

TEST(Lossy, the_same_seed_gives_the_same_sequence_whatever_the_batches_are) {
    const Impairment what = impairment("loss=10%,dup=5%,reorder=3%");
    EXPECT_EQ(through(what, 7, 1).numbers, through(what, 7, 200).numbers);
    EXPECT_NE(through(what, 7).numbers, through(what, 8).numbers);
}

TEST(Lossy, an_overtaken_frame_comes_out_a_few_frames_later_and_the_others_keep_their_order) {
    const Received received = through(impairment("reorder=5%"), 3);
    ASSERT_EQ(received.numbers.size(), many);
    std::size_t out_of_place = 0, in_order = 0;
    for (std::size_t i = 0; i < many; ++i) {
        EXPECT_LE(received.numbers[i], i + Fates::most_overtakers);
        EXPECT_LE(i, received.numbers[i] + Fates::most_overtakers);
        if (i > 0 && received.numbers[i] < received.numbers[i - 1])
            ++out_of_place;
        else
            ++in_order;
    }
    EXPECT_GT(out_of_place, received.tally.overtaken / 2);
    EXPECT_GT(in_order, many * 9 / 10);
}

TEST(Lossy, everything_lost_gives_nothing_and_ends) {
    const Received received = through(impairment("loss=100%"), 1);
    EXPECT_TRUE(received.numbers.empty());
    EXPECT_EQ(received.tally.lost, many);
}

TEST(BadLane, a_delayed_frame_is_not_due_before_its_time_and_keeps_its_place) {
    BadLane lane(impairment("delay=5ms"), 1);
    const auto sent = frames(2);
    const BadLane::Time start{};
    lane.put(sent[0].view(), start);
    lane.put(sent[1].view(), start + std::chrono::milliseconds(2));
    EXPECT_EQ(lane.due(start + std::chrono::microseconds(4999)), 0U);
    EXPECT_EQ(lane.due(start + std::chrono::milliseconds(5)), 1U);
    EXPECT_EQ(lane.due(start + std::chrono::milliseconds(7)), 2U);
    EXPECT_EQ(lane.take(), sent[0]);
    EXPECT_EQ(lane.take(), sent[1]);
    EXPECT_TRUE(lane.empty());
}

TEST(BadLane, an_overtaken_frame_does_not_wait_for_ever_for_frames_that_do_not_come) {
    BadLane lane(impairment("reorder=100%"), 1);
    const BadLane::Time start{};
    lane.put(frames(1)[0].view(), start);
    EXPECT_EQ(lane.due(start), 0U);
    EXPECT_EQ(lane.due(start + BadLane::patience), 1U);
}

TEST(Lossy, both_directions_are_impaired_each_with_its_own_sequence) {
    auto [near, far] = cable({.capacity = many});
    Lossy wire("lossy", std::move(near), impairment("loss=20%"), 9);
    const auto sent = frames(2000);
    EXPECT_EQ(testing::transmit(wire, sent), 2000U);
    EXPECT_EQ(wire.counters().frames_out, 2000U);
    std::vector<Frame> got(3000);
    const std::size_t arrived = far->receive(got);
    EXPECT_EQ(arrived, 2000 - wire.tally_out().lost);
    EXPECT_EQ(testing::transmit(*far, sent), 2000U);
    std::size_t came = 0;
    for (int i = 0; i < 100; ++i)
        came += wire.receive(got);
    EXPECT_EQ(came, 2000 - wire.tally_in().lost);
    EXPECT_NE(wire.tally_in().lost, 0U);
    EXPECT_NE(wire.tally_in().lost, wire.tally_out().lost);
}

TEST(Lossy, frames_still_on_their_way_arrive_before_it_is_closed) {
    auto [near, far] = cable();
    Lossy wire("lossy", std::move(near), impairment("delay=10s,reorder=50%"), 9);
    const auto sent = frames(200);
    EXPECT_EQ(testing::transmit(wire, sent), 200U);
    std::vector<Frame> got(300);
    EXPECT_EQ(far->receive(got), 0U);
    wire.close();
    EXPECT_EQ(far->receive(got), 200U);
    EXPECT_TRUE(far->ended());
}

TEST(Lossy, delayed_frames_go_out_though_nothing_is_transmitted_any_more) {
    auto [near, far] = cable();
    Lossy wire("lossy", std::move(near), impairment("delay=1ms"), 9);
    EXPECT_EQ(testing::transmit(wire, frames(5)), 5U);
    std::vector<Frame> got(8);
    std::size_t arrived = 0;
    for (int i = 0; i < 20'000 && arrived < 5; ++i) {
        EXPECT_EQ(wire.receive(got), 0U);
        arrived += far->receive(got);
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    EXPECT_EQ(arrived, 5U);
}

std::uint64_t test_clock = 0;

TEST(Lossy, delays_follow_the_clock_that_is_given) {
    Lossy wire(
        "lossy", memory_source(frames(3)), impairment("delay=5s"), 9, +[]() noexcept { return test_clock; });
    std::vector<Frame> got(8);
    EXPECT_EQ(wire.receive(got), 0U);
    test_clock = 49'999'999;
    EXPECT_EQ(wire.receive(got), 0U);
    test_clock = 50'000'000;
    EXPECT_EQ(wire.receive(got), 3U);
}

TEST(Lossy, a_file_inside_is_the_same_file) {
    const testing::Folder folder;
    testing::write_file(folder / "x.pcap", "");
    const std::string file = folder / "x.pcap";
    EXPECT_TRUE(same_file("replay:" + file, "lossy:loss=1%:record:" + file));
    EXPECT_EQ(inside("lossy:loss=1%:packet:eth0"), "packet:eth0");
    EXPECT_EQ(inside("packet:eth0"), "packet:eth0");
}

} // namespace
} // namespace ndispool::wire
