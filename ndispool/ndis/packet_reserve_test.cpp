// Reservations and waiting: <ndispool/packets.h>, and the C++ owners of <ndispool/packet_pool.h>.
#include "ndispool/ndis/packet_memory.h"
#include "ndispool/ndis/packet_test_support.h"
#include "ndispool/packet_pool.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

namespace ndispool::ndis {
namespace {

using namespace std::chrono_literals;

struct Reserved {
    Reserved(const TestPool& pool, UINT count) : made(ndispool_reserve_packets(pool.handle, count, &inside) != FALSE) {}
    ~Reserved() { ndispool_release_packets(&inside); }
    Reserved(const Reserved&) = delete;
    Reserved& operator=(const Reserved&) = delete;
    [[nodiscard]] UINT left() const { return ndispool_reserved_packets(&inside); }
    PNDIS_PACKET take() { return ndispool_allocate_reserved_packet(&inside); }

    ndispool_reservation inside;
    bool made;
};

TEST(ReservePackets, all_or_none_and_what_is_reserved_is_in_use) {
    TestPool pool(4);
    const PNDIS_PACKET other = pool.take();
    {
        Reserved too_many(pool, 4);
        EXPECT_FALSE(too_many.made);
        EXPECT_EQ(too_many.left(), 0u);
        EXPECT_EQ(too_many.take(), nullptr);
        EXPECT_EQ(pool.usage(), 1u);
        Reserved rest(pool, 3);
        EXPECT_TRUE(rest.made);
        EXPECT_EQ(rest.left(), 3u);
        EXPECT_EQ(pool.usage(), 4u);
        EXPECT_EQ(pool.take(), nullptr);
    }
    EXPECT_EQ(pool.usage(), 1u);
    NdisFreePacket(other);
}

TEST(ReservePackets, a_reserved_packet_is_like_any_other_whatever_lay_in_its_memory) {
    for (const UINT overflow : {0u, 2u}) {
        TestPool pool(2 - overflow, overflow, 32);
        for (const PNDIS_PACKET packet : pool.take(2)) {
            std::memset(packet->ProtocolReserved, 0xAA, 32);
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_FAILURE);
            NdisFreePacket(packet);
        }
        Reserved reserved(pool, 2);
        ASSERT_TRUE(reserved.made);
        const PNDIS_PACKET packet = reserved.take();
        EXPECT_EQ(reserved.left(), 1u);
        EXPECT_EQ(NdisGetPoolFromPacket(packet), pool.handle);
        EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet), NDIS_STATUS_SUCCESS);
        for (UINT i = 0; i < 32; ++i)
            EXPECT_EQ(packet->ProtocolReserved[i], 0);
        CaughtBugs bugs;
        NdisFreePacket(packet);
        EXPECT_EQ(pool.usage(), 1u);
        NdisFreePacket(packet);
        EXPECT_EQ(bugs.all().size(), 1u); // the second free was noticed
        EXPECT_EQ(pool.usage(), 1u);
    }
}

