// A fixed set of packets with a buffer each, filled from frames of a wire and given back when NDIS is done with them.
//   Callers:   take() on the owning processor at DISPATCH_LEVEL; put() on any, at DISPATCH_LEVEL.
//   Holds:     a packet is in exactly one place: free here, or out. A slot's memory grows to the longest frame it has held.
#pragma once

#include "ndispool/host/tally.h"

#include <cstddef>
#include <cstdint>
#include <ndis.h>
#include <span>
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
    // A packet that holds `frame`; only when free_now() is not 0. Null when there is no memory for a longer frame.
    PNDIS_PACKET take(std::span<const std::byte> frame);
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
    void collect();
    void put_elsewhere(Slot* slot);

    Slot** home(PNDIS_PACKET packet) const; // where the slot's address travels

    const unsigned processor_;
    const Reserved reserved_;
    NDIS_HANDLE pool_ = nullptr;
    std::vector<Slot> slots_;
    std::vector<Slot*> free_; // the owning processor's only: the first free_count_
    std::size_t free_count_ = 0;
    std::uintptr_t lock_ = 0;      // guards elsewhere_
    std::vector<Slot*> elsewhere_; // given back on other processors
    Tally taken_, back_;
};

} // namespace ndispool::host
