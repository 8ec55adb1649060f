#include "ndispool/wire/packet.h"

#include <poll.h>

#include "ndispool/wire/testing_ip.h"
#include "ndispool/wire/testing_net.h"

namespace ndispool::wire {
namespace {

using testing::contains;
using testing::detail;
using testing::expect_same_bytes;
using testing::IpFrame;
using testing::numbered_frame;
using testing::numbered_frames;
using testing::pass;
using testing::receive_count;

class PacketWire : public testing::Network {
  protected:
    static std::vector<std::byte> with_offload(const Offload& header, const std::vector<std::byte>& frame) {
        std::vector<std::byte> message(sizeof header + frame.size());
        std::memcpy(message.data(), &header, sizeof header);
        std::memcpy(message.data() + sizeof header, frame.data(), frame.size());
        return message;
    }
};

TEST_F(PacketWire, frames_sent_at_one_end_arrive_at_the_other_byte_for_byte_in_order_with_their_time) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    const auto sent = numbered_frames(5000);
    for (auto [from, to] : {std::pair{a.get(), b.get()}, {b.get(), a.get()}}) {
        const auto got = pass(*from, *to, sent);
        expect_same_bytes(got, sent);
        EXPECT_GT(got.front().time_100ns, 133'000'000'000'000'000U) << "later than 2022";
        EXPECT_EQ(from->counters().frames_out, sent.size());
        EXPECT_EQ(to->counters().frames_in, sent.size());
        EXPECT_EQ(detail(*to, "missed_in"), 0U);
    }
    EXPECT_TRUE(a->offers());
    EXPECT_FALSE(a->ended());
    EXPECT_FALSE(a->finite());
}

TEST_F(PacketWire, what_goes_out_on_the_interface_does_not_come_in) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    const testing::RawSocket other("a");
    ASSERT_TRUE(other.send(numbered_frame(1, 100).bytes)); // another program of this machine
    EXPECT_EQ(testing::transmit(*a, {numbered_frame(2, 100)}), 1U);
    EXPECT_EQ(receive_count(*b, 2).size(), 2U);
    std::array<Frame, 8> frames;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(a->receive(frames), 0U);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

TEST_F(PacketWire, the_interface_is_promiscuous_while_it_is_open) {
    make_cable();
    EXPECT_TRUE(contains(output_of("ip -d link show dev a"), "promiscuity 0"));
    {
        const auto a = open("packet:a");
        EXPECT_TRUE(contains(output_of("ip -d link show dev a"), "promiscuity 1"));
    }
    EXPECT_TRUE(contains(output_of("ip -d link show dev a"), "promiscuity 0"));
}

// The kernel takes the outer tag out of every frame before a socket sees it.
TEST_F(PacketWire, tags_that_the_kernel_took_out_are_put_back) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    std::vector<OwnedFrame> sent;
    for (std::uint32_t i = 0; i < 300; ++i) {
        IpFrame what{.v6 = i % 2 == 1, .udp = i % 3 == 1, .payload = 100 + i, .tags = i % 3};
        auto frame = open_frame(what);
        finish_open_checksum(frame);
        if (i % 6 == 2)
            testing::put16(frame, 12, 0x88A8); // a service provider's tag outside
        if (i % 3 > 0)
            testing::put16(frame, 14, 0xE000 | i); // with priority
        sent.push_back({frame});
    }
    expect_same_bytes(pass(*b, *a, sent), sent);
    const testing::RawSocket other("b"); // whose frames go through the queueing discipline
    for (const OwnedFrame& frame : sent)
        ASSERT_TRUE(other.send(frame.bytes));
    expect_same_bytes(receive_count(*a, sent.size()), sent);
}

TEST_F(PacketWire, a_tagged_frame_whose_checksum_and_cutting_were_left_to_hardware_is_finished) {
    make_cable();
    const auto a = open("packet:a");
    const IpFrame what{.payload = 5000, .tags = 1};
    const auto at = testing::offsets_of(what);
    Offload header{};
    header.flags = needs_csum;
    header.gso_type = gso_tcp4;
    header.header_bytes = static_cast<std::uint16_t>(at.payload);
    header.gso_size = 1000;
    header.csum_start = static_cast<std::uint16_t>(at.transport);
    header.csum_offset = static_cast<std::uint16_t>(at.checksum - at.transport);
    ASSERT_TRUE(testing::RawSocket("b", true).send(with_offload(header, open_frame(what))));
    const auto got = receive_count(*a, 5);
    ASSERT_EQ(got.size(), 5U);
    for (const OwnedFrame& frame : got) {
        EXPECT_EQ(testing::get16(frame.bytes, 12), 0x8100U);
        EXPECT_TRUE(testing::sums_are_right(frame.bytes, what));
    }
}

TEST_F(PacketWire, a_checksum_left_to_hardware_is_finished) {
    make_cable();
    const auto a = open("packet:a");
    const IpFrame what{.udp = true, .payload = 500};
    const auto at = testing::offsets_of(what);
    Offload header{};
    header.flags = needs_csum;
    header.csum_start = static_cast<std::uint16_t>(at.transport);
    header.csum_offset = static_cast<std::uint16_t>(at.checksum - at.transport);
    ASSERT_TRUE(testing::RawSocket("b", true).send(with_offload(header, open_frame(what))));
    const auto got = receive_count(*a, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_TRUE(testing::sums_are_right(got[0].bytes, what));
}

TEST_F(PacketWire, a_frame_left_to_hardware_to_cut_comes_in_as_the_frames_on_the_cable) {
    make_cable();
    const auto a = open("packet:a");
    const IpFrame what{.payload = 30'000};
    const auto at = testing::offsets_of(what);
    const auto whole = open_frame(what);
    Offload header{};
    header.flags = needs_csum;
    header.gso_type = gso_tcp4;
    header.header_bytes = static_cast<std::uint16_t>(at.payload);
    header.gso_size = 1000;
    header.csum_start = static_cast<std::uint16_t>(at.transport);
    header.csum_offset = static_cast<std::uint16_t>(at.checksum - at.transport);
    const testing::RawSocket b("b", true);
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(b.send(with_offload(header, whole)));
    const auto got = receive_count(*a, 600);
    ASSERT_EQ(got.size(), 600U);
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(got[i].bytes.size(), at.payload + 1000);
        ASSERT_TRUE(testing::sums_are_right(got[i].bytes, what));
        ASSERT_EQ(std::memcmp(&got[i].bytes[at.payload], &whole[at.payload + i % 30 * 1000], 1000), 0) << i;
    }
    EXPECT_EQ(detail(*a, "cut_in"), 20U);
}

TEST_F(PacketWire, merging_is_off_while_it_is_open_and_on_again_afterwards) {
    make_cable();
    const Interface a{Spec("packet:a")};
    const auto merges = [] { return contains(output_of("ethtool -k a"), "generic-receive-offload: on"); };
    ASSERT_EQ(std::system("ethtool -K a gro on"), 0);
    ASSERT_TRUE(merges());
    {
        const auto wire = open("packet:a");
        EXPECT_FALSE(merges());
    }
    EXPECT_TRUE(merges());
    ASSERT_EQ(std::system("ethtool -K a gro off"), 0);
    open("packet:a")->close();
    EXPECT_FALSE(merges()) << "it was off before";
}

TEST_F(PacketWire, a_frame_longer_than_the_mtu_is_dropped_and_counted) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    EXPECT_EQ(testing::transmit(*a, {numbered_frame(1, 60), numbered_frame(2, 3000), numbered_frame(3, 60)}), 3U);
    expect_same_bytes(receive_count(*b, 2), {numbered_frame(1, 60), numbered_frame(3, 60)});
    EXPECT_EQ(detail(*a, "dropped_out"), 1U);
    EXPECT_EQ(a->counters().frames_out, 2U);
}

TEST_F(PacketWire, a_frame_may_be_longer_than_the_mtu_allows_by_the_vlan_tag_it_has) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    const OwnedFrame longest = numbered_frame(1, 1514), too_long = numbered_frame(2, 1515);
    OwnedFrame tagged = numbered_frame(3, 1518), tagged_too_long = numbered_frame(4, 1519);
    for (OwnedFrame* frame : {&tagged, &tagged_too_long})
        write_u16(frame->bytes, 12, 0x8100);
    EXPECT_EQ(testing::transmit(*a, {longest, too_long, tagged, tagged_too_long}), 4U);
    expect_same_bytes(receive_count(*b, 2), {longest, tagged});
    EXPECT_EQ(detail(*a, "dropped_out"), 2U);
}

