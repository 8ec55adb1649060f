// Makes of what the kernel hands over what is on the cable: puts back VLAN tags, finishes checksums that were left to hardware,
// and cuts frames that were left to hardware to cut (GSO; also what GRO merged) into those it would have sent.
//   Callers:  one thread per Cutter; the rest any.
//   Holds:    no byte outside the frame is looked at or written, whatever frame and header say.
//   Not here: IP fragments of large UDP datagrams and frames inside tunnels: the kernel cuts those itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ndispool/wire/layers.h"

namespace ndispool::wire {

struct VlanTag {
    std::uint16_t protocol = 0; // 0x8100 or 0x88A8
    std::uint16_t control = 0;  // priority and number
};

// What the kernel left to do to a frame: struct virtio_net_hdr, whose header C++ cannot read (it has a field named `class`).
struct Offload {
    std::uint8_t flags;
    std::uint8_t gso_type;
    std::uint16_t header_bytes;
    std::uint16_t gso_size; // payload of each frame but the last
    std::uint16_t csum_start, csum_offset;
};
static_assert(sizeof(Offload) == 10, "the kernel writes 10 bytes in front of each frame");
enum OffloadFlag : std::uint8_t { needs_csum = 1 };
enum GsoType : std::uint8_t {
    gso_none = 0,
    gso_tcp4 = 1,
    gso_udp_fragments = 3,
    gso_tcp6 = 4,
    gso_udp = 5,
    gso_ecn = 0x80
};

// The frame lies behind `vlan_tag_bytes` bytes that may be overwritten: it grows to the front. At least 12 bytes long.
std::span<std::byte> put_tag_back(std::span<std::byte> frame, VlanTag tag);

// Sums from `start` to the end into the field at start + offset. False, and nothing written, when these lie outside.
bool finish_checksum(std::span<std::byte> frame, std::size_t start, std::size_t offset);

// For where nobody says whether a checksum was left open: the field then holds the pseudo header's sum. A whole checksum that
// happens to look so stays what it is. True when the field was written.
bool finish_open_checksum(std::span<std::byte> frame);

// Cuts one frame at a time.
class Cutter {
  public:
    // Keeps the view until next() has given the last frame. False: this frame cannot be cut here.
    bool begin(std::span<const std::byte> frame, const Offload& how);
    bool active() const { return next_ < payload_; }
    // The size of the frame that next() writes now.
    std::size_t next_bytes() const;
    void next(std::span<std::byte> out); // of next_bytes()

  private:
    std::span<const std::byte> frame_;
    Layers layers_;
    std::size_t headers_ = 0, segment_ = 0; // bytes of all headers; of the payload in each frame but the last
    std::size_t payload_ = 0, next_ = 0;    // of the whole; where the next frame begins in it
    std::uint16_t count_ = 0;               // frames given
};

// True when `how` asks for cutting.
inline bool wants_cutting(const Offload& how) {
    return (how.gso_type & ~gso_ecn) != gso_none;
}

} // namespace ndispool::wire
