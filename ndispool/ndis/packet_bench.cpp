// What a packet costs through the driver's interface. Each packet is written to before it goes back: one that nobody
// touches measures nothing.
#include "ndis/packet.h"

#include <benchmark/benchmark.h>

#include <array>

namespace {

constexpr UINT protocol_reserved = 32;

struct Pool {
    Pool() { NdisAllocatePacketPoolEx(&status, &handle, 256, 0, protocol_reserved); }
    ~Pool() { NdisFreePacketPool(handle); }
    NDIS_STATUS status;
    NDIS_HANDLE handle;
};

void allocate_and_free(benchmark::State& state) {
    Pool pool;
    for (auto _ : state) {
        PNDIS_PACKET packet;
        NdisAllocatePacket(&pool.status, &packet, pool.handle);
        NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
        NdisFreePacket(packet);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(allocate_and_free);

void allocate_and_free_with_32_out(benchmark::State& state) {
    Pool pool;
    std::array<PNDIS_PACKET, 32> packets;
    for (auto _ : state) {
        for (PNDIS_PACKET& packet : packets) {
            NdisAllocatePacket(&pool.status, &packet, pool.handle);
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
        }
        for (PNDIS_PACKET packet : packets)
            NdisFreePacket(packet);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(packets.size()));
}
BENCHMARK(allocate_and_free_with_32_out);

void allocate_and_free_a_buffer(benchmark::State& state) {
    std::array<char, 1514> frame{};
    for (auto _ : state) {
        NDIS_STATUS status;
        PNDIS_BUFFER buffer;
        NdisAllocateBuffer(&status, &buffer, nullptr, frame.data(), frame.size());
        benchmark::DoNotOptimize(buffer->ByteCount);
        NdisFreeBuffer(buffer);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(allocate_and_free_a_buffer);

} // namespace

BENCHMARK_MAIN();
