// The receive side of an AF_PACKET socket: a TPACKET_V3 ring of blocks, each filled by the kernel and then ours until given back.
//   Callers:  one thread.
//   Holds:    a frame that next() gave stays valid until release(). Frames that the interface sends are never given.
//             In front of each frame are at least `vlan_tag_bytes` bytes that may be overwritten.
//   Not here: what the offload header asks for (offload.h).
#pragma once

#include <cstdint>
#include <optional>

#include "ndispool/wire/interface.h"
#include "ndispool/wire/mapping.h"
#include "ndispool/wire/offload.h"

struct tpacket3_hdr;
struct tpacket_block_desc;

namespace ndispool::wire {

class PacketReceiver {
  public:
    PacketReceiver() = default;
    PacketReceiver(const Spec& spec, const Link& link); // throws Error

    struct Received {
        std::span<std::byte> bytes;
        std::uint64_t time_100ns;
        Offload offload;            // what the kernel left to do
        std::optional<VlanTag> tag; // what the kernel took out
        bool whole;                 // its end is there
    };
    std::optional<Received> next();
    // Gives all blocks back that are used up. The frames of one that is not stay valid.
    void release();

    int descriptor() const { return socket_.get(); }
    // Reads and clears what the kernel dropped because the ring was full.
    std::uint64_t take_missed();

  private:
    tpacket_block_desc* block(unsigned number) const;
    bool enter_block();

    Descriptor socket_;
    Mapping ring_;
    unsigned first_ = 0, at_ = 0; // the oldest block that is ours; the one that is read
    unsigned held_ = 0;           // blocks from first_ that are ours and used up
    unsigned left_ = 0;           // frames of the block that is read
    std::byte* frame_ = nullptr;  // the next of them
};

} // namespace ndispool::wire
