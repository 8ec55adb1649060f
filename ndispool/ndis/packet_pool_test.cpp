#include "ndispool/ndis/packet_pool.h"

#include "ndispool/ndis/packet_memory.h"
#include "ndispool/ndis/packet_test_support.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>

namespace ndispool::ndis {
namespace {

constexpr UINT all_ones = std::numeric_limits<UINT>::max();

bool refuse(std::size_t) {
    return true;
}

struct MemoryRefused {
    MemoryRefused() { set_packet_memory_fault(refuse); }
    ~MemoryRefused() { set_packet_memory_fault(nullptr); }
};

// ---- NdisAllocatePacketPool ----

TEST(NdisAllocatePacketPool, success_gives_a_handle) {
    NDIS_STATUS status = NDIS_STATUS_PENDING;
    NDIS_HANDLE handle = nullptr;
    NdisAllocatePacketPool(&status, &handle, 4, 32);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    ASSERT_NE(handle, nullptr);
    NdisFreePacketPool(handle);
}

TEST(NdisAllocatePacketPool, number_of_descriptors_is_a_hard_limit_without_overflow) {
    NDIS_STATUS status;
    NDIS_HANDLE handle;
    NdisAllocatePacketPool(&status, &handle, 2, 32);
    std::array<PNDIS_PACKET, 3> packets{};
    for (PNDIS_PACKET& packet : packets)
        NdisAllocatePacket(&status, &packet, handle);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(packets[2], nullptr);
    NdisFreePacket(packets[0]);
    NdisAllocatePacket(&status, &packets[0], handle);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    NdisFreePacket(packets[0]);
    NdisFreePacket(packets[1]);
    NdisFreePacketPool(handle);
}

TEST(NdisAllocatePacketPool, more_than_65535_descriptors_give_RESOURCES_here_too) {
    NDIS_STATUS status;
    NDIS_HANDLE handle = &status;
    NdisAllocatePacketPool(&status, &handle, 0x10000, 0);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(handle, nullptr);
}

TEST(NdisAllocatePacketPool, a_refusal_for_lack_of_memory_is_RESOURCES_and_the_next_attempt_may_work) {
    NDIS_STATUS status;
    NDIS_HANDLE handle = &status;
    {
        MemoryRefused now;
        NdisAllocatePacketPool(&status, &handle, 100, 32);
    }
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(handle, nullptr);
    NdisAllocatePacketPool(&status, &handle, 10, 32);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    NdisFreePacketPool(handle);
}

// ---- NdisAllocatePacketPoolEx ----

TEST(NdisAllocatePacketPoolEx, the_largest_number_of_descriptors_is_65535) {
    EXPECT_EQ(TestPool(0xFFFF).status, NDIS_STATUS_SUCCESS);
    TestPool larger(0x10000);
    EXPECT_EQ(larger.status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(larger.handle, nullptr);
    EXPECT_EQ(TestPool(all_ones, 1).status, NDIS_STATUS_RESOURCES);
}

struct Capacity {
    UINT descriptors, overflow, capacity;
};

class NdisAllocatePacketPoolExCapacity : public testing::TestWithParam<Capacity> {};

TEST_P(NdisAllocatePacketPoolExCapacity, exactly_so_many_allocations_succeed_and_each_free_makes_one_more_succeed) {
    const auto [descriptors, overflow, capacity] = GetParam();
    TestPool pool(descriptors, overflow, 0);
    ASSERT_EQ(pool.status, NDIS_STATUS_SUCCESS);
    auto packets = pool.take(capacity);
    EXPECT_EQ(std::ranges::count(packets, nullptr), 0);
    EXPECT_EQ(std::set(packets.begin(), packets.end()).size(), capacity);
    EXPECT_EQ(pool.usage(), capacity);
    EXPECT_EQ(pool.take(), nullptr);
    EXPECT_EQ(pool.status, NDIS_STATUS_RESOURCES);
    if (capacity != 0) {
        NdisFreePacket(packets.back());
        packets.back() = pool.take();
        EXPECT_NE(packets.back(), nullptr);
        EXPECT_EQ(pool.take(), nullptr);
    }
    EXPECT_EQ(pool.usage(), capacity);
    EXPECT_TRUE(std::ranges::all_of(packets, [&](PNDIS_PACKET packet) {
        return NdisGetPoolFromPacket(packet) == pool.handle;
    })) << "static and overflow descriptors name their pool";
    free_all(packets);
    EXPECT_EQ(pool.usage(), 0u);
}

// Overflow that would make more than 0xFFFF in total is cut, which is not an error.
INSTANTIATE_TEST_SUITE_P(Shapes, NdisAllocatePacketPoolExCapacity,
                         testing::Values(Capacity{0xFFFF, 0, 0xFFFF}, Capacity{0xFFFF, 1, 0xFFFF},
                                         Capacity{0xFFFE, 5, 0xFFFF}, Capacity{1, all_ones, 0xFFFF},
                                         Capacity{255, 65280, 0xFFFF}, Capacity{64, 36, 100}, Capacity{1, 0, 1},
                                         Capacity{0, 1, 1}, Capacity{0, 0, 0}));

TEST(NdisAllocatePacketPoolEx, overflow_beyond_65535_in_total_is_cut_without_an_error) {
    TestPool pool(1, all_ones);
    ASSERT_EQ(pool.status, NDIS_STATUS_SUCCESS);
    const PoolRecord record = record_of(pool.handle);
    EXPECT_EQ(record.overflow, all_ones) << "the record says what was asked for";
    EXPECT_EQ(record.capacity, 0xFFFFu);
}

TEST(NdisAllocatePacketPoolEx, overflow_descriptors_are_used_only_while_all_static_ones_are_out) {
    TestPool pool(3, 3);
    auto packets = pool.take(6);
    EXPECT_EQ(record_of(pool.handle).overflow_in_use, 3u);
    PNDIS_PACKET was_static = packets[1];
    NdisFreePacket(was_static);
    packets[1] = pool.take();
    EXPECT_EQ(packets[1], was_static);
    EXPECT_EQ(record_of(pool.handle).overflow_in_use, 3u);
    free_all(packets);
}

TEST(NdisAllocatePacketPoolEx, memory_for_overflow_is_taken_when_it_is_needed_and_given_back_when_it_is_freed) {
    TestPool pool(16, 1000);
    auto normal = pool.take(16);
    const std::size_t without_overflow = packet_memory_held();
    auto peak = pool.take(1000);
    EXPECT_GT(packet_memory_held(), without_overflow);
    free_all(peak);
    EXPECT_EQ(packet_memory_held(), without_overflow);
    free_all(normal);
    EXPECT_EQ(packet_memory_held(), without_overflow);
}

TEST(NdisAllocatePacketPoolEx, a_huge_overflow_costs_nothing_until_it_is_used) {
    const std::size_t before = packet_memory_held();
    TestPool small(255, 0);
    const std::size_t small_holds = packet_memory_held() - before;
    TestPool huge(255, 65280);
    EXPECT_EQ(packet_memory_held() - before, 2 * small_holds);
}

TEST(NdisAllocatePacketPoolEx, overflow_that_the_system_refuses_gives_RESOURCES_and_is_not_counted) {
    TestPool pool(1, 1);
    PNDIS_PACKET first = pool.take();
    {
        MemoryRefused now;
        EXPECT_EQ(pool.take(), nullptr);
        EXPECT_EQ(pool.status, NDIS_STATUS_RESOURCES);
        EXPECT_EQ(pool.usage(), 1u);
    }
    PNDIS_PACKET second = pool.take();
    EXPECT_NE(second, nullptr);
    NdisFreePacket(first);
    NdisFreePacket(second);
}

TEST(NdisAllocatePacketPoolEx, protocol_reserved_may_be_as_long_as_the_out_of_band_offset_can_say) {
    TestPool longest(1, 0, 65432);
    ASSERT_EQ(longest.status, NDIS_STATUS_SUCCESS);
    PNDIS_PACKET packet = longest.take();
    std::memset(packet->ProtocolReserved, 0xEE, 65432);
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet), 0);
    NdisFreePacket(packet);
    TestPool too_long(1, 0, 65433);
    EXPECT_EQ(too_long.status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(too_long.handle, nullptr);
    EXPECT_EQ(TestPool(1, 0, all_ones).status, NDIS_STATUS_RESOURCES);
}

TEST(NdisAllocatePacketPoolEx, the_handle_variable_may_hold_anything_before_the_call) {
    NDIS_STATUS status;
    for (const ULONG_PTR before : {ULONG_PTR{NDIS_PACKET_POOL_TAG_FOR_TCPIP}, ULONG_PTR{1}, ~ULONG_PTR{0}}) {
        auto handle = reinterpret_cast<NDIS_HANDLE>(before);
        NdisAllocatePacketPoolEx(&status, &handle, 1, 0, 0);
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
        NdisFreePacketPool(handle);
    }
}

// ---- NdisFreePacketPool ----

TEST(NdisFreePacketPool, releases_all_memory_of_pools_of_both_kinds) {
    const std::size_t before = packet_memory_held();
    NDIS_STATUS status;
    NDIS_HANDLE plain, with_overflow;
    NdisAllocatePacketPool(&status, &plain, 100, 32);
    NdisAllocatePacketPoolEx(&status, &with_overflow, 100, 100, 32);
    EXPECT_GT(packet_memory_held(), before);
    NdisFreePacketPool(plain);
    NdisFreePacketPool(with_overflow);
    EXPECT_EQ(packet_memory_held(), before);
}

TEST(NdisFreePacketPool, an_empty_pool_is_freed_without_a_report) {
    CaughtBugs bugs;
    { TestPool pool(4); }
    EXPECT_EQ(bugs.rules(), Rules{});
}

TEST(NdisFreePacketPool, with_packets_out_memory_stays_until_the_last_is_freed) {
    CaughtBugs bugs;
    const std::size_t before = packet_memory_held();
    TestPool pool(2, 2);
    auto packets = pool.take(4);
    NdisFreePacketPool(pool.handle);
    for (PNDIS_PACKET packet : packets) {
        EXPECT_GT(packet_memory_held(), before);
        std::memset(packet->ProtocolReserved, 0xEE, 32);
        NdisFreePacket(packet);
    }
    EXPECT_EQ(packet_memory_held(), before);
    pool.handle = nullptr;
}

TEST(NdisFreePacketPool, with_packets_out_the_pool_is_reported_and_gives_no_more) {
    CaughtBugs bugs;
    TestPool pool(3, 1);
    auto packets = pool.take(2);
    NdisFreePacketPool(pool.handle);
    ASSERT_EQ(bugs.rules(), Rules{packet_bug_rule::pool_leak});
    EXPECT_EQ(bugs.all()[0].object, pool.handle);
    EXPECT_EQ(bugs.all()[0].packets, 2u);
    EXPECT_NE(bugs.all()[0].caller, nullptr);
    EXPECT_EQ(pool.take(), nullptr);
    EXPECT_EQ(pool.status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(bugs.rules().back(), packet_bug_rule::pool_handle);
    free_all(packets);
    pool.handle = nullptr;
}

TEST(NdisFreePacketPool, a_second_call_and_a_null_handle_are_ignored_and_reported) {
    CaughtBugs bugs;
    TestPool pool(1);
    NdisFreePacketPool(pool.handle);
    NdisFreePacketPool(pool.handle);
    NdisFreePacketPool(nullptr);
    EXPECT_EQ(bugs.rules(), Rules(2, packet_bug_rule::pool_handle));
    pool.handle = nullptr;
}

// ---- Handles ----

TEST(PacketPoolHandle, whatever_is_not_a_pool_gives_RESOURCES_and_usage_0_and_is_reported) {
    CaughtBugs bugs;
    TestPool pool(1);
    int elsewhere;
    for (NDIS_HANDLE wrong : {NDIS_HANDLE{nullptr}, reinterpret_cast<NDIS_HANDLE>(~ULONG_PTR{0}),
                              reinterpret_cast<NDIS_HANDLE>(ULONG_PTR{1}), static_cast<NDIS_HANDLE>(&elsewhere),
                              static_cast<NDIS_HANDLE>(static_cast<char*>(pool.handle) + 8),
                              static_cast<NDIS_HANDLE>(static_cast<char*>(pool.handle) + sizeof(PacketPool))}) {
        NDIS_STATUS status;
        PNDIS_PACKET packet = reinterpret_cast<PNDIS_PACKET>(&elsewhere);
        NdisAllocatePacket(&status, &packet, wrong);
        EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
        EXPECT_EQ(packet, nullptr);
        EXPECT_EQ(NdisPacketPoolUsage(wrong), 0u);
        NdisSetPacketPoolProtocolId(wrong, NDIS_PROTOCOL_ID_IPX);
    }
    EXPECT_EQ(bugs.rules(), Rules(18, packet_bug_rule::pool_handle));
}

TEST(PacketPoolHandle, that_of_a_pool_that_is_gone_is_not_given_to_the_next_pool) {
    CaughtBugs bugs;
    NDIS_HANDLE gone;
    {
        TestPool pool(1);
        gone = pool.handle;
    }
    TestPool next(1);
    EXPECT_NE(next.handle, gone);
    NDIS_STATUS status;
    PNDIS_PACKET packet;
    NdisAllocatePacket(&status, &packet, gone);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
}

// ---- NdisPacketPoolUsage ----

TEST(NdisPacketPoolUsage, counts_the_allocated_packets_overflow_included) {
    TestPool pool(2, 2);
    std::vector<PNDIS_PACKET> packets;
    for (UINT count = 0; count <= 4; ++count) {
        EXPECT_EQ(pool.usage(), count);
        packets.push_back(pool.take());
    }
    EXPECT_EQ(packets.back(), nullptr);
    packets.pop_back();
    EXPECT_EQ(pool.usage(), 4u) << "a refused allocation is not counted";
    for (UINT count = 4; count > 0; --count) {
        EXPECT_EQ(pool.usage(), count);
        NdisFreePacket(packets[count - 1]);
    }
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(NdisPacketPoolUsage, answers_for_pools_without_overflow_too) {
    NDIS_STATUS status;
    NDIS_HANDLE handle;
    NdisAllocatePacketPool(&status, &handle, 4, 0);
    PNDIS_PACKET packet;
    NdisAllocatePacket(&status, &packet, handle);
    EXPECT_EQ(NdisPacketPoolUsage(handle), 1u);
    NdisFreePacket(packet);
    EXPECT_EQ(NdisPacketPoolUsage(handle), 0u);
    NdisFreePacketPool(handle);
}

TEST(NdisPacketPoolUsage, each_pool_counts_its_own) {
    TestPool one(4), other(4);
    PNDIS_PACKET packet = one.take();
    EXPECT_EQ(one.usage(), 1u);
    EXPECT_EQ(other.usage(), 0u);
    NdisFreePacket(packet);
}

// ---- NdisSetPacketPoolProtocolId ----

TEST(NdisSetPacketPoolProtocolId, every_packet_allocated_afterwards_carries_the_id) {
    CaughtBugs bugs;
    TestPool pool(1, 1);
    NdisSetPacketPoolProtocolId(pool.handle, NDIS_PROTOCOL_ID_TCP_IP);
    for (int life = 0; life < 2; ++life) {
        auto packets = pool.take(2);
        for (PNDIS_PACKET packet : packets) {
            EXPECT_EQ(NDIS_GET_PACKET_PROTOCOL_TYPE(packet), UINT{NDIS_PROTOCOL_ID_TCP_IP});
            EXPECT_EQ(NdisGetPacketFlags(packet), UINT{NDIS_PROTOCOL_ID_TCP_IP});
        }
        free_all(packets);
    }
    EXPECT_EQ(record_of(pool.handle).protocol_id, UINT{NDIS_PROTOCOL_ID_TCP_IP});
    EXPECT_EQ(bugs.rules(), Rules{});
}

TEST(NdisSetPacketPoolProtocolId, without_it_packets_have_the_default_id_0) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    EXPECT_EQ(NDIS_GET_PACKET_PROTOCOL_TYPE(packet), UINT{NDIS_PROTOCOL_ID_DEFAULT});
    NdisFreePacket(packet);
}

TEST(NdisSetPacketPoolProtocolId, after_the_first_allocation_it_is_reported_and_holds_for_later_packets_only) {
    CaughtBugs bugs;
    TestPool pool(2);
    PNDIS_PACKET early = pool.take();
    NdisSetPacketPoolProtocolId(pool.handle, NDIS_PROTOCOL_ID_NBF);
    PNDIS_PACKET late = pool.take();
    EXPECT_EQ(bugs.rules(), Rules{packet_bug_rule::protocol_id_late});
    EXPECT_EQ(NDIS_GET_PACKET_PROTOCOL_TYPE(early), 0u);
    EXPECT_EQ(NDIS_GET_PACKET_PROTOCOL_TYPE(late), UINT{NDIS_PROTOCOL_ID_NBF});
    NdisFreePacket(early);
    NdisFreePacket(late);
}

TEST(NdisSetPacketPoolProtocolId, an_id_of_more_than_four_bits_is_masked_and_reported) {
    CaughtBugs bugs;
    TestPool pool(1);
    NdisSetPacketPoolProtocolId(pool.handle, 0xFF6);
    PNDIS_PACKET packet = pool.take();
    EXPECT_EQ(NdisGetPacketFlags(packet), 6u);
    EXPECT_EQ(bugs.rules(), Rules{packet_bug_rule::protocol_id_range});
    NdisFreePacket(packet);
}

// ---- NdisGetPoolFromPacket ----

TEST(NdisGetPoolFromPacket, is_the_handle_bit_for_bit_for_static_and_overflow_packets) {
    TestPool pool(1, 1);
    auto packets = pool.take(2);
    for (PNDIS_PACKET packet : packets) {
        EXPECT_EQ(NdisGetPoolFromPacket(packet), pool.handle);
        EXPECT_EQ(packet->Private.Pool, pool.handle) << "drivers read the member";
    }
    free_all(packets);
}

} // namespace
} // namespace ndispool::ndis
