#include "ndispool/wire/replay.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ndispool/wire/testing.h"
#include "ndispool/wire/timestamp.h"

namespace ndispool::wire {
namespace {

using testing::bytes;
using testing::contains;
using testing::pcap;
using testing::pcapng;
using testing::Recorded;
using testing::refusal;
using testing::write_file;

class Replaying : public ::testing::Test {
  protected:
    // The capture as a file, and that as a spec.
    std::string spec(const std::string& capture, const std::string& name = "a.pcap") {
        write_file(folder_ / name, capture);
        return "replay:" + folder_ / name;
    }
    std::unique_ptr<Wire> replay(const std::string& capture, const Options& options = {}) {
        return open(spec(capture), options);
    }

    testing::Folder folder_;
};

const std::vector<Recorded> three = {{1'700'000'000, 1, "the first frame"},
                                     {1'700'000'000, 999'999, "2, the shortest"},
                                     {1'700'000'001, 0, "and the third one"}};

std::vector<OwnedFrame> expected(const std::vector<Recorded>& frames, std::uint32_t nanoseconds_a_unit) {
    std::vector<OwnedFrame> all;
    for (const Recorded& frame : frames)
        all.emplace_back(bytes(frame.bytes), to_system_time({frame.seconds, frame.fraction * nanoseconds_a_unit}));
    return all;
}

TEST_F(Replaying, gives_the_frames_of_a_capture_once_in_order_with_their_times) {
    for (std::size_t batch : {1, 2, 256}) {
        const auto wire = replay(pcap(three));
        EXPECT_TRUE(wire->finite());
        EXPECT_TRUE(wire->offers());
        EXPECT_FALSE(wire->ended());
        EXPECT_EQ(testing::receive_all(*wire, batch), expected(three, 1000));
        EXPECT_EQ(wire->trouble(), std::nullopt);
        EXPECT_EQ(wire->counters().frames_in, 3U);
        std::vector<Frame> frames(1);
        EXPECT_EQ(wire->receive(frames), 0U);
    }
}

TEST_F(Replaying, reads_either_byte_order_and_micro_and_nanoseconds) {
    for (const bool big_endian : {false, true})
        for (const bool nanoseconds : {false, true}) {
            const auto wire = replay(pcap(three, {.big_endian = big_endian, .nanoseconds = nanoseconds}));
            EXPECT_EQ(testing::receive_all(*wire), expected(three, nanoseconds ? 1 : 1000));
        }
}

TEST_F(Replaying, reads_pcapng) {
    EXPECT_EQ(testing::receive_all(*replay(pcapng(three))), expected(three, 1000));
}

TEST_F(Replaying, seconds_after_2038_are_not_negative) {
    const std::vector<Recorded> late = {{0xf000'0000, 5, "late in the day"}};
    EXPECT_EQ(testing::receive_all(*replay(pcap(late))), expected(late, 1000));
}

TEST_F(Replaying, a_capture_without_frames_has_simply_ended) {
    const auto wire = replay(pcap({}));
    EXPECT_TRUE(testing::receive_all(*wire).empty());
    EXPECT_EQ(wire->trouble(), std::nullopt);
}

TEST_F(Replaying, frames_of_ordinary_length_come_256_at_a_time) {
    const auto wire = replay(pcap(std::vector<Recorded>(300, {1, 0, std::string(1514, 'x')})));
    std::vector<Frame> frames(256);
    EXPECT_EQ(wire->receive(frames), 256U);
    EXPECT_EQ(wire->receive(frames), 44U);
}

TEST_F(Replaying, a_batch_of_the_longest_frames_keeps_every_view_stable) {
    std::vector<Recorded> frames;
    for (int i = 0; i < 40; ++i)
        frames.push_back({1, 0, std::string(max_frame_bytes, static_cast<char>('0' + i))});
    const auto wire = replay(pcap(frames));
    EXPECT_EQ(testing::receive_all(*wire), expected(frames, 1000));
}

TEST_F(Replaying, a_snapped_frame_is_given_as_it_is_and_counted) {
    const std::vector<Recorded> frames = {
        {1, 0, "a whole frame."}, {2, 0, "front of a frame", 1500}, {3, 0, "a whole frame."}};
    for (const std::string& capture : {pcap(frames), pcapng(frames)}) {
        const auto wire = replay(capture);
        EXPECT_EQ(testing::receive_all(*wire), expected(frames, 1000));
        EXPECT_EQ(wire->counters().snapped, 1U);
        EXPECT_EQ(wire->counters().frames_in, 3U);
    }
}

TEST_F(Replaying, frames_shorter_than_an_ethernet_header_or_too_long_are_skipped_and_counted) {
    const std::vector<Recorded> frames = {{1, 0, ""},
                                          {2, 0, std::string(max_frame_bytes + 1, 'x')},
                                          {3, 0, std::string(14, 'y')},
                                          {4, 0, std::string(13, 'z')}};
    const auto wire = replay(pcap(frames));
    EXPECT_EQ(testing::receive_all(*wire), expected({frames[2]}, 1000));
    EXPECT_EQ(wire->counters().skipped, 3U);
    EXPECT_EQ(wire->counters().frames_in, 1U);
    EXPECT_EQ(wire->trouble(), std::nullopt);
}

TEST_F(Replaying, swallows_what_it_is_given) {
    const auto wire = replay(pcap(three));
    EXPECT_EQ(testing::transmit(*wire, {{bytes("a")}, {bytes("b")}}), 2U);
    EXPECT_EQ(wire->counters().frames_out, 2U);
}

TEST_F(Replaying, has_ended_once_closed) {
    const auto wire = replay(pcap(three));
    std::vector<Frame> frames(1);
    EXPECT_EQ(wire->receive(frames), 1U);
    wire->close();
    wire->close();
    EXPECT_TRUE(wire->ended());
    EXPECT_EQ(wire->receive(frames), 0U);
}

TEST_F(Replaying, paced_gives_a_frame_no_earlier_than_its_distance_from_the_first) {
    const std::vector<Recorded> frames = {{100, 0, "the first frame"},
                                          {90, 0, "an older frame"},
                                          {100, 20'000, "20 ms further on"},
                                          {3700, 0, "in the next hour"}};
    const auto wire = replay(pcap(frames), {.paced = true});
    std::vector<Frame> given(8);
    const auto start = std::chrono::steady_clock::now();
    std::size_t count = wire->receive(given);
    EXPECT_GE(count, 2U);
    while (count < 3)
        count += wire->receive(given);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
    EXPECT_EQ(count, 3U);
    EXPECT_EQ(wire->receive(given), 0U);
    EXPECT_FALSE(wire->ended());
    EXPECT_EQ(testing::receive_all(*replay(pcap(frames), {.paced = false})).size(), 4U);
}

// How many frames of `sizes` lie whole within the first `cut` bytes, and whether `cut` is between two frames.
std::pair<std::size_t, bool> whole_frames(const std::vector<std::size_t>& ends, std::size_t cut) {
    const auto beyond = std::upper_bound(ends.begin(), ends.end(), cut);
    return {beyond - ends.begin() - 1, beyond != ends.begin() && beyond[-1] == cut};
}

void expect_cut_capture_to_give_its_whole_frames(const std::string& spec, const std::vector<std::size_t>& ends,
                                                 std::size_t cut) {
    SCOPED_TRACE(cut);
    if (cut < ends.front()) {
        const std::string line = refusal(spec);
        EXPECT_TRUE(contains(line, cut == 0 ? "the file is empty" : "cut off before its first frame") ||
                    (cut < 12 && contains(line, "not a capture"))) // too short to tell pcapng from anything else
            << line;
        return;
    }
    const auto [whole, clean] = whole_frames(ends, cut);
    const auto wire = open(spec);
    std::vector<OwnedFrame> front = expected(three, 1000);
    front.resize(whole);
    EXPECT_EQ(testing::receive_all(*wire), front);
    EXPECT_EQ(wire->counters().frames_in, whole);
    ASSERT_EQ(wire->trouble().has_value(), !clean);
    if (!clean) {
        EXPECT_TRUE(wire->trouble()->starts_with(spec + ": the capture is cut off after " + std::to_string(whole) +
                                                 " whole frames"))
            << *wire->trouble();
        EXPECT_TRUE(contains(*wire->trouble(), "tcpdump -r " + spec.substr(7)));
        EXPECT_FALSE(contains(*wire->trouble(), "\n"));
    }
}

TEST_F(Replaying, a_capture_cut_at_any_byte_gives_its_whole_frames_and_says_so) {
    const std::string whole = pcap(three);
    const std::vector<std::size_t> ends = {24, 24 + 31, 24 + 31 + 31, 24 + 31 + 31 + 33};
    ASSERT_EQ(whole.size(), ends.back());
    for (std::size_t cut = 0; cut <= whole.size(); ++cut)
        expect_cut_capture_to_give_its_whole_frames(spec(whole.substr(0, cut)), ends, cut);
}

TEST_F(Replaying, a_pcapng_cut_at_any_byte_gives_its_whole_frames_and_says_so) {
    const std::string whole = pcapng(three);
    const std::vector<std::size_t> ends = {48, 48 + 48, 48 + 48 + 48, 48 + 48 + 48 + 52};
    ASSERT_EQ(whole.size(), ends.back());
    for (std::size_t cut = 0; cut < whole.size(); ++cut)
        if (cut != 28) // a section without an interface is whole, but another kind of refusal
            expect_cut_capture_to_give_its_whole_frames(spec(whole.substr(0, cut)), ends, cut);
    EXPECT_TRUE(contains(refusal(spec(whole.substr(0, 28))), "the capture cannot be read ("));
}

TEST_F(Replaying, a_damaged_capture_gives_the_frames_before_the_damage_and_says_so) {
    std::string capture = pcap(three);
    capture.replace(24 + 31 + 8, 4, "\xff\xff\xff\x7f"); // captured length of the second frame
    const auto wire = replay(capture);
    EXPECT_EQ(testing::receive_all(*wire).size(), 1U);
    EXPECT_TRUE(contains(wire->trouble().value_or(""), "the capture is damaged after 1 whole frames"))
        << *wire->trouble();
}

TEST_F(Replaying, the_trouble_is_there_for_any_thread_that_sees_the_end) {
    const auto wire = replay(pcap(three).substr(0, 60));
    std::thread receiver([&] { testing::receive_all(*wire); });
    while (!wire->ended())
        std::this_thread::yield();
    EXPECT_TRUE(wire->trouble().has_value());
    receiver.join();
}

TEST_F(Replaying, a_missing_file_name_is_refused) {
    EXPECT_TRUE(contains(refusal("replay:"), "the file name is missing; write replay:FILE"));
    EXPECT_TRUE(contains(refusal("replay"), "the file name is missing; write replay:FILE"));
}

TEST_F(Replaying, a_missing_file_is_refused) {
    EXPECT_TRUE(contains(refusal("replay:" + folder_ / "none.pcap"), "No such file or directory; name a capture file"));
    EXPECT_TRUE(contains(refusal("replay:" + folder_ / "two\nlines.pcap"), "No such file or directory"));
}

TEST_F(Replaying, a_file_that_may_not_be_read_is_refused) {
    const std::string capture = spec(pcap(three));
    ::chmod((folder_ / "a.pcap").c_str(), 0);
    ::chmod(folder_.path().c_str(), 0755);
    const testing::Unprivileged nobody;
    EXPECT_TRUE(contains(refusal(capture), "Permission denied; name a capture file that you may read"));
}

TEST_F(Replaying, a_directory_is_refused) {
    EXPECT_TRUE(contains(refusal("replay:" + folder_.path()), "this is a directory; name a capture file in it"));
}

TEST_F(Replaying, an_empty_file_is_refused) {
    EXPECT_TRUE(contains(refusal(spec("")), "the file is empty; capture it again"));
}

TEST_F(Replaying, a_file_that_is_not_a_capture_is_refused_with_the_kinds_that_are_read) {
    const std::string line = refusal(spec("#!/bin/sh\necho this is no capture\n"));
    EXPECT_TRUE(contains(line,
                         "not a capture; it must be pcap (first bytes a1b2c3d4, or a1b23c4d for nanoseconds, in either "
                         "byte order) or pcapng (0a0d0d0a)"))
        << line;
}

TEST_F(Replaying, a_pipe_is_replayed_and_refused_like_a_file) {
    const std::string pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto through_pipe = [&](const std::string& capture, auto use) {
        std::thread writer([&] { write_file(pipe, capture); });
        use();
        writer.join();
    };
    through_pipe(pcap(three), [&] { EXPECT_EQ(testing::receive_all(*open("replay:" + pipe)), expected(three, 1000)); });
    through_pipe("\x1f\x8b is packed, but a pipe cannot be read twice",
                 [&] { EXPECT_TRUE(contains(refusal("replay:" + pipe), "not a capture")); });
}

TEST_F(Replaying, a_compressed_capture_is_refused_with_the_program_that_unpacks_it) {
    const std::string rest(40, '\x01');
    EXPECT_TRUE(contains(refusal(spec("\x1f\x8b" + rest)), "the file is compressed; unpack it first with gunzip"));
    EXPECT_TRUE(contains(refusal(spec("BZh9" + rest)), "bunzip2"));
    EXPECT_TRUE(contains(refusal(spec("\xfd"
                                      "7zXZ" +
                                      rest)),
                         "unxz"));
    EXPECT_TRUE(contains(refusal(spec("\x28\xb5\x2f\xfd" + rest)), "unzstd"));
}

TEST_F(Replaying, a_capture_of_an_unknown_version_is_refused_with_the_reason) {
    std::string capture = pcap(three);
    capture[4] = 9;
    EXPECT_TRUE(contains(refusal(spec(capture)), "the capture cannot be read (unsupported pcap savefile version 9.4"));
}

TEST_F(Replaying, a_capture_that_is_not_ethernet_is_refused_with_its_link_type) {
    EXPECT_TRUE(
        contains(refusal(spec(pcap(three, {.link_type = 113}))), "link type is LINUX_SLL, not Ethernet (EN10MB)"));
    EXPECT_TRUE(contains(refusal(spec(pcap(three, {.link_type = 9999}))), "link type is number 9999, not Ethernet"));
}

TEST_F(Replaying, pcapng_of_interfaces_that_differ_ends_where_libpcap_cannot_go_on) {
    EXPECT_TRUE(testing::receive_all(*replay(pcapng({}, {1, 1}))).empty());
    const auto wire = replay(pcapng(three, {1, 113}));
    EXPECT_TRUE(testing::receive_all(*wire).empty());
    EXPECT_TRUE(contains(wire->trouble().value_or(""), "after 0 whole frames"))
        << wire->trouble().value_or("no trouble");
}

} // namespace
} // namespace ndispool::wire
