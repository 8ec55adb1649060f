// For tests: TCP and UDP frames made by hand, and whether their checksums are right, computed in another way than the product.
#pragma once

#include <cstring>

#include "ndispool/wire/owned_frame.h"

namespace ndispool::wire::testing {

struct IpFrame {
    bool v6 = false;
    bool udp = false;
    std::size_t payload = 100;
    std::size_t tags = 0;
    std::uint32_t sequence = 0xFFFFFF00; // wraps within a large frame
    unsigned flags = 0x18;               // ACK, PSH
};

inline void put16(std::vector<std::byte>& bytes, std::size_t at, std::size_t value) {
    bytes[at] = static_cast<std::byte>(value >> 8);
    bytes[at + 1] = static_cast<std::byte>(value);
}
inline unsigned get16(const std::vector<std::byte>& bytes, std::size_t at) {
    return std::to_integer<unsigned>(bytes[at]) << 8 | std::to_integer<unsigned>(bytes[at + 1]);
}

// A sum of big-endian words, one after the other.
inline unsigned plain_sum(const std::vector<std::byte>& bytes, std::size_t from, std::size_t to, unsigned sum = 0) {
    for (std::size_t i = from; i < to; i += 2) {
        sum += std::to_integer<unsigned>(bytes[i]) << 8 | (i + 1 < to ? std::to_integer<unsigned>(bytes[i + 1]) : 0);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

struct Offsets {
    std::size_t network, transport, payload, checksum;
};
inline Offsets offsets_of(const IpFrame& what) {
    const std::size_t network = 14 + 4 * what.tags;
    const std::size_t transport = network + (what.v6 ? 40 : 20);
    return {network, transport, transport + (what.udp ? 8 : 20), transport + (what.udp ? 6 : 16)};
}

inline unsigned pseudo(const std::vector<std::byte>& frame, const IpFrame& what) {
    const Offsets at = offsets_of(what);
    const std::size_t length = frame.size() - at.transport;
    const unsigned start =
        (what.udp ? 17 : 6) + static_cast<unsigned>(length & 0xFFFF) + static_cast<unsigned>(length >> 16);
    return plain_sum(frame, at.network + (what.v6 ? 8 : 12), at.transport, start);
}

// With the checksum left open: the field holds the pseudo header's sum.
inline std::vector<std::byte> open_frame(const IpFrame& what) {
    const Offsets at = offsets_of(what);
    std::vector<std::byte> frame(at.payload + what.payload);
    for (std::size_t i = at.payload; i < frame.size(); ++i)
        frame[i] = static_cast<std::byte>(i * 13 + (i >> 8));
    for (std::size_t i = 0; i < 12; ++i)
        frame[i] = static_cast<std::byte>(2 + i);
    for (std::size_t i = 0; i < what.tags; ++i) {
        put16(frame, 12 + 4 * i, 0x8100);
        put16(frame, 14 + 4 * i, 5 + i);
    }
    put16(frame, at.network - 2, what.v6 ? 0x86DD : 0x0800);
    const std::size_t n = at.network;
    if (what.v6) {
        frame[n] = std::byte{0x60};
        put16(frame, n + 4, frame.size() - at.transport);
        frame[n + 6] = std::byte{what.udp ? std::uint8_t{17} : std::uint8_t{6}};
        frame[n + 8] = frame[n + 24] = std::byte{0xFD};
        frame[n + 39] = std::byte{1};
    } else {
        frame[n] = std::byte{0x45};
        put16(frame, n + 2, frame.size() - n);
        put16(frame, n + 4, 0xFFFE);
        frame[n + 8] = std::byte{64};
        frame[n + 9] = std::byte{what.udp ? std::uint8_t{17} : std::uint8_t{6}};
        put16(frame, n + 12, 0x0A01);
        put16(frame, n + 16, 0x0A02);
        put16(frame, n + 10, ~plain_sum(frame, n, n + 20) & 0xFFFF);
    }
    put16(frame, at.transport, 1234);
    put16(frame, at.transport + 2, 80);
    if (what.udp) {
        put16(frame, at.transport + 4, frame.size() - at.transport);
    } else {
        put16(frame, at.transport + 4, what.sequence >> 16);
        put16(frame, at.transport + 6, what.sequence & 0xFFFF);
        frame[at.transport + 12] = std::byte{0x50};
        frame[at.transport + 13] = static_cast<std::byte>(what.flags);
    }
    put16(frame, at.checksum, pseudo(frame, what));
    return frame;
}

// All checksums of the frame hold.
inline bool sums_are_right(const std::vector<std::byte>& frame, const IpFrame& what) {
    const Offsets at = offsets_of(what);
    const bool header = what.v6 || plain_sum(frame, at.network, at.transport) == 0xFFFF;
    return header && plain_sum(frame, at.transport, frame.size(), pseudo(frame, what)) == 0xFFFF;
}

} // namespace ndispool::wire::testing
