// Where a packet pool's memory comes from: the system's pages, entered in the packet map while the pool has them.
//   Callers:   the engine, from any thread.
//   Holds:     lives as long as the process: the free that empties a pool may give pages back when the pool is gone.
#pragma once

#include "ndispool/pool.h"

namespace ndispool::ndis {

class PacketPool;

class PacketMemory final : public pool::Pages {
  public:
    explicit PacketMemory(PacketPool* owner) noexcept : owner_(owner) {}
    [[nodiscard]] void* map(std::size_t bytes) noexcept override;
    void unmap(void* start, std::size_t bytes) noexcept override;

  private:
    PacketPool* const owner_;
};

// What all packet pools together hold, bytes.
std::size_t packet_memory_held() noexcept;

// Asked before memory is taken from the system: true refuses. Null: nothing is refused. Any thread calls it.
using MemoryFault = bool (*)(std::size_t bytes);
void set_packet_memory_fault(MemoryFault fault) noexcept;

} // namespace ndispool::ndis
