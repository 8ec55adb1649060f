#include "ndispool/ndis/packet_map.h"

#include "ndispool/ndis/packet_pool_fast.h"
#include "ndispool/ndis/packet_test_support.h"

namespace ndispool::ndis {
namespace {

TEST(PacketMap, memory_of_a_pool_finds_the_pool_from_its_first_byte_to_its_last) {
    TestPool pool(100);
    PacketPool* owner = PacketPool::of(pool.handle);
    auto* memory = reinterpret_cast<char*>(0x7E0000000000);
    ASSERT_TRUE(packet_map::add(memory, 3 * 4096, owner));
    EXPECT_EQ(packet_map::find(memory), owner);
    EXPECT_EQ(packet_map::find(memory + 3 * 4096 - 1), owner);
    EXPECT_EQ(packet_map::find(memory - 1), nullptr);
    EXPECT_EQ(packet_map::find(memory + 3 * 4096), nullptr);
    packet_map::remove(memory, 3 * 4096);
    EXPECT_EQ(packet_map::find(memory), nullptr);
}

TEST(PacketMap, memory_may_cross_a_border_between_leaves) {
    TestPool pool(1);
    PacketPool* owner = PacketPool::of(pool.handle);
    auto* border = reinterpret_cast<char*>(std::uintptr_t{0x5A} << (packet_map::page_bits + packet_map::leaf_bits));
    ASSERT_TRUE(packet_map::add(border - 4096, 2 * 4096, owner));
    EXPECT_EQ(packet_map::find(border - 1), owner);
    EXPECT_EQ(packet_map::find(border), owner);
    packet_map::remove(border - 4096, 2 * 4096);
    EXPECT_EQ(packet_map::find(border - 1), nullptr);
    EXPECT_EQ(packet_map::find(border), nullptr);
}

TEST(PacketMap, addresses_that_no_process_has_find_nothing) {
    EXPECT_EQ(packet_map::find(nullptr), nullptr);
    EXPECT_EQ(packet_map::find(reinterpret_cast<void*>(~std::uintptr_t{0})), nullptr);
    EXPECT_EQ(packet_map::find(reinterpret_cast<void*>(std::uintptr_t{1} << 48)), nullptr);
}

} // namespace
} // namespace ndispool::ndis
