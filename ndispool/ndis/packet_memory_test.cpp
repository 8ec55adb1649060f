#include "ndispool/ndis/packet_memory.h"

#include "ndispool/ndis/packet_map.h"
#include "ndispool/ndis/packet_pool_fast.h"
#include "ndispool/ndis/packet_test_support.h"

namespace ndispool::ndis {
namespace {

TEST(PacketMemory, finds_its_pool_while_the_pool_has_it_and_none_when_it_was_given_back) {
    CaughtBugs bugs;
    PNDIS_PACKET packet, overflow;
    {
        TestPool pool(1, 1);
        packet = pool.take();
        overflow = pool.take();
        EXPECT_EQ(packet_map::find(packet), PacketPool::of(pool.handle));
        EXPECT_EQ(packet_map::find(overflow), PacketPool::of(pool.handle));
        NdisFreePacket(overflow);
        EXPECT_EQ(packet_map::find(overflow), nullptr);
        NdisFreePacket(packet);
    }
    EXPECT_EQ(packet_map::find(packet), nullptr);
}

TEST(PacketMemory, what_pools_hold_is_counted_and_comes_back_to_what_it_was) {
    const std::size_t before = packet_memory_held();
    {
        TestPool pool(100);
        EXPECT_GE(packet_memory_held() - before, 100 * NdisPacketSize(32));
    }
    EXPECT_EQ(packet_memory_held(), before);
}

} // namespace
} // namespace ndispool::ndis
