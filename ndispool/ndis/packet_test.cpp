// Packets: allocation, freeing, reuse, and the macros over flags, out-of-band data and per-packet information.
#include "ndispool/ndis/packet_private.h"
#include "ndispool/ndis/packet_test_support.h"

#include <algorithm>
#include <cstring>
#include <thread>

namespace ndispool::ndis {
namespace {

constexpr UINT reserved = 40;

// Everything a driver can see but what NDIS sets at allocation.
bool all_zero_but_what_ndis_sets(PNDIS_PACKET packet) {
    const std::size_t size = NdisPacketSize(reserved);
    std::vector<UCHAR> copy(size);
    std::memcpy(copy.data(), packet, size);
    auto* seen = reinterpret_cast<PNDIS_PACKET>(copy.data());
    seen->Private.Pool = nullptr;
    seen->Private.NdisPacketFlags = 0;
    seen->Private.NdisPacketOobOffset = 0;
    return std::ranges::all_of(copy, [](UCHAR byte) { return byte == 0; });
}

void dirty(PNDIS_PACKET packet) {
    for (unsigned level = 0; level < header_of(packet)->marks.stack_locations; ++level)
        std::memset(stack_location(packet, level), 0xEE, sizeof(NDIS_PACKET_STACK));
    delivery_of(packet)->references = -7;
    delivery_of(packet)->adapter = packet;
    header_of(packet)->marks.level = 9;
    std::memset(reinterpret_cast<void*>(packet), 0xEE, NdisPacketSize(reserved));
}

// ---- Allocation ----

TEST(NdisAllocatePacket, a_fresh_packet_is_zero_but_for_what_NDIS_sets) {
    TestPool pool(1, 1, reserved);
    auto packets = pool.take(2);
    for (PNDIS_PACKET packet : packets) {
        EXPECT_TRUE(all_zero_but_what_ndis_sets(packet));
        EXPECT_EQ(packet->Private.NdisPacketFlags, fPACKET_ALLOCATED_BY_NDIS);
        EXPECT_EQ(packet->Private.Pool, pool.handle);
    }
    free_all(packets);
}

TEST(NdisAllocatePacket, a_packet_that_was_used_before_comes_as_fresh_as_a_new_one) {
    TestPool pool(1, 0, reserved);
    PNDIS_PACKET before = pool.take();
    dirty(before);
    NdisFreePacket(before);
    PNDIS_PACKET packet = pool.take();
    ASSERT_EQ(packet, before);
    EXPECT_TRUE(all_zero_but_what_ndis_sets(packet));
    EXPECT_EQ(packet->Private.NdisPacketFlags, fPACKET_ALLOCATED_BY_NDIS);
    EXPECT_EQ(header_of(packet)->references, 0);
    EXPECT_EQ(header_of(packet)->adapter, nullptr);
    EXPECT_EQ(header_of(packet)->marks.level, 0);
    for (unsigned level = 0; level < 2; ++level)
        for (const ULONG_PTR word : stack_location(packet, level)->IMReserved)
            EXPECT_EQ(word, 0u);
    NdisFreePacket(packet);
}

TEST(NdisAllocatePacket, a_fresh_packet_has_no_buffers) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    UINT pages = 7, count = 7, bytes = 7;
    PNDIS_BUFFER first = reinterpret_cast<PNDIS_BUFFER>(&pages);
    NdisQueryPacket(packet, &pages, &count, &first, &bytes);
    EXPECT_EQ(pages, 0u);
    EXPECT_EQ(count, 0u);
    EXPECT_EQ(first, nullptr);
    EXPECT_EQ(bytes, 0u);
    NdisFreePacket(packet);
}

TEST(NdisAllocatePacket, RESOURCES_when_all_are_out_until_one_is_freed) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    PNDIS_PACKET second = packet;
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &second, pool.handle);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(second, nullptr);
    NdisFreePacket(packet);
    packet = pool.take();
    EXPECT_EQ(pool.status, NDIS_STATUS_SUCCESS);
    NdisFreePacket(packet);
}

