#include <gtest/gtest.h>

#include "ndis/sync.h"

namespace ndispool::ndis {
namespace {

TEST(NdisInterlocked, increment_and_decrement_return_the_new_value) {
    LONG value = 5;
    EXPECT_EQ(NdisInterlockedIncrement(&value), 6);
    EXPECT_EQ(NdisInterlockedDecrement(&value), 5);
}

TEST(NdisInterlocked, additions_return_the_old_value) {
    NDIS_SPIN_LOCK lock{};
    ULONG value = 5;
    EXPECT_EQ(NdisInterlockedAddUlong(&value, 3, &lock), 5u);
    EXPECT_EQ(value, 8u);
    LARGE_INTEGER large, increment;
    large.QuadPart = 1;
    increment.QuadPart = INT64_C(1) << 40;
    EXPECT_EQ(NdisInterlockedAddLargeInterger(&large, increment, &lock).QuadPart, 1);
    NdisInterlockedAddLargeStatistic(&large, 2);
    EXPECT_EQ(large.QuadPart, (INT64_C(1) << 40) + 3);
}

TEST(NdisInterlocked, list_calls_use_the_lock_word_and_leave_the_level_in_the_lock_alone) {
    NDIS_SPIN_LOCK lock{};
    lock.OldIrql = 77;
    LIST_ENTRY head, a, b;
    NdisInitializeListHead(&head);
    EXPECT_EQ(NdisInterlockedInsertHeadList(&head, &a, &lock), nullptr);
    EXPECT_EQ(NdisInterlockedInsertTailList(&head, &b, &lock), &a);
    EXPECT_EQ(NdisInterlockedRemoveHeadList(&head, &lock), &a);
    EXPECT_EQ(NdisInterlockedRemoveHeadList(&head, &lock), &b);
    EXPECT_EQ(NdisInterlockedRemoveHeadList(&head, &lock), nullptr);
    SINGLE_LIST_ENTRY stack{}, one, two;
    EXPECT_EQ(NdisInterlockedPushEntryList(&stack, &one, &lock), nullptr);
    EXPECT_EQ(NdisInterlockedPushEntryList(&stack, &two, &lock), &one);
    EXPECT_EQ(NdisInterlockedPopEntryList(&stack, &lock), &two);
    EXPECT_EQ(lock.OldIrql, 77);
    EXPECT_EQ(lock.SpinLock, 0u);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST(NdisInterlocked, sequenced_lists_are_the_kernels) {
    SLIST_HEADER head;
    SLIST_ENTRY entry;
    NdisInitializeSListHead(&head);
    NdisInterlockedPushEntrySList(&head, &entry, nullptr);
    EXPECT_EQ(NdisQueryDepthSList(&head), 1);
    EXPECT_EQ(NdisInterlockedPopEntrySList(&head, nullptr), &entry);
    EXPECT_EQ(NdisInterlockedFlushSList(&head), nullptr);
}

} // namespace
} // namespace ndispool::ndis
