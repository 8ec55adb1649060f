#include "ndispool/wire/offload.h"

#include <gtest/gtest.h>

#include "ndispool/wire/testing_ip.h"

namespace ndispool::wire {
namespace {

using testing::get16;
using testing::IpFrame;
using testing::offsets_of;
using testing::open_frame;
using testing::sums_are_right;

std::vector<IpFrame> kinds(std::size_t payload) {
    std::vector<IpFrame> all;
    for (bool v6 : {false, true})
        for (bool udp : {false, true})
            for (std::size_t tags : {0U, 1U, 2U})
                all.push_back({.v6 = v6, .udp = udp, .payload = payload, .tags = tags});
    return all;
}

Offload how_to_cut(const IpFrame& what, std::uint16_t size) {
    const std::uint8_t type = what.udp ? gso_udp : what.v6 ? gso_tcp6 : gso_tcp4;
    return {
        .flags = needs_csum, .gso_type = type, .header_bytes = 0, .gso_size = size, .csum_start = 0, .csum_offset = 0};
}

TEST(Layers, headers_are_found_behind_tags_in_both_ip_versions) {
    for (const IpFrame& what : kinds(33)) {
        const auto frame = open_frame(what);
        const auto layers = layers_of(frame);
        ASSERT_TRUE(layers);
        EXPECT_EQ(layers->network, offsets_of(what).network);
        EXPECT_EQ(layers->transport, offsets_of(what).transport);
        EXPECT_EQ(layers->checksum_offset(), offsets_of(what).checksum);
        EXPECT_EQ(layers->end, frame.size());
        EXPECT_EQ(pseudo_sum(frame, *layers), testing::pseudo(frame, what));
    }
}

TEST(Layers, a_frame_cut_anywhere_is_no_datagram) {
    for (const IpFrame& what : kinds(9)) {
        const auto frame = open_frame(what);
        for (std::size_t bytes = 0; bytes < frame.size(); ++bytes)
            EXPECT_FALSE(layers_of(std::span(frame).first(bytes))) << bytes;
    }
}

TEST(Layers, padding_behind_the_datagram_belongs_to_none_of_it) {
    auto frame = open_frame({.payload = 3});
    const std::size_t end = frame.size();
    frame.resize(60, std::byte{0xEE});
    EXPECT_EQ(layers_of(frame)->end, end);
}

TEST(Layers, a_fragment_is_no_whole_datagram) {
    auto frame = open_frame({});
    testing::put16(frame, 14 + 6, 0x2000); // more fragments
    EXPECT_FALSE(layers_of(frame));
}

TEST(Layers, sums_do_not_depend_on_how_the_bytes_are_split) {
    std::vector<std::byte> bytes(1001);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i * 251);
    for (std::size_t size = 0; size <= bytes.size(); ++size)
        ASSERT_EQ(ones_sum(std::span(bytes).first(size)), testing::plain_sum(bytes, 0, size)) << size;
}

TEST(Offload, a_tag_is_put_back_between_addresses_and_type) {
    std::vector<std::byte> memory(4);
    const auto frame = open_frame({});
    memory.insert(memory.end(), frame.begin(), frame.end());
    const auto tagged = put_tag_back(std::span(memory).subspan(4), {.protocol = 0x88A8, .control = 0x6005});
    ASSERT_EQ(tagged.size(), frame.size() + 4);
    EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 12, tagged.begin()));
    EXPECT_EQ(read_u16(tagged, 12), 0x88A8);
    EXPECT_EQ(read_u16(tagged, 14), 0x6005);
    EXPECT_TRUE(std::equal(frame.begin() + 12, frame.end(), tagged.begin() + 16));
}

TEST(Offload, an_open_checksum_is_finished_where_the_kernel_says_it_is) {
    for (const IpFrame& what : kinds(777)) {
        auto frame = open_frame(what);
        EXPECT_FALSE(sums_are_right(frame, what));
        const auto at = offsets_of(what);
        EXPECT_TRUE(finish_checksum(frame, at.transport, at.checksum - at.transport));
        EXPECT_TRUE(sums_are_right(frame, what));
    }
}

TEST(Offload, a_checksum_outside_the_frame_is_left_alone) {
    const auto frame = open_frame({});
    for (auto [start, offset] :
         {std::pair{frame.size(), std::size_t{0}}, {frame.size() - 1, std::size_t{1}}, {0xFFFFUL, 0xFFFFUL}}) {
        auto copy = frame;
        EXPECT_FALSE(finish_checksum(copy, start, offset));
        EXPECT_EQ(copy, frame);
    }
}