TEST(NdisDprAllocatePacket, gives_what_NdisAllocatePacket_gives_and_null_with_RESOURCES) {
    TestPool pool(1, 0, reserved);
    NDIS_STATUS status;
    PNDIS_PACKET packet = nullptr, second = nullptr;
    NdisDprAllocatePacket(&status, &packet, pool.handle);
    ASSERT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(all_zero_but_what_ndis_sets(packet));
    second = packet;
    NdisDprAllocatePacket(&status, &second, pool.handle);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(second, nullptr);
    NdisDprFreePacket(packet);
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(NdisDprAllocatePacketNonInterlocked, gives_what_NdisAllocatePacket_gives_and_null_with_RESOURCES) {
    TestPool pool(1, 0, reserved);
    NDIS_STATUS status;
    PNDIS_PACKET packet = nullptr, second = nullptr;
    NdisDprAllocatePacketNonInterlocked(&status, &packet, pool.handle);
    ASSERT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(all_zero_but_what_ndis_sets(packet));
    second = packet;
    NdisDprAllocatePacketNonInterlocked(&status, &second, pool.handle);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(second, nullptr);
    EXPECT_EQ(pool.usage(), 1u) << "usage is exact for it too";
    NdisDprFreePacketNonInterlocked(packet);
    EXPECT_EQ(pool.usage(), 0u);
}

// ---- Freeing ----

TEST(NdisFreePacket, takes_packets_of_every_allocation_function) {
    using Allocate = void (*)(PNDIS_STATUS, PNDIS_PACKET*, NDIS_HANDLE);
    using Free = void (*)(PNDIS_PACKET);
    CaughtBugs bugs;
    TestPool pool(1);
    for (Allocate allocate : {NdisAllocatePacket, NdisDprAllocatePacket, NdisDprAllocatePacketNonInterlocked})
        for (Free free : {NdisFreePacket, NdisDprFreePacket, NdisDprFreePacketNonInterlocked}) {
            NDIS_STATUS status;
            PNDIS_PACKET packet;
            allocate(&status, &packet, pool.handle);
            ASSERT_EQ(status, NDIS_STATUS_SUCCESS);
            free(packet);
            EXPECT_EQ(pool.usage(), 0u);
        }
    EXPECT_EQ(bugs.rules(), Rules{});
}

TEST(NdisFreePacket, does_not_free_the_buffers_of_the_packet) {
    TestPool pool(1);
    TestBuffer buffer("bytes");
    PNDIS_PACKET packet = pool.take();
    NdisChainBufferAtFront(packet, buffer.mdl);
    NdisFreePacket(packet);
    PVOID address;
    UINT bytes;
    NdisQueryBuffer(buffer.mdl, &address, &bytes);
    EXPECT_EQ(address, buffer.bytes.data());
    EXPECT_EQ(bytes, 5u);
}

TEST(NdisFreePacket, any_thread_may_free_what_another_allocated) {
    TestPool pool(4, 4);
    auto packets = pool.take(8);
    std::thread([&] { free_all(packets); }).join();
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(NdisFreePacket, of_a_packet_freed_before_is_ignored_and_reported) {
    CaughtBugs bugs;
    TestPool pool(2);
    auto packets = pool.take(2);
    NdisFreePacket(packets[0]);
    NdisFreePacket(packets[0]);
    EXPECT_EQ(bugs.rules(), Rules{packet_bug_rule::double_free});
    EXPECT_EQ(bugs.all()[0].object, packets[0]);
    EXPECT_NE(bugs.all()[0].caller, nullptr);
    EXPECT_EQ(pool.usage(), 1u);
    EXPECT_NE(pool.take(), nullptr);
    EXPECT_EQ(pool.take(), nullptr) << "the second free must not make a descriptor";
    free_all(packets);
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(NdisFreePacket, of_an_overflow_packet_whose_memory_is_gone_is_ignored_and_reported) {
    CaughtBugs bugs;
    TestPool pool(0, 1);
    PNDIS_PACKET packet = pool.take();
    NdisFreePacket(packet);
    NdisFreePacket(packet);
    EXPECT_EQ(bugs.rules(), Rules{packet_bug_rule::not_allocated});
    EXPECT_EQ(pool.usage(), 0u);
}

TEST(NdisFreePacket, of_a_packet_of_a_pool_that_is_gone_is_ignored_and_reported) {
    CaughtBugs bugs;
    PNDIS_PACKET packet;
    {
        TestPool pool(1);
        packet = pool.take();
        NdisFreePacket(packet);
    }
    NdisFreePacket(packet);
    EXPECT_EQ(bugs.rules(), Rules{packet_bug_rule::not_allocated});
}

TEST(NdisFreePacket, of_a_pointer_to_anything_else_is_ignored_and_reported) {
    CaughtBugs bugs;
    TestPool pool(2);
    PNDIS_PACKET packet = pool.take();
    NDIS_PACKET on_the_stack{};
    const std::vector<PNDIS_PACKET> wrong{nullptr,
                                          &on_the_stack,
                                          reinterpret_cast<PNDIS_PACKET>(~ULONG_PTR{0}),
                                          reinterpret_cast<PNDIS_PACKET>(ULONG_PTR{64}),
                                          reinterpret_cast<PNDIS_PACKET>(packet->ProtocolReserved),
                                          packet - 1};
    free_all(wrong);
    EXPECT_EQ(bugs.rules(), Rules(wrong.size(), packet_bug_rule::not_allocated));
    EXPECT_EQ(pool.usage(), 1u);
    NdisFreePacket(packet);
    EXPECT_EQ(pool.usage(), 0u);
}

// ---- Reuse ----

TEST(NdisReinitializePacket, empties_the_chain_and_the_counts_and_keeps_all_else) {
    TestPool pool(1, 0, reserved);
    NdisSetPacketPoolProtocolId(pool.handle, NDIS_PROTOCOL_ID_TCP_IP);
    TestBuffer buffer("four");
    PNDIS_PACKET packet = pool.take();
    NdisChainBufferAtBack(packet, buffer.mdl);
    UINT bytes;
    NdisQueryPacketLength(packet, &bytes);
    NdisSetPacketFlags(packet, NDIS_FLAGS_DONT_LOOPBACK);
    std::memset(packet->MacReserved, 0x11, sizeof packet->MacReserved);
    std::memset(packet->ProtocolReserved, 0x22, reserved);
    NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_RESOURCES);
    NDIS_SET_PACKET_HEADER_SIZE(packet, 14);
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, &bytes, sizeof bytes);
    NDIS_SET_ORIGINAL_PACKET(packet, packet);
    std::vector<UCHAR> before(NdisPacketSize(reserved)), after(before.size());
    std::memcpy(before.data(), packet, before.size());

    NdisReinitializePacket(packet);

    EXPECT_EQ(packet->Private.Head, nullptr);
    EXPECT_EQ(packet->Private.ValidCounts, FALSE);
    std::memcpy(after.data(), packet, after.size());
    auto* expected = reinterpret_cast<PNDIS_PACKET>(before.data());
    expected->Private.Head = nullptr;
    expected->Private.ValidCounts = FALSE;
    EXPECT_EQ(before, after) << "two stores, nothing more";
    EXPECT_EQ(NDIS_GET_PACKET_PROTOCOL_TYPE(packet), UINT{NDIS_PROTOCOL_ID_TCP_IP});
    EXPECT_EQ(pool.usage(), 1u);
    NdisFreePacket(packet);
}

// ---- Flags ----

TEST(NdisSetPacketFlags, adds_flags_and_NdisClearPacketFlags_takes_them_away) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    EXPECT_EQ(NdisGetPacketFlags(packet), 0u) << "nothing was set";
    NdisSetPacketFlags(packet, NDIS_FLAGS_MULTICAST_PACKET);
    NdisSetPacketFlags(packet, NDIS_FLAGS_DONT_LOOPBACK);
    EXPECT_EQ(NdisGetPacketFlags(packet), 0x90u);
    NdisClearPacketFlags(packet, NDIS_FLAGS_MULTICAST_PACKET);
    EXPECT_EQ(NdisGetPacketFlags(packet), 0x80u);
    NdisFreePacket(packet);
}

