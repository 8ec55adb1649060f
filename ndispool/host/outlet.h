// The way out of the stack: packets (and copies of frames) that wait for a wire to take them, in order.
//   Callers:   push() and flush() at DISPATCH_LEVEL on any processor.
//   Holds:     frames leave in the order they were pushed; one caller flushes at a time and no lock is held while the wire or
//              the completion runs. A completion may push again.
//   Not here:  what giving a packet back means: that is the completion's business.
#pragma once

#include "ndispool/wire/wire.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ndis.h>
#include <span>
#include <vector>

namespace ndispool::host {

// A packet, or a frame of its own when `packet` is null.
struct Outgoing {
    PNDIS_PACKET packet = nullptr;
    std::uint64_t time_100ns = 0;
    std::unique_ptr<std::vector<std::byte>> copy;
};

// A frame of its own.
inline Outgoing outgoing(std::uint64_t time_100ns, std::vector<std::byte> frame) {
    return {nullptr, time_100ns, std::make_unique<std::vector<std::byte>>(std::move(frame))};
}

class Outlet {
  public:
    // `done` gets the packets the wire took, in order.
    using Completion = std::function<void(std::span<const PNDIS_PACKET>)>;
    Outlet(wire::Wire& wire, Completion done) : wire_(wire), done_(std::move(done)) {}

    // True when nothing waited before: whoever flushes ought to be woken.
    bool push(std::span<const PNDIS_PACKET> packets, std::uint64_t (*time_of)(PNDIS_PACKET));
    bool push(Outgoing frame);

    // Gives the wire what it takes. True when it took anything.
    bool flush();

    // The wire has just refused what waits and will soon take it: whoever flushes ought not to sleep. A wire that goes on
    // refusing is left alone after a while. By the flushing caller.
    bool pressing() const { return refusals_ > 0 && refusals_ < patience; }

    // Takes back what waits, without the wire.
    std::vector<PNDIS_PACKET> drop();

    std::size_t waiting();

  private:
    static constexpr std::size_t batch = 64;
    static constexpr unsigned patience = 4096; // flushes: about a millisecond
    bool begin_flush();
    void end_flush(std::size_t taken);
    std::size_t transmit(std::span<const Outgoing> some);

    wire::Wire& wire_;
    const Completion done_;
    std::uintptr_t lock_ = 0; // guards the two below
    std::vector<Outgoing> queue_;
    bool flushing_ = false;

    // The flushing caller's. Both keep their memory from one flush to the next.
    std::vector<Outgoing> leaving_;                // the front of what waits
    std::vector<std::vector<std::byte>> gathered_; // packets of several buffers, in one piece
    unsigned refusals_ = 0;                        // flushes in a row of which the wire took nothing
};

} // namespace ndispool::host
