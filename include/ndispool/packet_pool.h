// A packet pool for C++ programs: what <ndis.h> and <ndispool/packets.h> offer, with owners that clean up by themselves.
//
//   ndispool::PacketPool pool({.packets = 256, .protocol_reserved = sizeof(Mine)});
//   if (ndispool::Packet packet = pool.allocate())
//       NDIS_SET_PACKET_STATUS(packet.get(), ...);        // it is freed at the end of the scope
//
//   Callers:   any thread; one thread at a time for each Packet and each PacketReservation. A packet may be freed in
//              another thread than the one that allocated it.
//   Holds:     usage() was true at an instant during the call. A reservation of n gives n packets, whatever others do.
//   Not here:  buffers: whoever chains some to a packet frees them before the packet.
#pragma once

#include "ndispool/packets.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace ndispool {

struct FreePacket {
    void operator()(PNDIS_PACKET packet) const noexcept { NdisFreePacket(packet); }
};

// The one owner of a packet; release() hands it to somebody who calls NdisFreePacket.
using Packet = std::unique_ptr<NDIS_PACKET, FreePacket>;

// Packets set aside. What was not allocated is free again when it ends; the pool may end before it.
class PacketReservation {
  public:
    PacketReservation() = default;
    PacketReservation(PacketReservation&& other) noexcept : inside_(std::exchange(other.inside_, {})) {}
    PacketReservation& operator=(PacketReservation&& other) noexcept {
        std::swap(inside_, other.inside_);
        other.release();
        return *this;
    }
    ~PacketReservation() { release(); }

    // How many can still be allocated. 0 at once: the pool did not have them.
    [[nodiscard]] std::uint32_t size() const noexcept { return ndispool_reserved_packets(&inside_); }
    explicit operator bool() const noexcept { return size() != 0; }

    // Empty only if size() is 0.
    [[nodiscard]] Packet allocate() noexcept { return Packet(ndispool_allocate_reserved_packet(&inside_)); }
    void release() noexcept { ndispool_release_packets(&inside_); }

  private:
    friend class PacketPool;
    ndispool_reservation inside_{};
};

class PacketPool {
  public:
    struct Shape {
        std::uint32_t packets = 0;           // at most 65,535
        std::uint32_t overflow = 0;          // more for peaks; what goes beyond 65,535 together is cut
        std::uint32_t protocol_reserved = 0; // bytes of ProtocolReserved, yours in each packet
    };

    // Throws std::bad_alloc: more than a pool can have, or no memory.
    explicit PacketPool(const Shape& shape) {
        NDIS_STATUS status;
        NdisAllocatePacketPoolEx(&status, &handle_, shape.packets, shape.overflow, shape.protocol_reserved);
        if (status != NDIS_STATUS_SUCCESS)
            throw std::bad_alloc();
    }
    PacketPool(PacketPool&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    PacketPool& operator=(PacketPool&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    // Packets still out are reported, as NdisFreePacketPool does, and keep the memory until they are freed.
    ~PacketPool() {
        if (handle_ != nullptr)
            NdisFreePacketPool(handle_);
    }

    // Empty: all packets are out.
    [[nodiscard]] Packet allocate() noexcept {
        NDIS_STATUS status;
        PNDIS_PACKET packet;
        NdisAllocatePacket(&status, &packet, handle_);
        return Packet(packet);
    }

    // How many packets are out or reserved.
    [[nodiscard]] std::uint32_t usage() const noexcept { return NdisPacketPoolUsage(handle_); }

    // So many packets, or none.
    [[nodiscard]] PacketReservation reserve(std::uint32_t packets) noexcept {
        PacketReservation reserved;
        (void)ndispool_reserve_packets(handle_, packets, &reserved.inside_);
        return reserved;
    }

    // Sleeps until usage() is 0; without a limit for ever. False: it was not within that time.
    bool wait_until_empty(std::chrono::milliseconds limit) noexcept {
        using std::chrono::milliseconds;
        const auto longest = milliseconds(NDISPOOL_FOREVER - 1);
        const auto cut = limit < milliseconds::zero() ? milliseconds::zero() : limit > longest ? longest : limit;
        return ndispool_wait_until_empty(handle_, static_cast<UINT>(cut.count())) != 0;
    }
    void wait_until_empty() noexcept { (void)ndispool_wait_until_empty(handle_, NDISPOOL_FOREVER); }

    // For NDIS functions.
    [[nodiscard]] NDIS_HANDLE handle() const noexcept { return handle_; }

  private:
    NDIS_HANDLE handle_ = nullptr;
};

} // namespace ndispool