TEST(NdisSetSendFlags, assigns_and_so_destroys_the_protocol_id) {
    TestPool pool(1);
    NdisSetPacketPoolProtocolId(pool.handle, NDIS_PROTOCOL_ID_IPX);
    PNDIS_PACKET packet = pool.take();
    NdisSetSendFlags(packet, NDIS_FLAGS_MULTICAST_PACKET);
    UINT flags = 0;
    NdisQuerySendFlags(packet, &flags);
    EXPECT_EQ(flags, UINT{NDIS_FLAGS_MULTICAST_PACKET});
    EXPECT_EQ(NDIS_GET_PACKET_PROTOCOL_TYPE(packet), 0u);
    NdisFreePacket(packet);
}

// ---- Out-of-band data ----

TEST(PacketOutOfBandData, each_macro_reads_and_writes_its_own_member) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_RESOURCES);
    NDIS_SET_PACKET_HEADER_SIZE(packet, 14);
    NDIS_SET_PACKET_TIME_TO_SEND(packet, 0x1111222233334444);
    NDIS_SET_PACKET_TIME_RECEIVED(packet, 0x5555666677778888);
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(NDIS_OOB_DATA_FROM_PACKET(packet)->Status, NDIS_STATUS_RESOURCES);
    EXPECT_EQ(NDIS_GET_PACKET_HEADER_SIZE(packet), 14u);
    EXPECT_EQ(NDIS_OOB_DATA_FROM_PACKET(packet)->HeaderSize, 14u);
    EXPECT_EQ(NDIS_GET_PACKET_TIME_TO_SEND(packet), 0x1111222233334444u);
    EXPECT_EQ(NDIS_GET_PACKET_TIME_SENT(packet), 0x1111222233334444u) << "the two share their place";
    EXPECT_EQ(NDIS_GET_PACKET_TIME_RECEIVED(packet), 0x5555666677778888u);
    NDIS_SET_PACKET_TIME_SENT(packet, 5);
    EXPECT_EQ(NDIS_OOB_DATA_FROM_PACKET(packet)->TimeToSend, 5u);
    NdisFreePacket(packet);
}

