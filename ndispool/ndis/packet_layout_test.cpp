#include "ndispool/ndis/packet_layout.h"

#include "ndispool/ndis/packet_test_support.h"

#include <algorithm>
#include <cstring>

namespace ndispool::ndis {
namespace {

class NdisPacketLayout : public testing::TestWithParam<UINT> {};

TEST_P(NdisPacketLayout, protocol_reserved_out_of_band_data_and_extension_lie_behind_each_other_inside_NdisPacketSize) {
    const UINT reserved = GetParam();
    TestPool pool(2, 0, reserved);
    auto packets = pool.take(2);
    for (PNDIS_PACKET packet : packets) {
        auto* start = reinterpret_cast<UCHAR*>(packet);
        auto* oob = reinterpret_cast<UCHAR*>(NDIS_OOB_DATA_FROM_PACKET(packet));
        auto* extension = reinterpret_cast<UCHAR*>(NDIS_PACKET_EXTENSION_FROM_PACKET(packet));
        EXPECT_GE(oob, packet->ProtocolReserved + reserved);
        EXPECT_EQ(reinterpret_cast<ULONG_PTR>(oob) % 8, 0u);
        EXPECT_EQ(extension, oob + sizeof(NDIS_PACKET_OOB_DATA));
        EXPECT_LE(extension + sizeof(NDIS_PACKET_EXTENSION), start + NdisPacketSize(reserved));
    }
    free_all(packets);
}

TEST_P(NdisPacketLayout, no_part_of_a_packet_overlaps_another_part_or_another_packet) {
    const UINT reserved = GetParam();
    TestPool pool(2, 0, reserved);
    auto packets = pool.take(2);
    const auto fill = [&](PNDIS_PACKET packet, int with) {
        const NDIS_PACKET_PRIVATE own = packet->Private;
        std::memset(packet->ProtocolReserved, with, reserved);
        std::memset(NDIS_OOB_DATA_FROM_PACKET(packet), with + 1, sizeof(NDIS_PACKET_OOB_DATA));
        std::memset(NDIS_PACKET_EXTENSION_FROM_PACKET(packet), with + 2, sizeof(NDIS_PACKET_EXTENSION));
        EXPECT_EQ(std::memcmp(&own, &packet->Private, sizeof own), 0);
    };
    const auto holds = [](const void* bytes, int value, std::size_t count) {
        const auto* all = static_cast<const UCHAR*>(bytes);
        return std::all_of(all, all + count, [=](UCHAR byte) { return byte == value; });
    };
    fill(packets[0], 0x10);
    fill(packets[1], 0x20);
    for (int i = 0; i < 2; ++i) {
        const int with = 0x10 * (i + 1);
        EXPECT_TRUE(holds(packets[i]->ProtocolReserved, with, reserved));
        EXPECT_TRUE(holds(NDIS_OOB_DATA_FROM_PACKET(packets[i]), with + 1, sizeof(NDIS_PACKET_OOB_DATA)));
        EXPECT_TRUE(holds(NDIS_PACKET_EXTENSION_FROM_PACKET(packets[i]), with + 2, sizeof(NDIS_PACKET_EXTENSION)));
    }
    free_all(packets);
}

INSTANTIATE_TEST_SUITE_P(ProtocolReserved, NdisPacketLayout, testing::Values(0, 1, 7, 8, 16, 32, 40, 1000, 1514));

TEST(NdisPacketSize, depends_on_the_protocol_reserved_size_alone_and_never_falls) {
    const UINT before = NdisPacketSize(32);
    TestPool pool(10, 10, 100);
    EXPECT_EQ(NdisPacketSize(32), before);
    for (UINT reserved = 1; reserved <= 4096; ++reserved)
        ASSERT_GE(NdisPacketSize(reserved), NdisPacketSize(reserved - 1));
    const UINT longest = NdisPacketSize(max_protocol_reserved);
    for (const UINT reserved : {0xFFFFu, 0x10000u, 0xFFFFFF00u, 0xFFFFFF78u, 0xFFFFFFFFu})
        EXPECT_GE(NdisPacketSize(reserved), longest) << reserved;
}

TEST(NdisPacketSize, is_the_size_of_the_packets_of_a_pool_from_packet_to_end_of_extension) {
    for (const UINT reserved : {0u, 1u, 8u, 16u, 32u, 64u, 1514u}) {
        TestPool pool(1, 0, reserved);
        PNDIS_PACKET packet = pool.take();
        const auto* end = reinterpret_cast<UCHAR*>(NDIS_PACKET_EXTENSION_FROM_PACKET(packet) + 1);
        EXPECT_EQ(NdisPacketSize(reserved), static_cast<UINT>(end - reinterpret_cast<UCHAR*>(packet)));
        EXPECT_EQ(record_of(pool.handle).packet_size, NdisPacketSize(reserved));
        NdisFreePacket(packet);
    }
}

} // namespace
} // namespace ndispool::ndis
