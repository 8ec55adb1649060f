// The way out of the stack: packets (and copies of frames) that wait for a wire to take them, in order.
//   Callers:   push() at DISPATCH_LEVEL on any processor; look() by the processor that polls the wire; the destructor at
//              PASSIVE_LEVEL while nobody pushes.
//   Holds:     frames leave in the order they were pushed; one caller flushes at a time and no lock is held while the wire or
//              the completion runs. A completion may push again. Who pushes is never called back inside push().
//   Where:     the processor that pushed gives the frames to the wire, in the DPCs of its next round: so a frame is made, passed
//              on, sent and given back on one processor, and what it pushed in one round goes in one batch.
//   Not here:  what giving a packet back means: that is the completion's business.
#pragma once

#include "ndispool/host/traffic.h"
#include "ndispool/machine/dpc.h"
#include "ndispool/machine/spin_lock.h"
#include "ndispool/wire/wire.h"

#include <atomic>
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
    static constexpr unsigned patience =
        4096; // how often a wire that refuses is asked again at once: about a millisecond
    Outlet(wire::Wire& wire, Traffic& traffic, Completion done);
    ~Outlet();
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    // `time_of` says when a packet is to be on the wire.
    template <class TimeOf> void push(std::span<const PNDIS_PACKET> packets, const TimeOf& time_of);
    // All of them, in order; they are moved from.
    void push(std::span<Outgoing> frames);

    // A wire that refuses is asked again at once, for about a millisecond; after that only from here. True: it took anything.
    bool look();

    // Takes back what waits, without the wire.
    std::vector<PNDIS_PACKET> drop();

    std::size_t waiting();

  private:
    static constexpr std::size_t batch = 64;
    std::span<Outgoing> make_room(std::size_t count);
    static void run(void* self);
    void flush_here();
    bool flush();
    bool begin_flush();
    bool end_flush(std::size_t taken);
    std::size_t transmit(std::span<const Outgoing> some);

    wire::Wire& wire_;
    Traffic& traffic_;
    const Completion done_;
    machine::Dpc dpc_;
    std::uintptr_t lock_ = 0; // guards the three below
    std::vector<Outgoing> queue_;
    bool flushing_ = false;
    std::atomic<bool> resting_{false}; // the wire has refused for long; read without the lock as a hint

    // The flushing caller's. Both keep their memory from one flush to the next.
    std::vector<Outgoing> leaving_;                // the front of what waits
    std::vector<std::vector<std::byte>> gathered_; // packets of several buffers, in one piece
    unsigned refusals_ = 0;                        // flushes in a row of which the wire took nothing
};

template <class TimeOf> void Outlet::push(std::span<const PNDIS_PACKET> packets, const TimeOf& time_of) {
    machine::acquire(lock_);
    const bool first = queue_.empty();
    Outgoing* place = make_room(packets.size()).data();
    for (PNDIS_PACKET packet : packets) {
        place->packet = packet;
        place->time_100ns = time_of(packet);
        ++place;
    }
    machine::release(lock_);
    if (first)
        flush_here();
}

} // namespace ndispool::host
