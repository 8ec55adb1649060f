// Packet pools under many threads. Counts of rounds, not times, end these tests.
#include "ndispool/ndis/packet_test_support.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <utility>

namespace ndispool::ndis {
namespace {

constexpr int threads = 8;

// Each taker signs the packet; whoever frees it must find the signature whole, or two had it at once.
void sign(PNDIS_PACKET packet, ULONG_PTR signature) {
    for (std::size_t i = 0; i < 4; ++i)
        reinterpret_cast<ULONG_PTR*>(packet->ProtocolReserved)[i] = signature;
    NDIS_SET_ORIGINAL_PACKET(packet, packet);
}

bool signature_is_whole(PNDIS_PACKET packet) {
    const auto* words = reinterpret_cast<const ULONG_PTR*>(packet->ProtocolReserved);
    return words[0] != 0 && words[1] == words[0] && words[2] == words[0] && words[3] == words[0] &&
           NDIS_GET_ORIGINAL_PACKET(packet) == packet;
}

bool unsigned_yet(PNDIS_PACKET packet) {
    const auto* words = reinterpret_cast<const ULONG_PTR*>(packet->ProtocolReserved);
    return (words[0] | words[1] | words[2] | words[3]) == 0 && NDIS_GET_ORIGINAL_PACKET(packet) == nullptr;
}

struct Shape {
    UINT descriptors, overflow;
};

class PacketThreads : public testing::TestWithParam<Shape> {};

TEST_P(PacketThreads, eight_churn_a_pool_and_free_each_others_packets_while_one_polls_usage) {
    const auto [descriptors, overflow] = GetParam();
    const UINT capacity = std::min(0xFFFFu, descriptors + overflow);
    TestPool pool(descriptors, overflow, 32);
    // Packets change hands here: who puts one in takes out and frees what another put in.
    std::array<std::atomic<PNDIS_PACKET>, 64> exchange{};
    std::atomic<int> running = threads;
    std::atomic<bool> broken = false;
    std::atomic<std::uint64_t> taken = 0;

    const auto churn = [&](unsigned number) {
        std::minstd_rand random(number + 1);
        for (int round = 0; round < 10000; ++round) {
            NDIS_STATUS status;
            PNDIS_PACKET packet;
            NdisAllocatePacket(&status, &packet, pool.handle);
            if (packet != nullptr) {
                taken.fetch_add(1, std::memory_order_relaxed);
                if (!unsigned_yet(packet))
                    broken = true;
                sign(packet, (ULONG_PTR{number} + 1) << 32 | static_cast<unsigned>(round));
            }
            packet = exchange[random() % exchange.size()].exchange(packet, std::memory_order_acq_rel);
            if (packet == nullptr)
                continue;
            if (!signature_is_whole(packet))
                broken = true;
            NdisFreePacket(packet);
        }
        --running;
    };
    std::vector<std::thread> all;
    for (unsigned number = 0; number < threads; ++number)
        all.emplace_back(churn, number);
    all.emplace_back([&] {
        while (running != 0)
            if (pool.usage() > capacity)
                broken = true;
    });
    for (std::thread& thread : all)
        thread.join();

    EXPECT_FALSE(broken);
    UINT left = 0;
    for (auto& place : exchange)
        left += place.load() != nullptr;
    EXPECT_EQ(pool.usage(), left);
    for (auto& place : exchange)
        if (place.load() != nullptr)
            NdisFreePacket(place);
    EXPECT_EQ(pool.usage(), 0u);
    const PoolRecord record = record_of(pool.handle);
    EXPECT_EQ(record.allocations, taken);
    EXPECT_EQ(record.frees, taken);
    EXPECT_LE(record.peak, capacity);
}

INSTANTIATE_TEST_SUITE_P(Pools, PacketThreads,
                         testing::Values(Shape{1, 0}, Shape{64, 0}, Shape{200, 0}, Shape{65535, 0}, Shape{0, 3},
                                         Shape{1, 0xFFFE}, Shape{10, 20}));

TEST(PacketPoolThreads, once_all_frees_have_returned_usage_is_0_and_the_pool_can_be_freed_at_once) {
    CaughtBugs bugs;
    for (int round = 0; round < 50; ++round) {
        TestPool pool(4, 4);
        auto packets = pool.take(8);
        std::thread other([&] { free_all({packets.begin(), packets.begin() + 4}); });
        free_all({packets.begin() + 4, packets.end()});
        while (pool.usage() != 0)
            std::this_thread::yield();
        NdisFreePacketPool(std::exchange(pool.handle, nullptr));
        other.join();
    }
    EXPECT_EQ(bugs.rules(), Rules{});
}

TEST(PacketPoolThreads, a_pool_freed_while_others_free_its_packets_dies_once_and_loses_no_memory) {
    CaughtBugs bugs;
    const std::size_t before = packet_pools().size();
    for (int round = 0; round < 50; ++round) {
        TestPool pool(2, 6);
        auto packets = pool.take(8);
        std::vector<std::thread> others;
        for (std::size_t i = 0; i < 4; ++i)
            others.emplace_back([&, i] { free_all({packets[2 * i], packets[2 * i + 1]}); });
        NdisFreePacketPool(std::exchange(pool.handle, nullptr));
        for (std::thread& other : others)
            other.join();
    }
    const auto records = packet_pools();
    EXPECT_LE(records.size(), before + dead_pools_kept);
    for (const PoolRecord& record : records) {
        EXPECT_FALSE(record.alive) << "pool " << record.id;
        EXPECT_EQ(record.in_use, 0u);
    }
}

TEST(PacketPoolThreads, pools_are_made_and_freed_while_others_list_them) {
    std::atomic<int> running = 4;
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                TestPool pool(8, 8);
                free_all(pool.take(12));
            }
            --running;
        });
    while (running != 0)
        for (const PoolRecord& record : packet_pools())
            EXPECT_EQ(record.in_use, record.allocations - record.frees);
    for (std::thread& thread : all)
        thread.join();
}

} // namespace
} // namespace ndispool::ndis
