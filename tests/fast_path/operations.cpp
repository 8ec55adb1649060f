// Every fast path of a pool, each in a function of its own and called `calls` times: `check` has callgrind count what one call
// costs. Nothing here is timed. Beside each operation alone there are the same with many pools and many threads about.
#include "ndis.h"
#include "ndispool/pool.h"

#include <array>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

using ndispool::pool::Pool;

namespace {

constexpr int calls = 1000;
constexpr std::uint32_t capacity = 4096;
std::array<void*, 32> bulk;

void require(bool fine) {
    if (!fine)
        std::abort();
}

std::unique_ptr<Pool> new_pool(std::uint32_t descriptors) {
    auto pool = Pool::create({.descriptors = descriptors, .size = 256});
    require(pool != nullptr);
    return pool;
}

// This thread has a stock of half a magazine and more, and room for as much.
void warm(Pool& pool) {
    require(pool.allocate(bulk) == bulk.size());
    require(pool.free(bulk) == bulk.size());
    require(pool.free(pool.allocate()));
}

} // namespace

#define OPERATION [[gnu::noinline, gnu::visibility("default")]]

extern "C" {

OPERATION void* op_allocate(Pool& pool) {
    return pool.allocate();
}
OPERATION bool op_free(Pool& pool, void* descriptor) {
    return pool.free(descriptor);
}
OPERATION std::size_t op_allocate_32(Pool& pool) {
    return pool.allocate(bulk);
}
OPERATION std::size_t op_free_32(Pool& pool) {
    return pool.free(bulk);
}
OPERATION std::uint32_t op_in_use(Pool& pool) {
    return pool.in_use();
}
OPERATION PNDIS_PACKET op_NdisAllocatePacket(NDIS_HANDLE pool) {
    NDIS_STATUS status;
    PNDIS_PACKET packet;
    NdisAllocatePacket(&status, &packet, pool);
    return packet;
}
OPERATION void op_NdisFreePacket(PNDIS_PACKET packet) {
    NdisFreePacket(packet);
}
OPERATION UINT op_NdisPacketPoolUsage(NDIS_HANDLE pool) {
    return NdisPacketPoolUsage(pool);
}

// The last of 10,000 pools.
OPERATION void* op_allocate_of_10000_pools(Pool& pool) {
    return pool.allocate();
}
OPERATION bool op_free_of_10000_pools(Pool& pool, void* descriptor) {
    return pool.free(descriptor);
}
OPERATION std::uint32_t op_in_use_of_10000_pools(Pool& pool) {
    return pool.in_use();
}

// 63 other threads have used the pool and are still there.
OPERATION void* op_allocate_of_64_threads(Pool& pool) {
    return pool.allocate();
}
OPERATION bool op_free_of_64_threads(Pool& pool, void* descriptor) {
    return pool.free(descriptor);
}
OPERATION std::uint32_t op_in_use_of_64_threads(Pool& pool) {
    return pool.in_use();
}

} // extern "C"

namespace {

void engine() {
    const auto pool = new_pool(capacity);
    warm(*pool);
    for (int i = 0; i < calls; ++i) {
        void* descriptor = op_allocate(*pool);
        require(op_in_use(*pool) == 1 && op_free(*pool, descriptor));
    }
    for (int i = 0; i < calls; ++i)
        require(op_allocate_32(*pool) == bulk.size() && op_free_32(*pool) == bulk.size());
}

void packets() {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    PNDIS_PACKET packet;
    NdisAllocatePacketPool(&status, &pool, capacity, 16);
    require(status == NDIS_STATUS_SUCCESS);
    NdisAllocatePacket(&status, &packet, pool);
    NdisFreePacket(packet);
    for (int i = 0; i < calls; ++i) {
        packet = op_NdisAllocatePacket(pool);
        require(packet != nullptr && op_NdisPacketPoolUsage(pool) == 1);
        op_NdisFreePacket(packet);
    }
    NdisFreePacketPool(pool);
}

void many_pools() {
    std::vector<std::unique_ptr<Pool>> pools;
    while (pools.size() < 10'000) {
        pools.push_back(new_pool(64));
        require(pools.back()->free(pools.back()->allocate()));
    }
    Pool& last = *pools.back();
    for (int i = 0; i < calls; ++i) {
        void* descriptor = op_allocate_of_10000_pools(last);
        require(op_in_use_of_10000_pools(last) == 1 && op_free_of_10000_pools(last, descriptor));
    }
}

void many_threads() {
    const auto pool = new_pool(capacity);
    std::atomic<std::size_t> used = 0;
    std::barrier done(64);
    std::vector<std::jthread> others;
    while (others.size() < 63) {
        others.emplace_back([&] {
            require(pool->free(pool->allocate()));
            ++used;
            done.arrive_and_wait();
        });
        while (used != others.size()) // one after the other: a thread that meets another there does without a slot
            std::this_thread::yield();
    }
    warm(*pool);
    for (int i = 0; i < calls; ++i) {
        void* descriptor = op_allocate_of_64_threads(*pool);
        require(op_in_use_of_64_threads(*pool) == 1 && op_free_of_64_threads(*pool, descriptor));
    }
    done.arrive_and_wait();
}

} // namespace

int main() {
    engine();
    packets();
    many_pools();
    many_threads();
}
