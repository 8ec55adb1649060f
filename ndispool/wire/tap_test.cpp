#include "ndispool/wire/tap.h"

#include <poll.h>

#include "ndispool/wire/testing_net.h"

namespace ndispool::wire {
namespace {

using testing::contains;
using testing::expect_same_bytes;
using testing::numbered_frame;
using testing::numbered_frames;
using testing::pass;

class TapWire : public testing::Network {
  protected:
    static bool there(const std::string& name) { return output_of("ip link show dev " + name + " 2>/dev/null") != ""; }
};

TEST_F(TapWire, what_the_kernel_sends_comes_in_and_what_is_transmitted_the_kernel_receives) {
    const auto tap = open("tap:t0");
    const auto kernel = open("packet:t0"); // the other side of the device
    const auto sent = numbered_frames(3000);
    expect_same_bytes(pass(*tap, *kernel, sent), sent);
    expect_same_bytes(pass(*kernel, *tap, sent), sent);
    EXPECT_EQ(tap->counters().frames_out, sent.size());
    EXPECT_EQ(tap->counters().frames_in, sent.size());
}

TEST_F(TapWire, a_device_that_was_made_is_up_and_goes_with_the_wire) {
    const auto tap = open("tap:t0");
    EXPECT_TRUE(contains(output_of("ip link show dev t0"), ",UP"));
    tap->close();
    EXPECT_FALSE(there("t0"));
    EXPECT_EQ(testing::transmit(*tap, {numbered_frame(1, 60)}), 1U);
    std::array<Frame, 4> frames;
    EXPECT_EQ(tap->receive(frames), 0U);
}

TEST_F(TapWire, a_device_that_was_there_is_used_and_stays) {
    ASSERT_TRUE(ip("tuntap add t0 mode tap") && ip("link set dev t0 up"));
    {
        const auto tap = open("tap:t0");
        const auto kernel = open("packet:t0");
        const auto sent = numbered_frames(100);
        expect_same_bytes(pass(*kernel, *tap, sent), sent);
    }
    EXPECT_TRUE(there("t0"));
}

TEST_F(TapWire, a_device_that_is_deleted_is_made_again_without_trouble) {
    const auto tap = open("tap:t0");
    ASSERT_TRUE(ip("link del dev t0"));
    EXPECT_EQ(testing::transmit(*tap, {numbered_frame(1, 60)}), 1U) << "taken, and dropped";
    std::array<Frame, 4> frames;
    EXPECT_TRUE(testing::until([&] { return tap->receive(frames) == 0 && there("t0"); }));
    const auto kernel = open("packet:t0");
    const auto sent = numbered_frames(100);
    expect_same_bytes(pass(*tap, *kernel, sent), sent);
    EXPECT_FALSE(tap->trouble());
}

TEST_F(TapWire, an_interface_that_is_set_down_drops_and_is_no_trouble) {
    const auto tap = open("tap:t0");
    ASSERT_TRUE(ip("link set dev t0 down"));
    std::array<Frame, 4> frames;
    EXPECT_EQ(testing::transmit(*tap, {numbered_frame(1, 60)}), 1U);
    EXPECT_EQ(tap->receive(frames), 0U);
    EXPECT_EQ(testing::detail(*tap, "dropped_out"), 1U);
    ASSERT_TRUE(ip("link set dev t0 up"));
    const auto kernel = open("packet:t0");
    expect_same_bytes(pass(*tap, *kernel, {numbered_frame(2, 60)}), {numbered_frame(2, 60)});
    EXPECT_FALSE(tap->trouble());
}

TEST_F(TapWire, its_descriptor_becomes_readable_when_a_frame_is_there) {
    const auto tap = open("tap:t0");
    pollfd wait{.fd = tap->descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&wait, 1, 0), 0);
    ASSERT_TRUE(testing::RawSocket("t0").send(numbered_frame(1, 60).bytes));
    EXPECT_EQ(::poll(&wait, 1, 10'000), 1);
}

TEST_F(TapWire, frames_shorter_than_an_ethernet_header_are_skipped_and_counted) {
    const auto tap = open("tap:t0");
    if (const auto kernel = open_for_short_frames("xdp:t0,skb"))
        testing::expect_short_frames_skipped(*kernel, *tap);
}

TEST_F(TapWire, a_name_that_something_else_has_is_refused) {
    make_cable();
    EXPECT_TRUE(contains(testing::refusal("tap:a"), "is no TAP device"));
    const auto tap = open("tap:t0");
    EXPECT_TRUE(contains(testing::refusal("tap:t0"), "another program has the device t0 open"));
}

TEST_F(TapWire, whoever_may_not_is_told_which_right_he_lacks) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "in a user namespace everybody may";
    const testing::Unprivileged nobody;
    testing::refusal("tap:t0", Error::Kind::environment);
}

} // namespace
} // namespace ndispool::wire
