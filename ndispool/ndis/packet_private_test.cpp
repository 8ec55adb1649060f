#include "ndispool/ndis/packet_private.h"

#include "ndispool/ndis/packet_pool_fast.h"
#include "ndispool/ndis/packet_test_support.h"

namespace ndispool::ndis {
namespace {

struct StackLocations {
    explicit StackLocations(unsigned count) { EXPECT_TRUE(set_packet_stack_locations(count)); }
    ~StackLocations() { set_packet_stack_locations(2); }
};

PNDIS_PACKET_STACK current(PNDIS_PACKET packet, BOOLEAN expected_remaining) {
    BOOLEAN remaining = 0x55;
    PNDIS_PACKET_STACK location = NdisIMGetCurrentPacketStack(packet, &remaining);
    EXPECT_EQ(remaining, expected_remaining);
    return location;
}

TEST(NdisIMGetCurrentPacketStack, a_packet_has_two_locations_by_default) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    EXPECT_NE(current(packet, TRUE), nullptr);
    EXPECT_TRUE(push_stack(packet));
    EXPECT_NE(current(packet, TRUE), nullptr);
    EXPECT_TRUE(push_stack(packet));
    EXPECT_EQ(current(packet, FALSE), nullptr);
    NdisFreePacket(packet);
}

TEST(NdisIMGetCurrentPacketStack, asking_changes_nothing_and_the_same_level_has_the_same_location) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    PNDIS_PACKET_STACK first = current(packet, TRUE);
    EXPECT_EQ(current(packet, TRUE), first);
    EXPECT_EQ(current(packet, TRUE), first);
    push_stack(packet);
    PNDIS_PACKET_STACK second = current(packet, TRUE);
    EXPECT_EQ(second, first + 1);
    EXPECT_EQ(current(packet, TRUE), second);
    NdisFreePacket(packet);
}

TEST(NdisIMGetCurrentPacketStack, a_drivers_words_are_there_when_the_packet_comes_back_to_it) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    current(packet, TRUE)->IMReserved[0] = 11;
    push_stack(packet);
    current(packet, TRUE)->IMReserved[0] = 22;
    push_stack(packet);
    pop_stack(packet);
    EXPECT_EQ(current(packet, TRUE)->IMReserved[0], 22u);
    pop_stack(packet);
    EXPECT_EQ(current(packet, TRUE)->IMReserved[0], 11u);
    NdisFreePacket(packet);
}

TEST(NdisIMGetCurrentPacketStack, null_and_FALSE_when_packets_have_no_locations) {
    StackLocations none(0);
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    EXPECT_EQ(current(packet, FALSE), nullptr);
    NdisFreePacket(packet);
}

TEST(PacketStack, a_packet_passed_on_without_a_location_left_comes_back_to_the_right_level) {
    StackLocations one(1);
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    PNDIS_PACKET_STACK only = current(packet, TRUE);
    EXPECT_TRUE(push_stack(packet));
    EXPECT_FALSE(push_stack(packet)) << "there is none for this one";
    EXPECT_EQ(current(packet, FALSE), nullptr);
    pop_stack(packet);
    EXPECT_EQ(current(packet, FALSE), nullptr);
    pop_stack(packet);
    EXPECT_EQ(current(packet, TRUE), only);
    NdisFreePacket(packet);
}

TEST(PacketStack, the_number_of_locations_is_fixed_when_the_pool_is_made) {
    TestPool before(1);
    StackLocations sixteen(16);
    TestPool after(1);
    PNDIS_PACKET packet = before.take();
    EXPECT_EQ(header_of(packet)->marks.stack_locations, 2);
    NdisFreePacket(packet);
    packet = after.take();
    EXPECT_EQ(header_of(packet)->marks.stack_locations, 16);
    for (int level = 0; level < 16; ++level) {
        current(packet, TRUE)->NdisReserved[3] = ~ULONG_PTR{0};
        push_stack(packet);
    }
    EXPECT_EQ(header_of(packet)->pool, PacketPool::of(after.handle)) << "the last location ends before the header";
    NdisFreePacket(packet);
}

TEST(PacketStack, more_than_sixteen_locations_are_refused) {
    EXPECT_FALSE(set_packet_stack_locations(17));
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    EXPECT_EQ(header_of(packet)->marks.stack_locations, 2);
    NdisFreePacket(packet);
}

TEST(PacketHeader, names_the_pool_and_counts_the_lives_of_the_descriptor) {
    TestPool pool(1);
    PNDIS_PACKET packet = pool.take();
    EXPECT_EQ(header_of(packet)->pool, PacketPool::of(pool.handle));
    const std::uint32_t generation = header_of(packet)->generation;
    NdisFreePacket(packet);
    ASSERT_EQ(pool.take(), packet);
    EXPECT_EQ(header_of(packet)->generation, generation + 1);
    NdisFreePacket(packet);
}

TEST(PacketHeader, packets_start_on_a_cache_line) {
    TestPool pool(3, 3, 1);
    auto packets = pool.take(6);
    for (PNDIS_PACKET packet : packets)
        EXPECT_EQ(reinterpret_cast<ULONG_PTR>(packet) % 64, 0u);
    free_all(packets);
}

} // namespace
} // namespace ndispool::ndis