TEST_F(PacketWire, frames_shorter_than_an_ethernet_header_are_skipped_and_counted) {
    if (const auto n = open_for_short_frames_to_m())
        testing::expect_short_frames_skipped(*n, *open("packet:m"));
}

TEST_F(PacketWire, long_frames_pass_where_the_mtu_allows_them_also_once_it_has_grown) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    ASSERT_TRUE(ip("link set dev a mtu 9000") && ip("link set dev b mtu 9000"));
    const OwnedFrame big = numbered_frame(1, 9014);
    EXPECT_TRUE(testing::until([&] {
        testing::transmit(*a, {big});
        std::array<Frame, 8> frames;
        (void)a->receive(frames);
        return b->receive(frames) > 0 && frames[0].bytes.size() == big.bytes.size();
    }));
}

TEST_F(PacketWire, an_interface_that_vanishes_and_returns_is_used_again_without_trouble) {
    make_cable();
    const auto a = open("packet:a");
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(ip("link del dev a"));
        std::array<Frame, 8> frames;
        EXPECT_TRUE(testing::until([&] { return a->receive(frames) == 0 && a->descriptor() < 0; }));
        EXPECT_EQ(testing::transmit(*a, {numbered_frame(1, 60)}), 1U) << "taken, and dropped";
        make_cable();
        const auto b = open("packet:b");
        EXPECT_TRUE(testing::until([&] { return a->receive(frames) == 0 && a->descriptor() >= 0; }));
        const auto sent = numbered_frames(100);
        expect_same_bytes(pass(*a, *b, sent), sent);
        expect_same_bytes(pass(*b, *a, sent), sent);
        EXPECT_FALSE(a->trouble());
    }
    EXPECT_EQ(detail(*a, "interface_returned"), 3U);
    EXPECT_EQ(detail(*a, "dropped_out"), 3U);
}