TEST(Offload, an_open_checksum_is_recognised_and_a_finished_one_stays) {
    for (const IpFrame& what : kinds(50)) {
        auto frame = open_frame(what);
        EXPECT_TRUE(finish_open_checksum(frame));
        EXPECT_TRUE(sums_are_right(frame, what));
        auto again = frame;
        finish_open_checksum(again);
        EXPECT_EQ(again, frame);
    }
}

TEST(Offload, a_wrong_checksum_is_not_made_right) {
    auto frame = open_frame({});
    finish_open_checksum(frame);
    frame.back() ^= std::byte{1};
    const auto damaged = frame;
    EXPECT_FALSE(finish_open_checksum(frame));
    EXPECT_EQ(frame, damaged);
}

TEST(Cutter, cut_frames_carry_the_whole_payload_with_right_headers) {
    constexpr std::size_t payload = 50'001;
    constexpr std::uint16_t size = 1448;
    for (const IpFrame& what : kinds(payload)) {
        const auto whole = open_frame(what);
        const auto at = offsets_of(what);
        Cutter cutter;
        ASSERT_TRUE(cutter.begin(whole, how_to_cut(what, size)));
        std::vector<std::byte> together;
        std::uint16_t count = 0;
        while (cutter.active()) {
            std::vector<std::byte> frame(cutter.next_bytes());
            cutter.next(frame);
            ASSERT_LE(frame.size(), at.payload + size);
            ASSERT_TRUE(sums_are_right(frame, what)) << count;
            EXPECT_EQ(get16(frame, at.network + (what.v6 ? 4 : 2)),
                      frame.size() - (what.v6 ? at.transport : at.network));
            if (!what.v6) {
                EXPECT_EQ(get16(frame, at.network + 4), static_cast<std::uint16_t>(0xFFFE + count));
            }
            if (what.udp) {
                EXPECT_EQ(get16(frame, at.transport + 4), frame.size() - at.transport);
            } else {
                const std::uint32_t sequence = get16(frame, at.transport + 4) << 16 | get16(frame, at.transport + 6);
                EXPECT_EQ(sequence, what.sequence + static_cast<std::uint32_t>(together.size()));
            }
            together.insert(together.end(), frame.begin() + static_cast<std::ptrdiff_t>(at.payload), frame.end());
            ++count;
        }
        EXPECT_EQ(count, (payload + size - 1) / size);
        EXPECT_TRUE(std::equal(together.begin(), together.end(),
                               whole.begin() + static_cast<std::ptrdiff_t>(at.payload), whole.end()));
    }
}

TEST(Cutter, fin_and_push_go_with_the_last_frame_and_cwr_with_the_first) {
    const IpFrame what{.payload = 3000, .flags = 0x99}; // CWR, ACK, PSH, FIN
    const auto whole = open_frame(what);
    Cutter cutter;
    ASSERT_TRUE(cutter.begin(whole, how_to_cut(what, 1000)));
    std::vector<unsigned> flags;
    while (cutter.active()) {
        std::vector<std::byte> frame(cutter.next_bytes());
        cutter.next(frame);
        flags.push_back(std::to_integer<unsigned>(frame[offsets_of(what).transport + 13]));
    }
    EXPECT_EQ(flags, (std::vector<unsigned>{0x90, 0x10, 0x19}));
}

TEST(Cutter, what_it_cannot_cut_is_refused) {
    const IpFrame tcp{.payload = 3000};
    const auto frame = open_frame(tcp);
    Cutter cutter;
    Offload how = how_to_cut(tcp, 0);
    EXPECT_FALSE(cutter.begin(frame, how)) << "frames without payload";
    how = how_to_cut(tcp, 1000);
    how.gso_type = gso_tcp6;
    EXPECT_FALSE(cutter.begin(frame, how)) << "the other IP version";
    how.gso_type = gso_udp_fragments;
    EXPECT_FALSE(cutter.begin(frame, how));
    how.gso_type = gso_tcp4 | gso_ecn;
    EXPECT_TRUE(cutter.begin(frame, how));
    EXPECT_FALSE(Cutter().active());
}

} // namespace
} // namespace ndispool::wire
