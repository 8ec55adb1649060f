#include <algorithm>
#include <gtest/gtest.h>
#include <optional>

#include "ndis/memory.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/testing.h"

namespace ndispool::ndis {
namespace {

constexpr ULONG tag = 0x74736554; // "Test"

std::optional<nt::Block> record_of(const void* address) {
    const auto all = nt::memory_in_use();
    const auto found = std::ranges::find(all, address, &nt::Block::address);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

TEST(NdisAllocateMemoryWithTag, gives_memory_aligned_to_16_under_the_tag) {
    PVOID memory = nullptr;
    ASSERT_EQ(NdisAllocateMemoryWithTag(&memory, 33, tag), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0u);
    EXPECT_EQ(record_of(memory)->bytes, 33u);
    EXPECT_EQ(record_of(memory)->tag, tag);
    NdisFreeMemory(memory, 0, 0); // drivers pass zeros
    EXPECT_FALSE(record_of(memory));
}

TEST(NdisAllocateMemoryWithTag, of_length_zero_gives_a_valid_pointer) {
    PVOID memory = nullptr;
    ASSERT_EQ(NdisAllocateMemoryWithTag(&memory, 0, tag), NDIS_STATUS_SUCCESS);
    EXPECT_NE(memory, nullptr);
    NdisFreeMemory(memory, 0, 0);
}

TEST(NdisAllocateMemory, takes_every_flag_for_the_same_memory) {
    const NDIS_PHYSICAL_ADDRESS highest = NDIS_PHYSICAL_ADDRESS_CONST(-1, -1);
    for (const UINT flags : {0, NDIS_MEMORY_CONTIGUOUS, NDIS_MEMORY_NONCACHED}) {
        PVOID memory = nullptr;
        ASSERT_EQ(NdisAllocateMemory(&memory, 100, flags, highest), NDIS_STATUS_SUCCESS);
        EXPECT_EQ(record_of(memory)->bytes, 100u);
        NdisFreeMemory(memory, 100, flags);
    }
}

TEST(NdisAllocateMemoryWithTagPriority, returns_the_memory) {
    const PVOID memory = NdisAllocateMemoryWithTagPriority(nullptr, 10, tag, NormalPoolPriority);
    EXPECT_TRUE(record_of(memory));
    NdisFreeMemoryWithTag(memory, tag);
    EXPECT_FALSE(record_of(memory));
}

TEST(NdisFreeMemory, of_what_is_not_allocated_is_reported_and_does_no_harm) {
    nt::BugTrap bugs;
    char on_the_stack[16];
    NdisFreeMemory(on_the_stack, 16, 0);
    EXPECT_EQ(bugs.reports().size(), 1u);
    NdisFreeMemory(nullptr, 0, 0);
    EXPECT_TRUE(bugs.reports().empty());
}

TEST(NPagedLookasideList, gives_entries_of_its_size_under_its_tag) {
    NPAGED_LOOKASIDE_LIST list;
    NdisInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 48, tag, 0);
    const PVOID entry = NdisAllocateFromNPagedLookasideList(&list);
    ASSERT_TRUE(record_of(entry));
    EXPECT_EQ(record_of(entry)->bytes, 48u);
    EXPECT_EQ(record_of(entry)->tag, tag);
    NdisFreeToNPagedLookasideList(&list, entry);
    EXPECT_FALSE(record_of(entry)) << "nothing is kept for later";
    NdisDeleteNPagedLookasideList(&list);
}

int allocations, frees;

PVOID allocate_entry(POOL_TYPE type, SIZE_T bytes, ULONG its_tag) {
    ++allocations;
    return type == NonPagedPool ? ExAllocatePoolWithTag(type, bytes, its_tag) : nullptr;
}

void free_entry(PVOID entry) {
    ++frees;
    ExFreePool(entry);
}

TEST(NPagedLookasideList, calls_the_drivers_functions_for_every_entry) {
    NPAGED_LOOKASIDE_LIST list;
    NdisInitializeNPagedLookasideList(&list, allocate_entry, free_entry, 0, 48, tag, 0);
    allocations = frees = 0;
    for (int i = 0; i < 3; ++i)
        NdisFreeToNPagedLookasideList(&list, NdisAllocateFromNPagedLookasideList(&list));
    EXPECT_EQ(allocations, 3);
    EXPECT_EQ(frees, 3);
    NdisDeleteNPagedLookasideList(&list);
}

// A list made by a Microsoft driver: the function is found by the code range of the call.
NPAGED_LOOKASIDE_LIST* made;

__attribute__((noinline)) void make_as_registered_driver() {
    NdisInitializeNPagedLookasideList(made, nullptr, nullptr, 0, 48, tag, 0);
    asm volatile(""); // no tail call: the call must return into this function
}

TEST(NPagedLookasideList, holds_functions_that_the_drivers_inline_code_can_call) {
    NPAGED_LOOKASIDE_LIST list;
    made = &list;
    const auto code = reinterpret_cast<const char*>(&make_as_registered_driver);
    nt::register_code(code, code + 256, nt::Abi::microsoft, nullptr);
    make_as_registered_driver();
    nt::unregister_code(code);
    EXPECT_EQ(list.Depth, 0) << "inline code frees at once what is beyond the depth";
    using Allocate = PVOID(__attribute__((ms_abi))*)(POOL_TYPE, SIZE_T, ULONG);
    using Free = void(__attribute__((ms_abi))*)(PVOID);
    const PVOID inline_entry = reinterpret_cast<Allocate>(list.Allocate)(list.Type, list.Size, list.Tag);
    EXPECT_EQ(record_of(inline_entry)->bytes, 48u);
    NdisFreeToNPagedLookasideList(&list, inline_entry);
    const PVOID entry = NdisAllocateFromNPagedLookasideList(&list);
    reinterpret_cast<Free>(list.Free)(entry);
    EXPECT_FALSE(record_of(entry));
}

} // namespace
} // namespace ndispool::ndis
