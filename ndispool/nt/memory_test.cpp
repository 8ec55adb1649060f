#include "ndispool/nt/memory.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <optional>
#include <thread>

#include "ndis/memory.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

std::optional<Block> record_of(const void* address) {
    const auto all = memory_in_use();
    const auto found = std::ranges::find(all, address, &Block::address);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

bool aligned(const void* address, std::size_t to) {
    return reinterpret_cast<std::uintptr_t>(address) % to == 0;
}

constexpr ULONG tag = 0x74736554; // "Test"

TEST(Memory, is_aligned_to_16_bytes_and_can_be_written_to_its_last_byte) {
    for (const SIZE_T bytes : {1, 15, 16, 17, 1000}) {
        void* const memory = ExAllocatePoolWithTag(NonPagedPool, bytes, tag);
        ASSERT_NE(memory, nullptr);
        EXPECT_TRUE(aligned(memory, 16)) << bytes;
        std::memset(memory, 0xA5, bytes);
        ExFreePoolWithTag(memory, tag);
    }
}

TEST(Memory, of_length_zero_is_a_valid_pointer_of_its_own) {
    void* const first = ExAllocatePool(NonPagedPool, 0);
    void* const second = ExAllocatePool(NonPagedPool, 0);
    EXPECT_NE(first, nullptr);
    EXPECT_NE(first, second);
    ExFreePool(first);
    ExFreePool(second);
}

TEST(Memory, of_the_cache_aligned_pools_starts_a_cache_line) {
    void* blocks[8]; // one alone might lie there by chance
    for (void*& block : blocks) {
        block = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, 100, tag);
        EXPECT_TRUE(aligned(block, 64));
    }
    for (void* block : blocks)
        ExFreePool(block);
}

TEST(Memory, in_use_says_bytes_tag_and_who_allocated_it) {
    void* const memory = ExAllocatePoolWithTag(PagedPool, 123, tag);
    const auto record = record_of(memory);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->bytes, 123u);
    EXPECT_EQ(record->tag, tag);
    const auto test_body = reinterpret_cast<std::uintptr_t>(record->allocator);
    EXPECT_NE(test_body, 0u);
    ExFreePool(memory);
    EXPECT_FALSE(record_of(memory));
}

TEST(Memory, freeing_a_null_pointer_does_nothing) {
    BugTrap bugs;
    ExFreePool(nullptr);
    EXPECT_TRUE(bugs.reports().empty());
}

TEST(Memory, a_second_free_is_reported_and_does_no_harm) {
    BugTrap bugs;
    void* const memory = ExAllocatePool(NonPagedPool, 32);
    ExFreePool(memory);
    EXPECT_TRUE(bugs.reports().empty());
    ExFreePool(memory);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

TEST(Memory, a_pointer_that_was_never_allocated_is_reported_and_not_followed) {
    BugTrap bugs;
    char on_the_stack[64];
    ExFreePool(on_the_stack);
    ExFreePool(reinterpret_cast<void*>(8));
    void* const memory = ExAllocatePool(NonPagedPool, 32);
    ExFreePool(static_cast<char*>(memory) + 16);
    EXPECT_EQ(bugs.reports().size(), 3u);
    EXPECT_TRUE(record_of(memory)) << "a pointer into a block frees nothing";
    ExFreePool(memory);
}

TEST(Memory, may_be_freed_by_another_thread_and_leaves_no_record) {
    const std::size_t before = memory_in_use().size();
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([] {
            for (int i = 0; i < 2000; ++i) {
                void* const mine = ExAllocatePoolWithTag(NonPagedPool, static_cast<SIZE_T>(i % 300), tag);
                std::thread::id* const kept =
                    static_cast<std::thread::id*>(ExAllocatePool(NonPagedPool, sizeof(std::thread::id)));
                *kept = std::this_thread::get_id();
                ExFreePool(mine);
                EXPECT_EQ(*kept, std::this_thread::get_id());
                ExFreePool(kept);
            }
        });
    void* const handed_over = ExAllocatePool(NonPagedPool, 1);
    threads.emplace_back([handed_over] { ExFreePool(handed_over); });
    threads.clear();
    EXPECT_EQ(memory_in_use().size(), before);
}

TEST(RtlCompareMemory, counts_the_bytes_that_are_equal_from_the_start) {
    EXPECT_EQ(RtlCompareMemory("abcdef", "abcxef", 6), 3u);
    EXPECT_EQ(RtlCompareMemory("abc", "abc", 3), 3u);
    EXPECT_EQ(RtlCompareMemory("a", "b", 0), 0u);
}

TEST(MemoryMacros, compare_store_and_swap_as_drivers_expect) {
    UCHAR bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    NdisMoveMemory(bytes + 1, bytes, 4); // overlapping
    EXPECT_TRUE(NdisEqualMemory(bytes, "\1\1\2\3\4", 5));
    EXPECT_FALSE(NdisEqualMemory(bytes, "\1\1\2\3\5", 5));
    NdisStoreUlong(bytes + 1, 0x01020304u);
    ULONG value = 0;
    NdisRetrieveUlong(&value, bytes + 1);
    EXPECT_EQ(value, 0x01020304u);
    EXPECT_EQ(RtlUshortByteSwap(0x1234), 0x3412);
    EXPECT_EQ(RtlUlongByteSwap(0x12345678u), 0x78563412u);
    NdisZeroMemory(bytes, sizeof bytes);
    NdisFillMemory(bytes + 7, 1, 9);
    EXPECT_EQ(bytes[6] + bytes[7], 9);
}

TEST(EthernetAddresses, are_told_apart_by_the_macros) {
    const UCHAR broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, group[6] = {1, 0, 0x5e, 0, 0, 1};
    UCHAR station[6] = {2, 0, 0, 0, 0, 1};
    EXPECT_TRUE(ETH_IS_BROADCAST(broadcast) && ETH_IS_MULTICAST(broadcast));
    EXPECT_TRUE(ETH_IS_MULTICAST(group) && !ETH_IS_BROADCAST(group));
    EXPECT_FALSE(ETH_IS_MULTICAST(station));
    int order = 5;
    ETH_COMPARE_NETWORK_ADDRESSES(station, group, &order);
    EXPECT_EQ(order, 1);
    ETH_COMPARE_NETWORK_ADDRESSES(group, station, &order);
    EXPECT_EQ(order, -1);
    ETH_COMPARE_NETWORK_ADDRESSES_EQ(group, station, &order);
    EXPECT_EQ(order, 1);
    ETH_COPY_NETWORK_ADDRESS(station, group);
    ETH_COMPARE_NETWORK_ADDRESSES_EQ(group, station, &order);
    EXPECT_EQ(order, 0);
}

} // namespace
} // namespace ndispool::nt