TEST_F(PacketWire, an_interface_that_is_set_down_and_up_is_used_again_without_trouble) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    ASSERT_TRUE(ip("link set dev a down"));
    const auto many = numbered_frames(100);
    std::array<Frame, 8> frames;
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(a->receive(frames), 0U);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        (void)testing::transmit(*a, many); // more than the ring holds
    }
    EXPECT_EQ(testing::transmit(*a, many), many.size()) << "taken, and dropped";
    EXPECT_GT(detail(*a, "dropped_out"), 1000U);
    ASSERT_TRUE(ip("link set dev a up"));
    const OwnedFrame sign = numbered_frame(2, 60);
    EXPECT_TRUE(testing::until([&] {
        testing::transmit(*b, {sign});
        return a->receive(frames) > 0;
    }));
    EXPECT_TRUE(testing::until([&] {
        (void)a->receive(frames);
        testing::transmit(*a, {sign});
        return b->receive(frames) > 0;
    }));
    EXPECT_FALSE(a->trouble());
}

TEST_F(PacketWire, its_descriptor_becomes_readable_when_a_frame_is_there) {
    make_cable();
    const auto a = open("packet:a"), b = open("packet:b");
    std::array<Frame, 8> frames;
    EXPECT_EQ(a->receive(frames), 0U);
    pollfd wait{.fd = a->descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, 20), 0);
    EXPECT_EQ(testing::transmit(*b, {numbered_frame(1, 60)}), 1U);
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1);
    EXPECT_EQ(a->receive(frames), 1U);
}

TEST_F(PacketWire, an_interface_that_is_not_there_is_refused_with_those_there_are) {
    make_cable();
    const std::string line = testing::refusal("packet:c");
    EXPECT_TRUE(contains(line, "there is no interface c; there are lo"));
    EXPECT_TRUE(contains(line, ", a")) << line;
}

TEST_F(PacketWire, whoever_may_not_is_told_which_right_he_lacks) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "in a user namespace everybody may";
    make_cable();
    const testing::Unprivileged nobody;
    EXPECT_TRUE(contains(testing::refusal("packet:a", Error::Kind::environment), "this needs CAP_NET_RAW"));
}

} // namespace
} // namespace ndispool::wire
