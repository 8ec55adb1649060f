#include "ndispool/wire/xdp.h"

#include <poll.h>
#include <sys/epoll.h>

#include "ndispool/wire/testing_ip.h"
#include "ndispool/wire/testing_net.h"

namespace ndispool::wire {
namespace {

using testing::contains;
using testing::detail;
using testing::expect_same_bytes;
using testing::numbered_frame;
using testing::numbered_frames;
using testing::pass;

class XdpWire : public testing::Network {
  protected:
    void SetUp() override {
        Network::SetUp();
        if (IsSkipped())
            return;
        make_cable();
        try {
            open("xdp:a");
        } catch (const Error& error) {
            ASSERT_EQ(error.kind(), Error::Kind::environment) << error.what();
            GTEST_SKIP() << error.what();
        }
    }
    static std::string xdp_of(const char* interface) {
        return output_of("ip -d link show dev " + std::string(interface) + " | grep -o xdp[a-z]*/id || true");
    }
};

TEST_F(XdpWire, frames_pass_byte_for_byte_in_order_in_both_modes_and_directions) {
    for (const char* mode : {"", ",native", ",skb"}) {
        const auto a = open("xdp:a" + std::string(mode)), b = open("xdp:b" + std::string(mode));
        EXPECT_EQ(detail(*a, "native_mode"), std::string_view(mode) == ",skb" ? 0U : 1U);
        const auto sent = numbered_frames(6000);
        expect_same_bytes(pass(*a, *b, sent), sent);
        expect_same_bytes(pass(*b, *a, sent), sent);
        EXPECT_EQ(a->counters().frames_out, sent.size());
        EXPECT_EQ(a->counters().frames_in, sent.size());
        a->close();
        b->close();
        EXPECT_FALSE(a->trouble()) << "the frame ledger is balanced";
        EXPECT_FALSE(b->trouble());
    }
}

TEST_F(XdpWire, the_program_and_the_promiscuous_mode_go_with_the_wire) {
    {
        const auto a = open("xdp:a");
        EXPECT_TRUE(contains(output_of("ip -d link show dev a"), "promiscuity 1"));
        EXPECT_TRUE(contains(output_of("ip -d link show dev a"), " xdp"));
    }
    EXPECT_TRUE(contains(output_of("ip -d link show dev a"), "promiscuity 0"));
    EXPECT_FALSE(contains(output_of("ip -d link show dev a"), " xdp"));
}

TEST_F(XdpWire, a_checksum_left_open_is_finished) {
    const auto a = open("xdp:a");
    const testing::IpFrame what{.udp = true, .payload = 500};
    ASSERT_TRUE(testing::RawSocket("b").send(open_frame(what)));
    const auto got = testing::receive_count(*a, 1);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_TRUE(testing::sums_are_right(got[0].bytes, what));
}

TEST_F(XdpWire, a_frame_longer_than_the_memory_for_one_is_dropped_and_counted) {
    const auto a = open("xdp:a"), b = open("xdp:b");
    EXPECT_EQ(testing::transmit(*a, {numbered_frame(1, 60), numbered_frame(2, 3000), numbered_frame(3, 60)}), 3U);
    expect_same_bytes(testing::receive_count(*b, 2), {numbered_frame(1, 60), numbered_frame(3, 60)});
    EXPECT_EQ(detail(*a, "dropped_out"), 1U);
}

TEST_F(XdpWire, frames_shorter_than_an_ethernet_header_are_skipped_and_counted) {
    ASSERT_TRUE(ip("link del dev a"));
    if (const auto n = open_for_short_frames_to_m())
        testing::expect_short_frames_skipped(*n, *open("xdp:m,skb"));
}

TEST_F(XdpWire, an_interface_that_vanishes_and_returns_is_used_again_without_trouble) {
    const auto a = open("xdp:a");
    ASSERT_TRUE(ip("link del dev a"));
    std::array<Frame, 8> frames;
    EXPECT_TRUE(testing::until([&] { return a->receive(frames) == 0 && a->descriptor() < 0; }));
    make_cable();
    EXPECT_TRUE(testing::until([&] { return a->receive(frames) == 0 && a->descriptor() >= 0; }));
    const auto b = open("xdp:b");
    const auto sent = numbered_frames(100);
    expect_same_bytes(pass(*a, *b, sent), sent);
    expect_same_bytes(pass(*b, *a, sent), sent);
    EXPECT_FALSE(a->trouble());
}

TEST_F(XdpWire, its_descriptor_becomes_readable_when_a_frame_is_there) {
    const auto a = open("xdp:a");
    pollfd wait{.fd = a->descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, 0), 0);
    ASSERT_TRUE(testing::RawSocket("b").send(numbered_frame(1, 60).bytes));
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1);
}

TEST_F(XdpWire, who_waits_for_its_descriptor_is_not_told_of_frames_that_were_sent) {
    const auto a = open("xdp:a"), b = open("packet:b");
    const Descriptor events(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{.events = EPOLLOUT | EPOLLET, .data = {}};
    ASSERT_EQ(::epoll_ctl(events.get(), EPOLL_CTL_ADD, a->descriptor(), &event), 0);
    ::epoll_wait(events.get(), &event, 1, 0); // what it says at first
    const auto sent = numbered_frames(100);
    expect_same_bytes(pass(*a, *b, sent), sent);
    EXPECT_EQ(::epoll_wait(events.get(), &event, 1, 0), 0);
}

TEST_F(XdpWire, several_queues_become_one_while_it_is_open) {
    ASSERT_TRUE(ip("link del dev a") &&
                ip("link add name a numrxqueues 2 numtxqueues 2 type veth peer name b numrxqueues 2 numtxqueues 2"));
    ASSERT_TRUE(ip("link set dev a up") && ip("link set dev b up"));
    const auto queues = [] { return output_of("ethtool -l a | grep RX: | tail -1"); };
    ASSERT_TRUE(contains(queues(), "2")) << queues();
    {
        const auto a = open("xdp:a");
        EXPECT_TRUE(contains(queues(), "1")) << queues();
        const auto b = open("packet:b");
        const auto sent = numbered_frames(200);
        expect_same_bytes(pass(*b, *a, sent), sent);
    }
    EXPECT_TRUE(contains(queues(), "2")) << queues();
}

TEST_F(XdpWire, what_cannot_be_is_refused) {
    EXPECT_TRUE(contains(testing::refusal("xdp:a,fast"), "the mode is native or skb"));
    EXPECT_TRUE(contains(testing::refusal("xdp:c"), "there is no interface c"));
    testing::refusal("xdp:lo,native", Error::Kind::environment);
    const auto a = open("xdp:a");
    testing::refusal("xdp:a");
}

} // namespace
} // namespace ndispool::wire