TEST(ReservePackets, the_overflow_can_be_reserved_too) {
    TestPool pool(2, 3);
    Reserved all(pool, 5);
    EXPECT_TRUE(all.made);
    std::vector<PNDIS_PACKET> packets;
    while (PNDIS_PACKET packet = all.take())
        packets.push_back(packet);
    EXPECT_EQ(packets.size(), 5u);
    free_all(packets);
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(ReservePackets, nothing_of_nothing_can_be_reserved) {
    TestPool pool(1);
    Reserved none(pool, 0);
    EXPECT_TRUE(none.made);
    EXPECT_EQ(none.take(), nullptr);
}

TEST(ReservePackets, a_handle_that_is_no_pool_is_reported_and_gives_none) {
    TestPool pool(1);
    CaughtBugs bugs;
    ndispool_reservation reservation;
    std::memset(&reservation, 0xAA, sizeof reservation);
    EXPECT_FALSE(ndispool_reserve_packets(nullptr, 1, &reservation));
    EXPECT_EQ(ndispool_reserved_packets(&reservation), 0u);
    ndispool_release_packets(&reservation);
    EXPECT_FALSE(ndispool_wait_until_empty(&pool, 0));
    EXPECT_EQ(bugs.rules(), (Rules{packet_bug_rule::pool_handle, packet_bug_rule::pool_handle}));
}

TEST(ReservePackets, keep_a_freed_pool_until_they_are_released) {
    CaughtBugs bugs;
    const std::size_t held_before = packet_memory_held();
    NDIS_STATUS status;
    NDIS_HANDLE handle;
    NdisAllocatePacketPool(&status, &handle, 4, 16);
    ndispool_reservation reservation;
    ASSERT_TRUE(ndispool_reserve_packets(handle, 3, &reservation));
    NdisFreePacketPool(handle);
    EXPECT_EQ(bugs.rules(), Rules{packet_bug_rule::pool_leak});
    EXPECT_EQ(bugs.all()[0].packets, 3u);
    const PNDIS_PACKET packet = ndispool_allocate_reserved_packet(&reservation);
    ASSERT_NE(packet, nullptr);
    NdisFreePacket(packet);
    EXPECT_TRUE(record_of(handle).alive);
    ndispool_release_packets(&reservation);
    EXPECT_EQ(packet_memory_held(), held_before); // before somebody lists the pools, which would bury it too
    EXPECT_FALSE(record_of(handle).alive);
    EXPECT_EQ(bugs.all().size(), 1u);
}

TEST(WaitUntilEmpty, answers_at_once_when_no_packet_is_out) {
    TestPool pool(2);
    EXPECT_TRUE(ndispool_wait_until_empty(pool.handle, 0));
    EXPECT_TRUE(ndispool_wait_until_empty(pool.handle, NDISPOOL_FOREVER));
}

TEST(WaitUntilEmpty, gives_up_after_its_time_while_one_is_out_or_reserved) {
    TestPool pool(2);
    const PNDIS_PACKET packet = pool.take();
    EXPECT_FALSE(ndispool_wait_until_empty(pool.handle, 0));
    EXPECT_FALSE(ndispool_wait_until_empty(pool.handle, 5));
    NdisFreePacket(packet);
    Reserved reserved(pool, 1);
    EXPECT_FALSE(ndispool_wait_until_empty(pool.handle, 5));
}

TEST(WaitUntilEmpty, wakes_up_when_another_thread_frees_the_last) {
    for (const UINT overflow : {0u, 3u}) {
        TestPool pool(3 - overflow, overflow);
        const std::vector<PNDIS_PACKET> packets = pool.take(3);
        std::atomic<bool> freed = false;
        std::jthread other([&] {
            std::this_thread::sleep_for(5ms);
            freed = true;
            free_all(packets);
        });
        EXPECT_TRUE(ndispool_wait_until_empty(pool.handle, NDISPOOL_FOREVER));
        EXPECT_TRUE(freed);
        EXPECT_EQ(pool.usage(), 0u);
    }
}

TEST(CppPacketPool, a_packet_is_freed_when_its_owner_ends_and_not_when_it_was_handed_on) {
    ndispool::PacketPool pool({.packets = 2, .protocol_reserved = 16});
    {
        const Packet one = pool.allocate();
        Packet two = pool.allocate();
        EXPECT_TRUE(one && two);
        EXPECT_FALSE(pool.allocate());
        EXPECT_EQ(pool.usage(), 2u);
        NdisFreePacket(two.release());
        EXPECT_EQ(pool.usage(), 1u);
    }
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(CppPacketPool, a_reservation_gives_what_it_holds_and_the_rest_back) {
    ndispool::PacketPool pool({.packets = 3});
    PacketReservation moved;
    EXPECT_FALSE(moved);
    EXPECT_FALSE(moved.allocate());
    EXPECT_FALSE(pool.reserve(4));
    {
        PacketReservation burst = pool.reserve(3);
        const Packet packet = burst.allocate();
        EXPECT_TRUE(packet);
        moved = std::move(burst);
    }
    EXPECT_EQ(moved.size(), 2u);
    EXPECT_EQ(pool.usage(), 2u);
    moved = pool.reserve(1); // what it held goes back
    EXPECT_EQ(pool.usage(), 1u);
    moved.release();
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(CppPacketPool, waits_until_it_is_empty) {
    ndispool::PacketPool pool({.packets = 3, .overflow = 1});
    Packet packet = pool.allocate();
    EXPECT_FALSE(pool.wait_until_empty(1ms));
    EXPECT_FALSE(pool.wait_until_empty(-1ms));
    std::jthread other([held = std::move(packet)]() mutable {
        std::this_thread::sleep_for(2ms);
        held.reset();
    });
    pool.wait_until_empty();
    EXPECT_EQ(pool.usage(), 0u);
    EXPECT_TRUE(pool.wait_until_empty(std::chrono::milliseconds::max()));
}

TEST(CppPacketPool, one_that_cannot_be_made_throws) {
    EXPECT_THROW(ndispool::PacketPool({.packets = 0x10000}), std::bad_alloc);
}

} // namespace
} // namespace ndispool::ndis
