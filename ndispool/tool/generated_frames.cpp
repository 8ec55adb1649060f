#include "ndispool/tool/generated_frames.h"

#include <algorithm>
#include <array>
#include <random>
#include <span>

namespace ndispool::tool {

namespace {

constexpr std::size_t address_bytes = 6;
using Address = std::array<std::uint8_t, address_bytes>;

constexpr Address to_all = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Address to_many = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
constexpr Address to_one = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}; // nobody's: local, unicast
constexpr Address from = {0x02, 0x00, 0x00, 0x00, 0x00, 0x02};
constexpr std::array<std::size_t, 10> lengths = {60, 64, 128, 61, 300, 594, 14, 1000, 1400, 1514};

void put(std::vector<std::byte>& frame, std::size_t at, std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i < bytes.size() && at + i < frame.size(); ++i)
        frame[at + i] = std::byte{bytes[i]};
}

// Who has 192.0.2.1, the address that documentation uses? A protocol that answers anybody answers this.
void make_request(std::vector<std::byte>& frame) {
    constexpr std::uint8_t arp[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1};
    constexpr std::uint8_t sender[] = {192, 0, 2, 77}, target[] = {192, 0, 2, 1};
    constexpr std::uint8_t unknown[address_bytes] = {};
    put(frame, 12, arp);
    put(frame, 22, from);
    put(frame, 28, sender);
    put(frame, 32, unknown);
    put(frame, 38, target);
}

std::vector<std::byte> frame_of(std::size_t number, std::mt19937_64& random) {
    std::vector<std::byte> frame(lengths[number % lengths.size()]);
    for (std::byte& byte : frame)
        byte = static_cast<std::byte>(random());
    put(frame, 0, number % 4 == 0 ? to_many : number % 4 == 1 ? to_one : to_all);
    put(frame, address_bytes, from);
    constexpr std::uint8_t experimental[] = {0x88, 0xb5};
    put(frame, 2 * address_bytes, experimental);
    if (number % 6 == 0 && frame.size() >= 60)
        make_request(frame);
    return frame;
}

} // namespace

std::vector<wire::OwnedFrame> generated_frames(std::size_t count, std::uint64_t seed) {
    constexpr std::uint64_t first_time = 116'444'736'000'000'000; // 1970, as file times count
    std::mt19937_64 random(seed);
    std::vector<wire::OwnedFrame> frames;
    for (std::size_t i = 0; i < count; ++i)
        frames.emplace_back(frame_of(i, random), first_time + i * 1000);
    return frames;
}

} // namespace ndispool::tool
