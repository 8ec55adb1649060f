#include "ndispool/wire/packet.h"

#include <sys/socket.h>

namespace ndispool::wire {

void Packet::attach() {
    const Spec spec{Wire::spec()};
    link_ = interface().require(spec);
    PacketSender sender(spec, link_);
    receiver_ = PacketReceiver(spec, link_);
    sender_ = std::move(sender);
    offloads_.emplace(interface());
    up_ = link_.up;
}

void Packet::detach() noexcept {
    offloads_.reset();
    cutter_ = {};
    receiver_ = {};
    sender_ = {};
    unsent_ = false;
}

// The sockets of an interface that goes down and up again stay good, but for the error that tells of it.
bool Packet::sound() noexcept {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(receiver_.descriptor(), SOL_SOCKET, SO_ERROR, &error, &length);
    missed_.fetch_add(receiver_.take_missed(), std::memory_order_relaxed);
    const auto link = interface().look();
    up_.store(link && link->up, std::memory_order_relaxed); // a fact about the interface; orders no other data
    return link && link->index == link_.index && link->mtu == link_.mtu;
}

void Packet::cut(Frame& frame) {
    const std::span<std::byte> piece = scratch_.take(cutter_.next_bytes());
    cutter_.next(piece);
    frame = {piece, cut_time_};
}

// False: it becomes several frames, or none.
bool Packet::finish(PacketReceiver::Received& received, Frame& frame) {
    std::span<std::byte> bytes = received.bytes;
    if (!received.whole || bytes.size() < ethernet_header_bytes || bytes.size() > max_frame_bytes + vlan_tag_bytes) {
        count_skipped();
        return false;
    }
    std::size_t checksum_start = received.offload.csum_start;
    if (received.tag) {
        bytes = put_tag_back(bytes, *received.tag);
        checksum_start += vlan_tag_bytes;
    }
    if (wants_cutting(received.offload)) {
        if (cutter_.begin(bytes, received.offload)) {
            cut_time_ = received.time_100ns;
            cuts_.fetch_add(1, std::memory_order_relaxed);
        } else {
            count_skipped();
        }
        return false;
    }
    if (received.offload.flags & needs_csum)
        finish_checksum(bytes, checksum_start, received.offload.csum_offset);
    frame = {bytes, received.time_100ns};
    return true;
}

std::size_t Packet::take(std::span<Frame> frames) {
    scratch_.reset();
    if (!cutter_.active()) // the frame that is being cut lies in a block
        receiver_.release();
    std::size_t count = 0;
    while (count < frames.size()) {
        if (cutter_.active()) {
            cut(frames[count++]);
            continue;
        }
        auto received = receiver_.next();
        if (!received)
            break;
        if (finish(*received, frames[count]))
            ++count;
    }
    if (unsent_.load(std::memory_order_relaxed))
        kick();
    return count;
}

// A kick is a system call alone, so the receiving thread may do it too: it looks in even when nothing is transmitted.
void Packet::kick() {
    unsent_.store(!sender_.kick(), std::memory_order_relaxed); // a hint; orders no other data
}

std::size_t Packet::send(std::span<const Frame> frames) {
    if (!up_.load(std::memory_order_relaxed)) { // the ring would fill, and go out stale when the interface is up again
        count_dropped(frames.size());
        return frames.size();
    }
    std::size_t taken = 0;
    for (; taken < frames.size(); ++taken) {
        const Frame& frame = frames[taken];
        if (!sender_.takes(frame.bytes)) {
            count_dropped(1);
            continue;
        }
        if (!sender_.push(frame.bytes))
            break;
        count_out(frames.subspan(taken, 1));
    }
    kick();
    return taken;
}

void Packet::more_details(std::vector<Detail>& details) const {
    details.push_back({"missed_in", missed_.load(std::memory_order_relaxed)});
    details.push_back({"cut_in", cuts_.load(std::memory_order_relaxed)});
}

std::unique_ptr<Wire> open_packet(const Spec& spec, const Options&) {
    auto wire = std::make_unique<Packet>(spec);
    wire->open();
    return wire;
}

} // namespace ndispool::wire