TEST(NdisSetPacketStatus, stores_the_status_as_the_macro_does) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    NdisSetPacketStatus(packet, NDIS_STATUS_PENDING, nullptr, 7);
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet), NDIS_STATUS_PENDING);
    NdisFreePacket(packet);
}

TEST(PacketMediaSpecificInfo, is_null_and_0_until_it_is_set) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    PVOID information = packet;
    UINT bytes = 7;
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &information, &bytes);
    EXPECT_EQ(information, nullptr);
    EXPECT_EQ(bytes, 0u);
    MEDIA_SPECIFIC_INFORMATION priority{};
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, &priority, sizeof priority);
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &information, &bytes);
    EXPECT_EQ(information, &priority);
    EXPECT_EQ(bytes, sizeof priority);
    NdisFreePacket(packet);
}

TEST(PacketMediaSpecificInfo, is_neither_set_nor_got_without_the_flag_of_allocated_packets) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    PVOID information = packet;
    UINT bytes = 7;
    packet->Private.NdisPacketFlags = 0;
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, &bytes, sizeof bytes);
    EXPECT_EQ(packet->Private.NdisPacketFlags, 0);
    EXPECT_EQ(NDIS_OOB_DATA_FROM_PACKET(packet)->MediaSpecificInformation, nullptr);
    packet->Private.NdisPacketFlags = fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO;
    NDIS_OOB_DATA_FROM_PACKET(packet)->MediaSpecificInformation = packet;
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &information, &bytes);
    EXPECT_EQ(information, nullptr);
    EXPECT_EQ(bytes, 0u);
    NdisFreePacket(packet);
}

