#include "ndispool/wire/packet_receiver.h"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "ndispool/wire/promiscuous.h"
#include "ndispool/wire/refusal.h"
#include "ndispool/wire/timestamp.h"

namespace ndispool::wire {

namespace {

// A block is handed over when it is full or `retire_ms` after its first frame. One holds the longest frame there is (64 KiB
// that are still to be cut); all of them together bridge the time in which our thread does not run.
constexpr unsigned block_bytes = 128 * 1024, block_count = 128, frame_room = 2048;
constexpr unsigned retire_ms = 1;

void set(const Descriptor& socket, const Spec& spec, int option, const auto& value, std::string_view name) {
    must(::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value), spec, name);
}

sockaddr_ll address_of(const Link& link) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = link.index;
    return address;
}

} // namespace

// Protocol 0 until bind(): otherwise frames of all interfaces would come in first.
PacketReceiver::PacketReceiver(const Spec& spec, const Link& link)
    : socket_(must(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), spec, "socket(AF_PACKET)")) {
    set(socket_, spec, PACKET_VERSION, int{TPACKET_V3}, "PACKET_VERSION");
    set(socket_, spec, PACKET_VNET_HDR, int{1}, "PACKET_VNET_HDR");
    set(socket_, spec, PACKET_IGNORE_OUTGOING, int{1}, "PACKET_IGNORE_OUTGOING");
    tpacket_req3 request{};
    request.tp_block_size = block_bytes;
    request.tp_block_nr = block_count;
    request.tp_frame_size = frame_room;
    request.tp_frame_nr = block_bytes / frame_room * block_count;
    request.tp_retire_blk_tov = retire_ms;
    set(socket_, spec, PACKET_RX_RING, request, "PACKET_RX_RING");
    ring_ = Mapping(socket_.get(), std::size_t{block_bytes} * block_count);
    if (ring_.empty())
        refuse_call(spec, "mmap of the receive ring", errno);
    ask_for_all(socket_, spec, link);
    const sockaddr_ll address = address_of(link);
    must(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), spec, "bind");
}

tpacket_block_desc* PacketReceiver::block(unsigned number) const {
    return reinterpret_cast<tpacket_block_desc*>(ring_.data() + std::size_t{number} * block_bytes);
}

// Whether the block at at_ is ours now.
bool PacketReceiver::enter_block() {
    if (held_ == block_count) // all are ours and used up
        return false;
    tpacket_block_desc& desc = *block(at_);
    // acquire, partner: the kernel's write of the status after it filled the block
    const auto status = std::atomic_ref(desc.hdr.bh1.block_status).load(std::memory_order_acquire);
    if (!(status & TP_STATUS_USER))
        return false;
    left_ = desc.hdr.bh1.num_pkts;
    frame_ = reinterpret_cast<std::byte*>(&desc) + desc.hdr.bh1.offset_to_first_pkt;
    return true;
}

std::optional<PacketReceiver::Received> PacketReceiver::next() {
    while (!frame_) {
        if (!enter_block())
            return {};
        if (left_ == 0) { // the kernel also hands over blocks without a frame
            frame_ = nullptr;
            ++held_;
            at_ = (at_ + 1) % block_count;
        }
    }
    const auto& header = *reinterpret_cast<const tpacket3_hdr*>(frame_);
    Received received{.bytes = {frame_ + header.tp_mac, header.tp_snaplen},
                      .time_100ns = to_system_time({header.tp_sec, header.tp_nsec}),
                      .offload = {},
                      .tag = {},
                      .whole = header.tp_snaplen == header.tp_len};
    std::memcpy(&received.offload, frame_ + header.tp_mac - sizeof received.offload, sizeof received.offload);
    if (header.tp_status & TP_STATUS_VLAN_VALID)
        received.tag = VlanTag{.protocol = header.tp_status & TP_STATUS_VLAN_TPID_VALID ? header.hv1.tp_vlan_tpid
                                                                                        : std::uint16_t{ETH_P_8021Q},
                               .control = static_cast<std::uint16_t>(header.hv1.tp_vlan_tci)};
    if (--left_ > 0) {
        frame_ += header.tp_next_offset;
    } else {
        frame_ = nullptr;
        ++held_;
        at_ = (at_ + 1) % block_count;
    }
    return received;
}

void PacketReceiver::release() {
    for (; held_ > 0; --held_) {
        // release, partner: the kernel's read of the status before it fills the block anew
        std::atomic_ref(block(first_)->hdr.bh1.block_status).store(TP_STATUS_KERNEL, std::memory_order_release);
        first_ = (first_ + 1) % block_count;
    }
}

std::uint64_t PacketReceiver::take_missed() {
    tpacket_stats_v3 statistics{};
    socklen_t length = sizeof statistics;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
        return 0;
    return statistics.tp_drops;
}

} // namespace ndispool::wire
