// null swallows frames. null:BYTES also offers frames of that size without end, as fast as they are asked for.
//   Holds:    frames are Ethernet from 02:6e:64:69:73:02 to 02:6e:64:69:73:01 (locally administered, unicast) of type
//   0x88B5
//             (IEEE 802 local experimental), with a payload that the seed decides and no time. They repeat in a ring of
//             `ring_frames`; receive() copies views, never bytes.
#pragma once

#include <vector>

#include "ndispool/wire/spec.h"
#include "ndispool/wire/wire.h"

namespace ndispool::wire {

class Null final : public Wire {
  public:
    static constexpr std::size_t min_bytes = 14; // an Ethernet header
    static constexpr std::size_t ring_frames = 64;

    explicit Null(std::string spec) : Wire(std::move(spec)) {}
    Null(std::string spec, std::size_t bytes, std::uint64_t seed); // min_bytes <= bytes <= max_frame_bytes

    std::size_t receive(std::span<Frame> frames) override;
    std::size_t transmit(std::span<const Frame> frames) override;
    bool ended() const override { return false; }
    bool finite() const override { return false; }
    bool offers() const override { return !ring_.empty(); }
    void close() override {}

  private:
    std::vector<std::byte> bytes_; // constant after construction
    std::vector<Frame> ring_;      // views into bytes_
    std::size_t next_ = 0;         // the receiving thread's
};

std::unique_ptr<Wire> open_null(const Spec& spec, const Options& options);

} // namespace ndispool::wire
