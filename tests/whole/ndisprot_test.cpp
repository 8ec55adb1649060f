#include "whole.h"

#include <algorithm>
#include <numeric>

namespace ndispool::whole {
namespace {

constexpr int peer[] = {0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};

std::vector<std::byte> echo_request(int sequence) {
    std::vector<std::byte> frame(60 + sequence % 40);
    std::fill(frame.begin(), frame.begin() + 6, std::byte{0xff});
    std::transform(std::begin(peer), std::end(peer), frame.begin() + 6,
                   [](int value) { return static_cast<std::byte>(value); });
    frame[12] = std::byte{0x88};
    frame[13] = std::byte{0xb5};
    for (std::size_t i = 14; i < frame.size(); ++i)
        frame[i] = static_cast<std::byte>(sequence + static_cast<int>(i));
    return frame;
}

// Asks who has 192.0.2.1.
std::vector<std::byte> arp_request() {
    auto frame = bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x08, 0x06, // Ethernet
                        0,    1,    8,    0,    6,    4,    0,    1,    0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
                        192,  0,    2,    77,                                      // request, sender
                        0,    0,    0,    0,    0,    0,    192,  0,    2,    1}); // target
    frame.resize(60);
    return frame;
}

unsigned ones_complement_sum(std::span<const std::byte> data) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < data.size(); i += 2)
        sum += std::to_integer<unsigned>(data[i]) << 8 |
               (i + 1 < data.size() ? std::to_integer<unsigned>(data[i + 1]) : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

void put_checksum(std::span<std::byte> data, std::size_t at) {
    const unsigned sum = ~ones_complement_sum(data) & 0xffff;
    data[at] = static_cast<std::byte>(sum >> 8);
    data[at + 1] = static_cast<std::byte>(sum);
}

std::vector<std::byte> ping() {
    auto frame = bytes(
        {0x02, 0x4e, 0x44, 0x49, 0x53, 0x01, 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x08, 0x00, // to the wire adapter
         0x45, 0,    0,    48,   0,    9,    0,    0,    64,   1,    0,    0,    192,  0,
         2,    77,   192,  0,    2,    1,               // IPv4, ICMP
         8,    0,    0,    0,    0x12, 0x34, 0,    1}); // echo request
    for (int i = 0; i < 20; ++i)
        frame.push_back(static_cast<std::byte>(i));
    put_checksum(std::span(frame).subspan(14, 20), 10);
    put_checksum(std::span(frame).subspan(34), 2);
    return frame;
}

host::Report answer(const std::vector<OwnedFrame>& asked, std::vector<Parameter> parameters, unsigned processors,
                    std::vector<OwnedFrame>& answers) {
    const auto below = wire::memory_source(asked, 1, MemorySource::Taken::kept);
    const auto above = wire::open("null");
    host::Report report = run(NDISPOOL_NDISPROT, *below, *above, std::move(parameters), processors);
    answers = below->kept();
    return report;
}

TEST(Ndisprot, local_experimental_frames_are_echoed_to_their_sender) {
    for (unsigned processors : {1u, 2u}) {
        std::vector<OwnedFrame> asked, answers;
        for (int i = 0; i < 64; ++i)
            asked.push_back({echo_request(i), 0});
        const host::Report report = answer(asked, {}, processors, answers);
        EXPECT_EQ(report.kind, host::Kind::protocol);
        ASSERT_EQ(answers.size(), asked.size());
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto& reply = answers[i].bytes;
            ASSERT_EQ(reply.size(), asked[i].bytes.size());
            EXPECT_TRUE(std::equal(reply.begin(), reply.begin() + 6, asked[i].bytes.begin() + 6)) << "to the sender";
            EXPECT_TRUE(std::equal(reply.begin() + 12, reply.end(), asked[i].bytes.begin() + 12)) << "the same content";
        }
        expect_clean(report);
    }
}

TEST(Ndisprot, an_arp_request_for_its_address_is_answered) {
    std::vector<OwnedFrame> answers;
    expect_clean(answer({{arp_request(), 0}}, {}, 1, answers));
    ASSERT_EQ(answers.size(), 1u);
    const auto& reply = answers[0].bytes;
    EXPECT_EQ(reply[21], std::byte{2}) << "ARP reply";
    EXPECT_TRUE(std::equal(reply.begin() + 6, reply.begin() + 12, reply.begin() + 22)) << "its own address, twice";
    const auto sender_ip = bytes({192, 0, 2, 1});
    EXPECT_TRUE(std::equal(sender_ip.begin(), sender_ip.end(), reply.begin() + 28));
}

TEST(Ndisprot, an_arp_request_for_another_address_is_not) {
    std::vector<OwnedFrame> answers;
    expect_clean(answer({{arp_request(), 0}}, {{"Address", "192.0.2.2"}}, 1, answers));
    EXPECT_TRUE(answers.empty());
}

TEST(Ndisprot, a_ping_is_answered_with_correct_checksums) {
    std::vector<OwnedFrame> answers;
    const auto request = ping();
    expect_clean(answer({{request, 0}}, {}, 1, answers));
    ASSERT_EQ(answers.size(), 1u);
    const std::span<const std::byte> reply = answers[0].bytes;
    EXPECT_EQ(reply[34], std::byte{0}) << "echo reply";
    EXPECT_EQ(ones_complement_sum(reply.subspan(14, 20)), 0xffffu) << "IPv4 header";
    EXPECT_EQ(ones_complement_sum(reply.subspan(34, 28)), 0xffffu) << "ICMP";
    EXPECT_TRUE(std::equal(request.begin() + 38, request.end(), reply.begin() + 38)) << "identifier, number and data";
}

TEST(Ndisprot, a_malformed_address_fails_the_bind_and_says_so) {
    std::vector<OwnedFrame> answers;
    try {
        answer({}, {{"Address", "192.0.2"}}, 1, answers);
        FAIL() << "the bind must fail";
    } catch (const host::Error& error) {
        EXPECT_NE(std::string(error.what()).find("ProtocolBindAdapter failed"), std::string::npos) << error.what();
    }
}

TEST(Ndisprot, random_frames_are_dropped_and_nothing_leaks) {
    std::vector<OwnedFrame> answers;
    expect_clean(answer(frames(2000, 7), {{"Promiscuous", std::uint32_t{1}}}, 2, answers));
}

} // namespace
} // namespace ndispool::whole
