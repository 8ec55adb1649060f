#include <array>
#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "ndis/kernel.h"

namespace ndispool::nt {
namespace {

TEST(ExInterlockedList, inserting_returns_the_neighbour_before_or_null) {
    LIST_ENTRY head, a, b, c;
    KSPIN_LOCK lock = 0;
    InitializeListHead(&head);
    EXPECT_EQ(ExInterlockedInsertHeadList(&head, &a, &lock), nullptr);
    EXPECT_EQ(ExInterlockedInsertHeadList(&head, &b, &lock), &a);
    EXPECT_EQ(ExInterlockedInsertTailList(&head, &c, &lock), &a);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &b);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &a);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &c);
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), nullptr);
    EXPECT_EQ(ExInterlockedInsertTailList(&head, &a, &lock), nullptr);
    EXPECT_EQ(lock, 0u);
}

TEST(ExInterlockedList, works_at_any_irql_and_does_not_change_it) {
    LIST_ENTRY head, a;
    KSPIN_LOCK lock = 0;
    InitializeListHead(&head);
    ExInterlockedInsertTailList(&head, &a, &lock);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    EXPECT_EQ(ExInterlockedRemoveHeadList(&head, &lock), &a);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

TEST(ExInterlockedEntryList, pops_what_was_pushed_last) {
    SINGLE_LIST_ENTRY head{}, a, b;
    KSPIN_LOCK lock = 0;
    EXPECT_EQ(ExInterlockedPushEntryList(&head, &a, &lock), nullptr);
    EXPECT_EQ(ExInterlockedPushEntryList(&head, &b, &lock), &a);
    EXPECT_EQ(ExInterlockedPopEntryList(&head, &lock), &b);
    EXPECT_EQ(ExInterlockedPopEntryList(&head, &lock), &a);
    EXPECT_EQ(ExInterlockedPopEntryList(&head, &lock), nullptr);
}

TEST(ExInterlockedAdd, returns_the_value_before) {
    KSPIN_LOCK lock = 0;
    ULONG value = 0xFFFFFFFF;
    EXPECT_EQ(ExInterlockedAddUlong(&value, 2, &lock), 0xFFFFFFFFu);
    EXPECT_EQ(value, 1u);
    LARGE_INTEGER large, increment;
    large.QuadPart = 0xFFFFFFFF;
    increment.QuadPart = -2;
    EXPECT_EQ(ExInterlockedAddLargeInteger(&large, increment, &lock).QuadPart, 0xFFFFFFFF);
    EXPECT_EQ(large.QuadPart, 0xFFFFFFFD);
    ExInterlockedAddLargeStatistic(&large, 0xFFFFFFFF);
    EXPECT_EQ(large.QuadPart, 0x1FFFFFFFC);
}

TEST(SequencedList, that_is_zero_filled_is_empty) {
    SLIST_HEADER head{};
    EXPECT_EQ(ExQueryDepthSList(&head), 0);
    EXPECT_EQ(ExInterlockedPopEntrySList(&head, nullptr), nullptr);
    EXPECT_EQ(ExInterlockedFlushSList(&head), nullptr);
}

TEST(SequencedList, pops_what_was_pushed_last_and_counts_its_entries) {
    SLIST_HEADER head;
    SLIST_ENTRY a, b;
    ExInitializeSListHead(&head);
    EXPECT_EQ(ExInterlockedPushEntrySList(&head, &a, nullptr), nullptr);
    EXPECT_EQ(ExInterlockedPushEntrySList(&head, &b, nullptr), &a);
    EXPECT_EQ(ExQueryDepthSList(&head), 2);
    EXPECT_EQ(head.HeaderX64.Depth, 2u) << "compiled drivers read the depth inline";
    EXPECT_EQ(ExInterlockedPopEntrySList(&head, nullptr), &b);
    ExInterlockedPushEntrySList(&head, &b, nullptr);
    EXPECT_EQ(ExInterlockedFlushSList(&head), &b);
    EXPECT_EQ(b.Next, &a);
    EXPECT_EQ(ExQueryDepthSList(&head), 0);
}

TEST(SequencedList, gives_an_entry_to_one_thread_at_a_time) {
    struct Item {
        SLIST_ENTRY entry;
        int owner; // plain: the list must order the threads
    };
    static std::array<Item, 8> items;
    SLIST_HEADER head;
    ExInitializeSListHead(&head);
    for (Item& item : items)
        ExInterlockedPushEntrySList(&head, &item.entry, nullptr);
    {
        std::vector<std::jthread> threads;
        for (int t = 1; t <= 4; ++t)
            threads.emplace_back([&head, t] {
                for (int i = 0; i < 3000; ++i) {
                    const PSLIST_ENTRY entry = ExInterlockedPopEntrySList(&head, nullptr);
                    if (entry == nullptr)
                        continue;
                    Item& item = *CONTAINING_RECORD(entry, Item, entry);
                    item.owner = t;
                    std::this_thread::yield(); // long enough for another owner to be seen
                    EXPECT_EQ(item.owner, t);
                    ExInterlockedPushEntrySList(&head, entry, nullptr);
                }
            });
    }
    EXPECT_EQ(ExQueryDepthSList(&head), items.size());
}

TEST(Interlocked, increment_and_decrement_return_the_new_value_and_the_others_the_old) {
    LONG value = 5;
    EXPECT_EQ(InterlockedIncrement(&value), 6);
    EXPECT_EQ(InterlockedDecrement(&value), 5);
    EXPECT_EQ(InterlockedExchange(&value, 8), 5);
    EXPECT_EQ(InterlockedExchangeAdd(&value, 2), 8);
    EXPECT_EQ(InterlockedCompareExchange(&value, 1, 99), 10);
    EXPECT_EQ(InterlockedCompareExchange(&value, 1, 10), 10);
    EXPECT_EQ(InterlockedOr(&value, 6), 1);
    EXPECT_EQ(InterlockedAnd(&value, 6), 7);
    EXPECT_EQ(value, 6);
    LONGLONG large = INT64_C(1) << 40;
    EXPECT_EQ(InterlockedIncrement64(&large), (INT64_C(1) << 40) + 1);
    EXPECT_EQ(InterlockedDecrement64(&large), INT64_C(1) << 40);
    EXPECT_EQ(InterlockedExchangeAdd64(&large, 1), INT64_C(1) << 40);
    EXPECT_EQ(InterlockedCompareExchange64(&large, 3, (INT64_C(1) << 40) + 1), (INT64_C(1) << 40) + 1);
    PVOID pointer = &value;
    EXPECT_EQ(InterlockedCompareExchangePointer(&pointer, &large, nullptr), &value);
    EXPECT_EQ(InterlockedExchangePointer(&pointer, &large), &value);
    EXPECT_EQ(pointer, &large);
}

} // namespace
} // namespace ndispool::nt
