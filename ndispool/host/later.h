// Work put off, to be done on a processor of one's choice: packets to be completed or returned, one larger piece of work, or the
// completion of an operation that pended.
//   Callers:   any thread at DISPATCH_LEVEL; what is put off runs at DISPATCH_LEVEL on the chosen processor.
//   Holds:     what was put off is done once, in the order it was put off for that processor. Nothing waits when the owner goes.
#pragma once

#include "ndispool/machine/dpc.h"
#include "ndispool/machine/irql.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <ndis.h>

namespace ndispool::host {

class LaterPackets {
  public:
    explicit LaterPackets(std::function<void(PNDIS_PACKET)> done);

    void add(unsigned processor, PNDIS_PACKET packet);
    bool empty() const {
        return waiting_.load(std::memory_order_acquire) == 0;
    } // pairs with the end of each packet's work

  private:
    struct Queue {
        LaterPackets* owner = nullptr;
        std::uintptr_t lock = 0; // guards packets
        std::deque<PNDIS_PACKET> packets;
        machine::Dpc dpc;
    };
    static void run(void* queue);

    const std::function<void(PNDIS_PACKET)> done_;
    std::array<Queue, machine::max_processors> queues_;
    std::atomic<std::size_t> waiting_{0};
};

// One piece of work at a time.
class LaterWork {
  public:
    bool busy() const { return busy_.load(std::memory_order_acquire); } // pairs with the end of the work
    void start(unsigned processor, std::function<void()> work);         // not while busy

  private:
    static void run(void* self);

    std::function<void()> work_;
    machine::Dpc dpc_;
    std::atomic<bool> busy_{false};
};

// Runs it from a DPC of the current processor.
void complete_later(std::function<void()> completion);

} // namespace ndispool::host
