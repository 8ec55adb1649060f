#include "ndispool/wire/offload.h"

#include <algorithm>
#include <cstring>

namespace ndispool::wire {

namespace {

constexpr std::size_t addresses_bytes = 12;
constexpr std::size_t udp_header_bytes = 8;

enum TcpFlag : unsigned { fin = 0x01, push = 0x08, congestion_window_reduced = 0x80 };

void add_u32(std::span<std::byte> bytes, std::size_t at, std::uint32_t amount) {
    const std::uint32_t value =
        (std::uint32_t{read_u16(bytes, at)} << 16 | read_u16(bytes, at + 2)) + amount; // wraps, as sequence numbers do
    write_u16(bytes, at, static_cast<std::uint16_t>(value >> 16));
    write_u16(bytes, at + 2, static_cast<std::uint16_t>(value));
}

// A UDP checksum of 0 means "none", so 0 is written as its other form.
void write_checksum(std::span<std::byte> frame, const Layers& layers) {
    const std::size_t field = layers.checksum_offset();
    write_u16(frame, field, 0);
    const std::span<const std::byte> datagram = frame.subspan(layers.transport, layers.end - layers.transport);
    auto sum = static_cast<std::uint16_t>(~ones_sum(datagram, pseudo_sum(frame, layers)));
    if (sum == 0 && layers.protocol == Transport::udp)
        sum = 0xFFFF;
    write_u16(frame, field, sum);
}

void write_lengths(std::span<std::byte> frame, const Layers& layers, std::uint16_t number) {
    const std::size_t at = layers.network;
    if (layers.v6) {
        write_u16(frame, at + 4, static_cast<std::uint16_t>(layers.end - at - 40));
    } else {
        write_u16(frame, at + 2, static_cast<std::uint16_t>(layers.end - at));
        write_u16(frame, at + 4, static_cast<std::uint16_t>(read_u16(frame, at + 4) + number)); // identification
        write_u16(frame, at + 10, 0);
        write_u16(frame, at + 10, static_cast<std::uint16_t>(~ones_sum(frame.subspan(at, layers.transport - at))));
    }
    if (layers.protocol == Transport::udp)
        write_u16(frame, layers.transport + 4, static_cast<std::uint16_t>(layers.end - layers.transport));
}

} // namespace

std::span<std::byte> put_tag_back(std::span<std::byte> frame, VlanTag tag) {
    std::byte* const first = frame.data() - vlan_tag_bytes;
    std::memmove(first, frame.data(), addresses_bytes);
    const std::span<std::byte> tagged(first, frame.size() + vlan_tag_bytes);
    write_u16(tagged, addresses_bytes, tag.protocol);
    write_u16(tagged, addresses_bytes + 2, tag.control);
    return tagged;
}

bool finish_checksum(std::span<std::byte> frame, std::size_t start, std::size_t offset) {
    const std::size_t field = start + offset;
    if (start >= frame.size() || frame.size() < field + 2)
        return false;
    auto sum = static_cast<std::uint16_t>(~ones_sum(frame.subspan(start))); // the field holds the pseudo header's sum
    if (sum == 0)
        sum = 0xFFFF;
    write_u16(frame, field, sum);
    return true;
}

bool finish_open_checksum(std::span<std::byte> frame) {
    const auto layers = layers_of(frame);
    if (!layers || read_u16(frame, layers->checksum_offset()) != pseudo_sum(frame, *layers))
        return false;
    write_checksum(frame, *layers);
    return true;
}

bool Cutter::begin(std::span<const std::byte> frame, const Offload& how) {
    const unsigned kind = how.gso_type & ~gso_ecn;
    const auto layers = layers_of_uncut(frame);
    if (!layers || how.gso_size == 0)
        return false;
    const bool tcp = (kind == gso_tcp4 && !layers->v6) || (kind == gso_tcp6 && layers->v6);
    if (!(tcp && layers->protocol == Transport::tcp) && !(kind == gso_udp && layers->protocol == Transport::udp))
        return false;
    const std::size_t transport_bytes =
        tcp ? (std::to_integer<std::size_t>(frame[layers->transport + 12]) >> 4) * 4 : udp_header_bytes;
    const std::size_t headers = layers->transport + transport_bytes;
    if ((tcp && transport_bytes < 20) || headers >= frame.size() || headers + how.gso_size > 0xFFFF)
        return false;
    frame_ = frame;
    layers_ = *layers;
    headers_ = headers;
    segment_ = how.gso_size;
    payload_ = frame.size() - headers;
    next_ = 0;
    count_ = 0;
    return true;
}

std::size_t Cutter::next_bytes() const {
    return headers_ + std::min(segment_, payload_ - next_);
}

void Cutter::next(std::span<std::byte> out) {
    const std::size_t bytes = std::min(segment_, payload_ - next_);
    std::memcpy(out.data(), frame_.data(), headers_);
    std::memcpy(out.data() + headers_, frame_.data() + headers_ + next_, bytes);
    Layers layers = layers_;
    layers.end = out.size();
    write_lengths(out, layers, count_);
    if (layers.protocol == Transport::tcp) {
        add_u32(out, layers.transport + 4, static_cast<std::uint32_t>(next_));
        std::byte& flags = out[layers.transport + 13];
        if (next_ + bytes < payload_)
            flags &= ~static_cast<std::byte>(fin | push);
        if (next_ > 0)
            flags &= ~static_cast<std::byte>(congestion_window_reduced);
    }
    write_checksum(out, layers);
    next_ += bytes;
    ++count_;
}

} // namespace ndispool::wire
