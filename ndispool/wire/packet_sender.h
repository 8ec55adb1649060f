// The transmit side of an AF_PACKET socket: a TPACKET_V3 ring of slots that the kernel empties when it is told to.
//   Callers:  one thread.
//   Holds:    frames leave in order and past the queueing discipline. Slots that push() filled go out with the next kick().
#pragma once

#include <cstdint>
#include <span>

#include "ndispool/wire/interface.h"
#include "ndispool/wire/mapping.h"

struct tpacket3_hdr;

namespace ndispool::wire {

class PacketSender {
  public:
    PacketSender() = default;
    PacketSender(const Spec& spec, const Link& link); // throws Error

    // Whether the interface takes a frame of that length: what its MTU allows, and a VLAN tag.
    bool takes(std::span<const std::byte> frame) const;
    // False: all slots are on their way. Only a frame that takes() allows.
    bool push(std::span<const std::byte> frame);
    // False: the kernel could not send all of them now; kick again.
    bool kick();

  private:
    tpacket3_hdr* slot(unsigned number) const;

    Descriptor socket_;
    Mapping ring_;
    std::size_t slot_bytes_ = 0, longest_untagged_ = 0;
    unsigned slots_ = 0, at_ = 0; // how many; the next to fill
};

} // namespace ndispool::wire
