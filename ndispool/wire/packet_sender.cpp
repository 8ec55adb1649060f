#include "ndispool/wire/packet_sender.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "ndispool/wire/layers.h"
#include "ndispool/wire/offload.h"
#include "ndispool/wire/refusal.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

namespace {

constexpr std::size_t most_slots = 1024, fewest_slots = 64;
constexpr std::size_t ring_bytes = 4 * 1024 * 1024; // enough: fewer slots where each is large
constexpr int in_flight_bytes = 8 * 1024 * 1024;    // of packets that the kernel may hold for us
constexpr std::size_t offload_offset = TPACKET_ALIGN(sizeof(tpacket3_hdr)); // where the kernel looks for it
constexpr std::size_t data_offset = offload_offset + sizeof(Offload);
constexpr std::size_t smallest_slot = 2048;

// The kernel copies what is said to be a frame's headers and sends the rest from the ring, page by page. What is received on this
// machine is copied all the same then, into pages of its own, so a frame of the usual length is said to be all headers.
constexpr std::size_t copied_bytes = 2048;

void set(const Descriptor& socket, const Spec& spec, int option, const auto& value, std::string_view name) {
    must(::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value), spec, name);
}

} // namespace

PacketSender::PacketSender(const Spec& spec, const Link& link)
    : socket_(must(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), spec, "socket(AF_PACKET)")),
      longest_untagged_(std::min(max_frame_bytes, link.mtu + ethernet_header_bytes)) {
    slot_bytes_ = std::max(smallest_slot, std::bit_ceil(longest_untagged_ + vlan_tag_bytes + data_offset));
    slots_ = static_cast<unsigned>(std::clamp(ring_bytes / slot_bytes_, fewest_slots, most_slots));
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &in_flight_bytes,
                 sizeof in_flight_bytes); // else the default
    set(socket_, spec, PACKET_VERSION, int{TPACKET_V3}, "PACKET_VERSION");
    set(socket_, spec, PACKET_QDISC_BYPASS, int{1}, "PACKET_QDISC_BYPASS");
    set(socket_, spec, PACKET_VNET_HDR, int{1}, "PACKET_VNET_HDR");
    set(socket_, spec, PACKET_LOSS, int{1}, "PACKET_LOSS"); // a frame that is refused does not block those behind it
    tpacket_req3 request{};
    request.tp_block_size = static_cast<unsigned>(std::max(slot_bytes_, std::size_t{64 * 1024}));
    request.tp_frame_size = static_cast<unsigned>(slot_bytes_);
    request.tp_frame_nr = slots_;
    request.tp_block_nr = static_cast<unsigned>(slots_ / (request.tp_block_size / slot_bytes_));
    set(socket_, spec, PACKET_TX_RING, request, "PACKET_TX_RING");
    ring_ = Mapping(socket_.get(), slots_ * slot_bytes_);
    if (ring_.empty())
        refuse_call(spec, "mmap of the transmit ring", errno);
    sockaddr_ll address{}; // protocol 0: this socket receives nothing
    address.sll_family = AF_PACKET;
    address.sll_ifindex = link.index;
    must(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), spec, "bind");
}

tpacket3_hdr* PacketSender::slot(unsigned number) const {
    return reinterpret_cast<tpacket3_hdr*>(ring_.data() + number * slot_bytes_);
}

// With offload headers the kernel does not compare a frame with the MTU.
bool PacketSender::takes(std::span<const std::byte> frame) const {
    const bool tagged =
        frame.size() >= ethernet_header_bytes && read_u16(frame, ethernet_header_bytes - 2) == ETH_P_8021Q;
    return frame.size() <= longest_untagged_ + (tagged ? vlan_tag_bytes : 0);
}

bool PacketSender::push(std::span<const std::byte> frame) {
    tpacket3_hdr& header = *slot(at_);
    std::atomic_ref status(header.tp_status);
    // acquire, partner: the kernel's write when it has done with the bytes
    const auto seen = status.load(std::memory_order_acquire);
    if (seen != TP_STATUS_AVAILABLE && seen != TP_STATUS_WRONG_FORMAT)
        return false;
    header.tp_next_offset = 0;
    header.tp_len = static_cast<std::uint32_t>(sizeof(Offload) + frame.size());
    Offload offload{}; // nothing is left to hardware
    offload.header_bytes = static_cast<std::uint16_t>(
        std::min(frame.size(), frame.size() > copied_bytes ? ethernet_header_bytes : copied_bytes));
    auto* const slot_bytes = reinterpret_cast<std::byte*>(&header);
    std::memcpy(slot_bytes + offload_offset, &offload, sizeof offload);
    std::memcpy(slot_bytes + data_offset, frame.data(), frame.size());
    status.store(TP_STATUS_SEND_REQUEST, std::memory_order_release); // partner: the kernel's read in sendto()
    at_ = (at_ + 1) % slots_;
    return true;
}

// What fails here (the interface is down, no memory now) leaves the slots for the next call.
bool PacketSender::kick() {
    return ::sendto(socket_.get(), nullptr, 0, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0) >= 0;
}

} // namespace ndispool::wire
