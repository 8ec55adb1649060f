#include "ndispool/ndis/packet_pool_record.h"

#include "ndispool/ndis/packet_test_support.h"

#include <algorithm>
#include <dlfcn.h>
#include <string_view>

namespace ndispool::ndis {
namespace {

TEST(PacketPools, a_record_tells_what_was_asked_for_and_what_happened) {
    TestPool pool(2, 3, 40);
    auto packets = pool.take(4);
    NdisFreePacket(packets[3]);
    NdisFreePacket(packets[2]);
    NdisFreePacket(packets[1]);
    const PoolRecord record = record_of(pool.handle);
    EXPECT_EQ(record.descriptors, 2u);
    EXPECT_EQ(record.overflow, 3u);
    EXPECT_EQ(record.capacity, 5u);
    EXPECT_EQ(record.protocol_reserved, 40u);
    EXPECT_EQ(record.packet_size, NdisPacketSize(40));
    EXPECT_EQ(record.in_use, 1u);
    EXPECT_EQ(record.peak, 4u);
    EXPECT_EQ(record.overflow_in_use, 0u);
    EXPECT_EQ(record.overflow_peak, 2u);
    EXPECT_EQ(record.allocations, 4u);
    EXPECT_EQ(record.frees, 3u);
    EXPECT_EQ(record.refusals, 0u);
    EXPECT_TRUE(record.alive);
    EXPECT_FALSE(record.freed);
    NdisFreePacket(packets[0]);
}

TEST(PacketPools, refusals_are_counted_those_after_the_freeing_of_the_pool_included) {
    CaughtBugs bugs;
    NDIS_HANDLE handle;
    {
        TestPool pool(1);
        handle = pool.handle;
        PNDIS_PACKET packet = pool.take();
        EXPECT_EQ(pool.take(), nullptr);
        EXPECT_EQ(pool.take(), nullptr);
        NdisFreePacket(packet);
    }
    NDIS_STATUS status;
    PNDIS_PACKET packet;
    NdisAllocatePacket(&status, &packet, handle);
    EXPECT_EQ(record_of(handle).refusals, 3u);
}

[[gnu::noinline]] NDIS_HANDLE made_here() {
    NDIS_STATUS status;
    NDIS_HANDLE handle;
    NdisAllocatePacketPool(&status, &handle, 1, 0);
    return status == NDIS_STATUS_SUCCESS ? handle : nullptr; // work after the call: it must not become a jump
}

TEST(PacketPools, the_allocator_is_the_code_that_called) {
    NDIS_HANDLE handle = made_here();
    const auto allocator = reinterpret_cast<ULONG_PTR>(record_of(handle).allocator);
    const auto function = reinterpret_cast<ULONG_PTR>(&made_here);
    EXPECT_GT(allocator, function);
    EXPECT_LT(allocator, function + 4096);
    NdisFreePacketPool(handle);
}

TEST(PacketPools, a_pool_that_was_freed_empty_says_so) {
    NDIS_HANDLE handle;
    {
        TestPool pool(1);
        handle = pool.handle;
        NdisFreePacket(pool.take());
    }
    const PoolRecord record = record_of(handle);
    EXPECT_TRUE(record.freed);
    EXPECT_EQ(record.in_use_when_freed, 0u);
    EXPECT_FALSE(record.alive);
    EXPECT_EQ(record.allocations, 1u);
}

TEST(PacketPools, a_pool_freed_with_packets_out_lives_until_they_are_back_and_the_record_keeps_it) {
    CaughtBugs bugs;
    TestPool pool(2, 2);
    auto packets = pool.take(3);
    NdisFreePacketPool(pool.handle);
    PoolRecord record = record_of(pool.handle);
    EXPECT_TRUE(record.freed);
    EXPECT_TRUE(record.alive);
    EXPECT_EQ(record.in_use_when_freed, 3u);
    EXPECT_EQ(record.in_use, 3u);
    EXPECT_EQ(NdisPacketPoolUsage(pool.handle), 3u) << "who waits for it sees the truth";
    free_all(packets);
    record = record_of(pool.handle);
    EXPECT_FALSE(record.alive);
    EXPECT_EQ(record.in_use_when_freed, 3u);
    EXPECT_EQ(record.in_use, 0u);
    EXPECT_EQ(record.frees, 3u);
    pool.handle = nullptr;
}

TEST(PacketPools, records_come_in_the_order_of_creation) {
    TestPool one(1), two(1), three(1);
    const auto records = packet_pools();
    EXPECT_TRUE(std::ranges::is_sorted(records, {}, &PoolRecord::id));
    EXPECT_LT(record_of(one.handle).id, record_of(two.handle).id);
    EXPECT_LT(record_of(two.handle).id, record_of(three.handle).id);
}

TEST(PacketPools, only_the_last_1024_dead_are_kept_and_the_others_counted) {
    forget_dead_pools();
    const std::size_t live = packet_pools().size();
    for (int i = 0; i < 1034; ++i)
        TestPool pool(1);
    EXPECT_EQ(packet_pools().size(), live + 1024);
    EXPECT_EQ(packet_pools_forgotten(), 10u);
    forget_dead_pools();
    EXPECT_EQ(packet_pools().size(), live);
    EXPECT_EQ(packet_pools_forgotten(), 0u);
}

TEST(PacketPools, endless_making_and_freeing_uses_no_more_places_than_are_kept) {
    forget_dead_pools();
    std::vector<const void*> places;
    for (int i = 0; i < 3000; ++i)
        places.push_back(TestPool(1).handle);
    std::ranges::sort(places);
    places.erase(std::unique(places.begin(), places.end()),
                 places.end()); // clang 14 cannot compile std::ranges::unique
    EXPECT_LE(places.size(), dead_pools_kept + 2);
}

} // namespace
} // namespace ndispool::ndis
