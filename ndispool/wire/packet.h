// packet:IFACE is an interface through AF_PACKET, promiscuous while it is open: TPACKET_V3 rings both ways, past the qdisc.
//   Holds:    what comes in is what is on the cable: VLAN tags are put back, checksums finished, merged frames cut, and
//             merging is off while it is open (offload_guard.h). Frames that this machine sends on the interface do not come in.
//   Limits:   a frame longer than the MTU (and a VLAN tag) is dropped when it is transmitted. A frame may wait 1 ms in the
//             kernel's block before it comes in.
#pragma once

#include <optional>

#include "ndispool/wire/live.h"
#include "ndispool/wire/offload.h"
#include "ndispool/wire/offload_guard.h"
#include "ndispool/wire/packet_receiver.h"
#include "ndispool/wire/packet_sender.h"
#include "ndispool/wire/scratch.h"

namespace ndispool::wire {

class Packet final : public Live {
  public:
    explicit Packet(const Spec& spec) : Live(spec) {}
    ~Packet() override { close(); }

  private:
    void attach() override;
    void detach() noexcept override;
    bool sound() noexcept override;
    std::size_t take(std::span<Frame> frames) override;
    std::size_t send(std::span<const Frame> frames) override;
    int waitable() const override { return receiver_.descriptor(); }
    void more_details(std::vector<Detail>& details) const override;

    bool finish(PacketReceiver::Received& received, Frame& frame);
    void cut(Frame& frame);
    void kick();

    Link link_;
    std::optional<OffloadGuard> offloads_;

    // The receiving thread's.
    PacketReceiver receiver_;
    Cutter cutter_;
    std::uint64_t cut_time_ = 0;
    Scratch scratch_;                                // cut frames of one batch
    std::atomic<std::uint64_t> missed_{0}, cuts_{0}; // counts; they order no other data
    PacketSender sender_;                            // the transmitting thread's, but for kick()
    std::atomic<bool> up_{true};
    std::atomic<bool> unsent_{false}; // the kernel has not sent all that is in the ring
};

std::unique_ptr<Wire> open_packet(const Spec& spec, const Options& options);

} // namespace ndispool::wire
