// NdisAllocatePacket and NdisFreePacket as a contender; see contender.h.
#pragma once

#include "bench/peers/contender.h"

#include <ndis.h>
#include <stdexcept>

namespace ndispool::bench {

class PacketsView {
  public:
    void thread_begins() {}
    void thread_ends() {}
    explicit PacketsView(unsigned capacity) {
        NDIS_STATUS status;
        NdisAllocatePacketPoolEx(&status, &pool_, capacity, 0, 16);
        if (status != NDIS_STATUS_SUCCESS)
            throw std::runtime_error("NdisAllocatePacketPoolEx failed");
    }
    void destroy() { NdisFreePacketPool(pool_); }
    void* allocate() {
        NDIS_STATUS status;
        PNDIS_PACKET packet;
        NdisAllocatePacket(&status, &packet, pool_);
        return status == NDIS_STATUS_SUCCESS ? packet : nullptr;
    }
    void free(void* packet) { NdisFreePacket(static_cast<PNDIS_PACKET>(packet)); }

  private:
    NDIS_HANDLE pool_ = nullptr;
};
using NdisPackets = Owned<PacketsView>;

} // namespace ndispool::bench