// ---- Per-packet information ----

TEST(PerPacketInfo, each_slot_is_an_lvalue_of_its_own) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    for (ULONG_PTR slot = 0; slot < MaxPerPacketInfo; ++slot)
        NDIS_PER_PACKET_INFO_FROM_PACKET(packet, slot) = reinterpret_cast<PVOID>(slot + 1);
    for (ULONG_PTR slot = 0; slot < MaxPerPacketInfo; ++slot)
        EXPECT_EQ(NDIS_PACKET_EXTENSION_FROM_PACKET(packet)->NdisPacketInfo[slot], reinterpret_cast<PVOID>(slot + 1));
    NdisFreePacket(packet);
}

TEST(PerPacketInfo, the_slots_have_their_documented_numbers) {
    EXPECT_EQ(TcpIpChecksumPacketInfo, 0);
    EXPECT_EQ(IpSecPacketInfo, 1);
    EXPECT_EQ(TcpLargeSendPacketInfo, 2);
    EXPECT_EQ(ClassificationHandlePacketInfo, 3);
    EXPECT_EQ(HeaderIndexInfo, 4);
    EXPECT_EQ(ScatterGatherListPacketInfo, 5);
    EXPECT_EQ(Ieee8021pPriority, 6);
    EXPECT_EQ(OriginalPacketInfo, 7);
    EXPECT_EQ(PacketCancelId, 8);
    EXPECT_EQ(MaxPerPacketInfo, 12);
}

TEST(PerPacketInfo, checksum_and_vlan_values_have_their_documented_bits) {
    NDIS_TCP_IP_CHECKSUM_PACKET_INFO checksum{};
    checksum.Transmit.NdisPacketChecksumV4 = 1;
    checksum.Transmit.NdisPacketIpChecksum = 1;
    EXPECT_EQ(checksum.Value, 0x11u);
    checksum.Value = 0x40;
    EXPECT_EQ(checksum.Receive.NdisPacketLoopback, 1u);
    NDIS_PACKET_8021Q_INFO tag{};
    tag.TagHeader.UserPriority = 7;
    tag.TagHeader.VlanId = 0xABC;
    EXPECT_EQ(reinterpret_cast<ULONG_PTR>(tag.Value), 0xABC7u);
}

TEST(OriginalPacket, set_and_get_are_a_plain_write_and_read_of_slot_7) {
    TestPool pool(2);
    auto packets = pool.take(2);
    EXPECT_EQ(NDIS_GET_ORIGINAL_PACKET(packets[0]), nullptr);
    NDIS_SET_ORIGINAL_PACKET(packets[0], packets[1]);
    EXPECT_EQ(NDIS_GET_ORIGINAL_PACKET(packets[0]), packets[1]);
    EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packets[0], 7), packets[1]);
    NDIS_SET_ORIGINAL_PACKET(packets[0], nullptr);
    EXPECT_EQ(NDIS_GET_ORIGINAL_PACKET(packets[0]), nullptr);
    free_all(packets);
}

TEST(CancelId, macros_and_functions_read_and_write_the_same_slot) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    const auto id = reinterpret_cast<PVOID>(0xAB00000000000001);
    NDIS_SET_PACKET_CANCEL_ID(packet, id);
    EXPECT_EQ((NdisGetPacketCancelId)(packet), id);
    EXPECT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, PacketCancelId), id);
    (NdisSetPacketCancelId)(packet, packet);
    EXPECT_EQ(NDIS_GET_PACKET_CANCEL_ID(packet), packet);
    EXPECT_EQ(NdisGetPacketCancelId(packet), packet);
    NdisSetPacketCancelId(packet, 5);
    EXPECT_EQ(NDIS_GET_PACKET_CANCEL_ID(packet), reinterpret_cast<PVOID>(5));
    NdisFreePacket(packet);
}

} // namespace
} // namespace ndispool::ndis
