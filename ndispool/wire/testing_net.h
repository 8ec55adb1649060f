// For tests of live wires: a network namespace of the test's own, frames that are told apart, raw sockets.
#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "ndispool/wire/descriptor.h"
#include "ndispool/wire/testing.h"

namespace ndispool::wire::testing {

// As root: a namespace that this thread leaves again. As a user: one within a user namespace, for the rest of the program.
class Network : public ::testing::Test {
  protected:
    void SetUp() override {
        before_ = Descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            GTEST_SKIP() << "no network namespace can be made here: " << std::strerror(errno)
                         << "; run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)";
        for (const char* which : {"all", "default"}) // no frames but ours
            std::ofstream("/proc/sys/net/ipv6/conf/" + std::string(which) + "/disable_ipv6") << 1;
        ASSERT_TRUE(ip("link set dev lo up")) << "the command ip (package iproute2) is needed";
    }
    void TearDown() override {
        if (before_)
            ::setns(before_.get(), CLONE_NEWNET);
    }

    static bool ip(const std::string& words) { return std::system(("ip " + words + " 2>&1").c_str()) == 0; }

    static std::string output_of(const std::string& command) {
        std::string text;
        std::FILE* const pipe = ::popen(command.c_str(), "r");
        std::array<char, 4096> piece;
        while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), pipe))
            text.append(piece.data(), count);
        ::pclose(pipe);
        return text;
    }

    // `a` and `b`, the ends of a cable, both up.
    static void make_cable(const std::string& options = "") {
        ASSERT_TRUE(ip("link add name a " + options + " type veth peer name b " + options));
        ASSERT_TRUE(ip("link set dev a up") && ip("link set dev b up"));
    }

    // A wire that transmits frames with too short a header, which AF_PACKET refuses to; null, and the test skipped, without AF_XDP.
    static std::unique_ptr<Wire> open_for_short_frames(const std::string& spec) {
        const auto skip = [](const char* reason) { GTEST_SKIP() << reason; };
        try {
            return open(spec);
        } catch (const Error& error) {
            skip(error.what());
            return nullptr;
        }
    }

    // The same, to the interface `m`, which is on the cable's end `a`: a cable drops such frames, macvlan passes them on.
    static std::unique_ptr<Wire> open_for_short_frames_to_m() {
        make_cable();
        if (!ip("link add link a name n type macvlan mode bridge"))
            return open_for_short_frames("xdp:n"); // which says what is missing
        EXPECT_TRUE(ip("link set dev n up") && ip("link add link a name m type macvlan mode bridge") &&
                    ip("link set dev m address 02:00:00:00:00:0b up"));
        return open_for_short_frames("xdp:n,skb");
    }

  private:
    Descriptor before_;
};

// An Ethernet frame of type 0x88B5 that no other frame of the test is like.
inline OwnedFrame numbered_frame(std::uint32_t number, std::size_t bytes) {
    std::vector<std::byte> frame(bytes);
    for (std::size_t i = 0; i < bytes; ++i)
        frame[i] = static_cast<std::byte>(number * 31 + i * 7 + (i >> 8));
    const std::array<unsigned char, 14> header = {0x02, 0, 0, 0, 0, 0xB, 0x02, 0, 0, 0, 0, 0xA, 0x88, 0xB5};
    std::memcpy(frame.data(), header.data(), header.size());
    if (bytes >= 18)
        std::memcpy(frame.data() + 14, &number, sizeof number);
    return frame;
}

inline std::vector<OwnedFrame> numbered_frames(std::size_t count, std::size_t most = 1514) {
    std::vector<OwnedFrame> frames;
    for (std::size_t i = 0; i < count; ++i)
        frames.push_back(numbered_frame(static_cast<std::uint32_t>(i), 60 + i * 97 % (most - 59)));
    return frames;
}

// What is no Ethernet frame: its header is cut short.
inline OwnedFrame short_frame(std::size_t bytes) {
    std::vector<std::byte> frame = numbered_frame(0, 60).bytes;
    frame.resize(bytes);
    return frame;
}

// Asks until `done` says so; false after some seconds, which only a failure takes.
inline bool until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return true;
}

// Frames of `wire` until there are `count`; fewer when they do not come.
inline std::vector<OwnedFrame> receive_count(Wire& wire, std::size_t count) {
    std::vector<OwnedFrame> all;
    std::array<Frame, 64> frames;
    until([&] {
        for (std::size_t got = wire.receive(frames); const Frame& frame : std::span(frames).first(got))
            all.emplace_back(frame);
        return all.size() >= count;
    });
    return all;
}

// Sends all of `sent` while the other end receives them.
inline std::vector<OwnedFrame> pass(Wire& from, Wire& to, const std::vector<OwnedFrame>& sent) {
    std::vector<OwnedFrame> got;
    std::array<Frame, 64> frames;
    std::size_t next = 0;
    until([&] {
        std::vector<Frame> views;
        for (std::size_t i = next; i < std::min(next + 64, sent.size()); ++i)
            views.push_back(sent[i].view());
        next += from.transmit(views);
        for (std::size_t count = to.receive(frames); const Frame& frame : std::span(frames).first(count))
            got.emplace_back(frame);
        return got.size() >= sent.size();
    });
    return got;
}

inline void expect_same_bytes(const std::vector<OwnedFrame>& got, const std::vector<OwnedFrame>& sent) {
    ASSERT_EQ(got.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i)
        ASSERT_EQ(got[i].bytes, sent[i].bytes) << "frame " << i;
}

inline std::uint64_t detail(const Wire& wire, std::string_view name) {
    for (const Detail& detail : wire.details())
        if (detail.name == name)
            return detail.count;
    ADD_FAILURE() << "no detail " << name;
    return 0;
}

// Frames with too short a header among whole ones reach `to` from the raw wire `from`: they do not come up, and are counted.
inline void expect_short_frames_skipped(Wire& from, Wire& to) {
    const auto whole = numbered_frames(3);
    EXPECT_EQ(transmit(from, {whole[0], short_frame(13), short_frame(6), whole[1], short_frame(13), whole[2]}), 6U);
    expect_same_bytes(receive_count(to, 3), whole);
    EXPECT_EQ(to.counters().frames_in, 3U);
    EXPECT_EQ(to.counters().skipped, 3U);
    EXPECT_FALSE(to.trouble());
}

// Another program's socket on an interface; with `offload`, each message begins with an offload header.
class RawSocket {
  public:
    explicit RawSocket(const char* interface, bool offload = false) : socket_(::socket(AF_PACKET, SOCK_RAW, 0)) {
        const int on = offload ? 1 : 0;
        ::setsockopt(socket_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on);
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    bool send(const std::vector<std::byte>& bytes) const {
        return ::send(socket_.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    }

  private:
    Descriptor socket_;
};

} // namespace ndispool::wire::testing
