// A fixed set of packets with a buffer each, filled from frames of a wire and given back when NDIS is done with them.
//   Callers:   take() on the owning processor at DISPATCH_LEVEL; put() on any, at DISPATCH_LEVEL.
//   Holds:     a packet is in exactly one place: free here, or out. A slot's memory grows to the longest frame it has held.
#pragma once

#include "ndispool/host/tally.h"
#include "ndispool/wire/wire.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ndis.h>
#include <span>
#include <type_traits>
#include <vector>

namespace ndispool::host {

// Whose reserved array of the packet is its allocator's: a miniport's for packets it indicates, a protocol's for what it sends.
enum class Reserved : std::uint8_t { miniport, protocol };

class Slots {
  public:
    Slots(unsigned processor, std::size_t count, Reserved reserved);
    ~Slots(); // every packet is back
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;

    // How many take() can give now.
    std::size_t free_now();
    // Packets that hold `frames`, no more than free_now() said; says how many, fewer when there is no memory for a longer frame.
    // `describe` is called with each packet and its frame.
    template <class Describe>
    std::size_t take(std::span<const wire::Frame> frames, std::span<PNDIS_PACKET> packets, const Describe& describe);
    void put(PNDIS_PACKET packet);

    // Packets that are out. Any thread; true at some instant during the call once nothing is taken any more.
    std::uint64_t out() const {
        const std::uint64_t back = back_.sum(); // before taken_: see Tally
        return taken_.sum() - back;
    }

  private:
    struct Slot {
        PNDIS_PACKET packet = nullptr;
        PNDIS_BUFFER buffer = nullptr;
        std::vector<std::byte> memory;
    };
    void make(Slot& slot);
    bool grow(Slot& slot, std::size_t bytes);
    static void copy(std::byte* to, std::span<const std::byte> frame);
    void collect();
    void put_elsewhere(Slot* slot);

    // Where the slot's address travels.
    Slot*& home(PNDIS_PACKET packet) const {
        return *reinterpret_cast<Slot**>(reinterpret_cast<std::byte*>(packet) + home_offset_);
    }

    const unsigned processor_;
    const std::size_t home_offset_;
    NDIS_HANDLE pool_ = nullptr;
    std::vector<Slot> slots_;
    std::vector<Slot*> free_; // the owning processor's only: the first free_count_
    std::size_t free_count_ = 0;
    std::uintptr_t lock_ = 0;      // guards elsewhere_
    std::vector<Slot*> elsewhere_; // given back on other processors
    Tally taken_, back_;
};

// Small frames are those of which the most come: their bytes are moved without a call, in two pieces that may overlap.
inline void Slots::copy(std::byte* to, std::span<const std::byte> frame) {
    const auto in_two = [&]<std::size_t piece>(std::integral_constant<std::size_t, piece>) {
        const std::size_t second = frame.size() - piece;
        std::memcpy(to, frame.data(), piece);
        std::memcpy(to + second, frame.data() + second, piece);
    };
    if (frame.size() >= 32 && frame.size() <= 64)
        in_two(std::integral_constant<std::size_t, 32>());
    else if (frame.size() > 64 && frame.size() <= 128)
        in_two(std::integral_constant<std::size_t, 64>());
    else
        std::memcpy(to, frame.data(), frame.size());
}

template <class Describe>
std::size_t Slots::take(std::span<const wire::Frame> frames, std::span<PNDIS_PACKET> packets,
                        const Describe& describe) {
    std::size_t filled = 0;
    for (const wire::Frame& frame : frames) {
        Slot& slot = *free_[free_count_ - 1];
        if (frame.bytes.size() > slot.memory.size() && !grow(slot, frame.bytes.size())) [[unlikely]]
            continue;
        --free_count_;
        copy(slot.memory.data(), frame.bytes);
        NdisAdjustBufferLength(slot.buffer, static_cast<UINT>(frame.bytes.size()));
        NDIS_PACKET_VALID_COUNTS(slot.packet) = FALSE;
        describe(slot.packet, frame);
        packets[filled++] = slot.packet;
    }
    taken_.add(filled);
    return filled;
}

} // namespace ndispool::host
