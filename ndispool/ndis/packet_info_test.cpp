#include "ndispool/ndis/packet_info.h"

#include "ndispool/ndis/packet_test_support.h"

#include <set>

namespace ndispool::ndis {
namespace {

using Copy = void (*)(PNDIS_PACKET, PNDIS_PACKET);

std::set<int> slots_copied_by(Copy copy) {
    TestPool pool(2);
    auto packets = pool.take(2);
    for (ULONG_PTR slot = 0; slot < MaxPerPacketInfo; ++slot)
        NDIS_PER_PACKET_INFO_FROM_PACKET(packets[0], slot) = reinterpret_cast<PVOID>(slot + 1);
    copy(packets[1], packets[0]);
    std::set<int> copied;
    for (int slot = 0; slot < MaxPerPacketInfo; ++slot)
        if (NDIS_PER_PACKET_INFO_FROM_PACKET(packets[1], slot) == NDIS_PER_PACKET_INFO_FROM_PACKET(packets[0], slot))
            copied.insert(slot);
    free_all(packets);
    return copied;
}

TEST(NdisIMCopySendPerPacketInfo, copies_what_describes_the_data_and_the_cancel_id_but_no_mapping_and_no_original) {
    EXPECT_EQ(slots_copied_by(NdisIMCopySendPerPacketInfo), (std::set{0, 1, 2, 3, 4, 6, 8}));
}

TEST(NdisIMCopySendCompletePerPacketInfo, copies_what_the_miniport_answers_and_leaves_the_cancel_id) {
    EXPECT_EQ(slots_copied_by(NdisIMCopySendCompletePerPacketInfo), (std::set{0, 1, 2, 3, 4, 6}));
}

TEST(NdisIMCopySendPerPacketInfo, touches_neither_flags_nor_out_of_band_data) {
    for (Copy copy : {NdisIMCopySendPerPacketInfo, NdisIMCopySendCompletePerPacketInfo}) {
        TestPool pool(2);
        auto packets = pool.take(2);
        NdisSetPacketFlags(packets[0], NDIS_FLAGS_MULTICAST_PACKET);
        NDIS_SET_PACKET_STATUS(packets[0], NDIS_STATUS_PENDING);
        NDIS_SET_PACKET_HEADER_SIZE(packets[0], 14);
        NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packets[0], &pool, 4);
        copy(packets[1], packets[0]);
        EXPECT_EQ(NdisGetPacketFlags(packets[1]), 0u);
        EXPECT_EQ(NDIS_GET_PACKET_STATUS(packets[1]), 0);
        EXPECT_EQ(NDIS_GET_PACKET_HEADER_SIZE(packets[1]), 0u);
        EXPECT_EQ(packets[1]->Private.NdisPacketFlags, fPACKET_ALLOCATED_BY_NDIS);
        free_all(packets);
    }
}

TEST(NdisGeneratePartialCancelId, gives_255_different_values_before_one_comes_again_and_never_0) {
    std::set<UCHAR> seen;
    for (int call = 0; call < 255; ++call)
        seen.insert(NdisGeneratePartialCancelId());
    EXPECT_EQ(seen.size(), 255u);
    EXPECT_FALSE(seen.contains(0));
    EXPECT_TRUE(seen.contains(NdisGeneratePartialCancelId()));
}

} // namespace
} // namespace ndispool::ndis
