// Every packet and buffer function is documented for callers at DISPATCH_LEVEL.
#include "ndispool/machine/irql.h"
#include "ndispool/ndis/packet_test_support.h"

namespace ndispool::ndis {
namespace {

TEST(PacketFunctions, all_work_for_a_caller_at_DISPATCH_LEVEL) {
    const machine::DispatchScope at_dispatch;
    NDIS_STATUS status;
    NDIS_HANDLE buffers;
    TestPool pool(1, 1, 32);
    NdisSetPacketPoolProtocolId(pool.handle, NDIS_PROTOCOL_ID_IPX);
    auto packets = pool.take(2);
    EXPECT_EQ(pool.take(), nullptr);
    EXPECT_EQ(pool.usage(), 2u);

    NdisAllocateBufferPool(&status, &buffers, 2);
    TestBuffer from("abc"), to("...");
    PNDIS_BUFFER part;
    NdisCopyBuffer(&status, &part, buffers, from.mdl, 1, 2);
    NdisChainBufferAtFront(packets[0], part);
    NdisChainBufferAtBack(packets[1], to.mdl);
    UINT copied, pages;
    NdisCopyFromPacketToPacketSafe(packets[1], 0, 2, packets[0], 0, &copied, NormalPagePriority);
    EXPECT_EQ(to.bytes, "bc.");
    NdisQueryPacket(packets[1], &pages, nullptr, nullptr, nullptr);
    PNDIS_BUFFER off;
    NdisUnchainBufferAtFront(packets[1], &off);
    EXPECT_EQ(off, to.mdl);
    NdisUnchainBufferAtBack(packets[0], &off);
    NdisFreeBuffer(off);
    NdisFreeBufferPool(buffers);

    NdisReinitializePacket(packets[0]);
    NdisIMCopySendPerPacketInfo(packets[1], packets[0]);
    NdisIMCopySendCompletePerPacketInfo(packets[1], packets[0]);
    BOOLEAN remaining;
    EXPECT_NE(NdisIMGetCurrentPacketStack(packets[0], &remaining), nullptr);
    EXPECT_NE(NdisGeneratePartialCancelId(), 0);
    NdisFreePacket(packets[0]);
    NdisDprFreePacket(packets[1]);
    EXPECT_EQ(pool.usage(), 0u);
    EXPECT_EQ(machine::current_irql(), machine::dispatch_level);
}

} // namespace
} // namespace ndispool::ndis
