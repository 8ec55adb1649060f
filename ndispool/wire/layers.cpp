#include "ndispool/wire/layers.h"

#include <bit>
#include <cstring>

namespace ndispool::wire {

namespace {

constexpr std::uint16_t ipv4 = 0x0800, ipv6 = 0x86DD, vlan = 0x8100, service_vlan = 0x88A8;
constexpr std::size_t ipv4_bytes = 20, ipv6_bytes = 40, udp_bytes = 8, tcp_bytes = 20;

unsigned octet(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<unsigned>(bytes[at]);
}

std::uint16_t fold(std::uint64_t sum) {
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

struct Network {
    std::size_t offset;
    std::uint16_t type;
};

std::optional<Network> network_of(std::span<const std::byte> frame) {
    std::size_t at = ethernet_header_bytes - 2;
    while (frame.size() >= at + 2) {
        const std::uint16_t type = read_u16(frame, at);
        if (type != vlan && type != service_vlan)
            return Network{at + 2, type};
        at += vlan_tag_bytes;
    }
    return {};
}

bool to_transport(Layers& layers, unsigned protocol) {
    layers.protocol = static_cast<Transport>(protocol);
    return layers.protocol == Transport::tcp || layers.protocol == Transport::udp;
}

bool read_ipv4(std::span<const std::byte> frame, Layers& layers) {
    const std::size_t at = layers.network;
    if (frame.size() < at + ipv4_bytes || octet(frame, at) >> 4 != 4)
        return false;
    const bool fragment = (read_u16(frame, at + 6) & 0x3FFF) != 0;
    layers.transport = at + (octet(frame, at) & 0xF) * 4;
    layers.end = at + read_u16(frame, at + 2);
    return !fragment && layers.transport >= at + ipv4_bytes && to_transport(layers, octet(frame, at + 9));
}

bool read_ipv6(std::span<const std::byte> frame, Layers& layers) {
    constexpr unsigned hop_by_hop = 0, routing = 43, destination = 60;
    const std::size_t at = layers.network;
    if (frame.size() < at + ipv6_bytes || octet(frame, at) >> 4 != 6)
        return false;
    layers.end = at + ipv6_bytes + read_u16(frame, at + 4);
    layers.transport = at + ipv6_bytes;
    unsigned next = octet(frame, at + 6);
    while (next == hop_by_hop || next == routing || next == destination) {
        if (frame.size() < layers.transport + 8)
            return false;
        next = octet(frame, layers.transport);
        layers.transport += (octet(frame, layers.transport + 1) + 1) * 8;
    }
    return to_transport(layers, next);
}

bool headers_fit(const Layers& layers, std::size_t end) {
    return layers.transport + (layers.protocol == Transport::tcp ? tcp_bytes : udp_bytes) <= end;
}

} // namespace

std::optional<Layers> layers_of_uncut(std::span<const std::byte> frame) {
    const auto network = network_of(frame);
    if (!network)
        return {};
    Layers layers{.v6 = network->type == ipv6, .network = network->offset};
    const bool read = network->type == ipv4   ? read_ipv4(frame, layers)
                      : network->type == ipv6 ? read_ipv6(frame, layers)
                                              : false;
    layers.end = frame.size();
    if (!read || !headers_fit(layers, layers.end))
        return {};
    return layers;
}

std::optional<Layers> layers_of(std::span<const std::byte> frame) {
    auto layers = layers_of_uncut(frame);
    if (!layers)
        return {};
    const std::size_t at = layers->network;
    layers->end = layers->v6 ? at + ipv6_bytes + read_u16(frame, at + 4) : at + read_u16(frame, at + 2);
    if (layers->end > frame.size() || !headers_fit(*layers, layers->end))
        return {};
    return layers;
}

// Sums native 32-bit words: the one's complement sum does not depend on the byte order but for one swap at the end.
std::uint16_t ones_sum(std::span<const std::byte> bytes, std::uint32_t start) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t sum = 0;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        sum += word;
    }
    std::uint32_t rest = 0;
    if (at < bytes.size())
        std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
    const std::uint16_t folded = fold(sum + rest);
    return fold(std::uint64_t{start} + static_cast<std::uint16_t>(folded << 8 | folded >> 8));
}

std::uint16_t pseudo_sum(std::span<const std::byte> frame, const Layers& layers) {
    const std::size_t addresses = layers.network + (layers.v6 ? 8 : 12);
    const std::size_t length = layers.end - layers.transport;
    return ones_sum(frame.subspan(addresses, layers.v6 ? 32 : 8), static_cast<std::uint32_t>(layers.protocol) +
                                                                      static_cast<std::uint32_t>(length >> 16) +
                                                                      static_cast<std::uint32_t>(length & 0xFFFF));
}

} // namespace ndispool::wire
