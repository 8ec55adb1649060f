#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "ndis/kernel.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

LARGE_INTEGER in_100ns(LONGLONG value) {
    LARGE_INTEGER result;
    result.QuadPart = value;
    return result;
}

NTSTATUS look_at(PVOID object) {
    LARGE_INTEGER zero = in_100ns(0);
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &zero);
}

NTSTATUS wait_for(PVOID object) {
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, nullptr);
}

TEST(KernelEvent, starts_as_it_was_told) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT_NE(KeReadStateEvent(&event), 0);
}

TEST(KernelEvent, set_and_reset_return_the_state_before) {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    EXPECT_NE(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    EXPECT_NE(KeResetEvent(&event), 0);
    EXPECT_EQ(KeResetEvent(&event), 0);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&event);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
}

TEST(KernelEvent, of_notification_stays_set_when_a_wait_is_over) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT_EQ(wait_for(&event), STATUS_SUCCESS);
    EXPECT_EQ(wait_for(&event), STATUS_SUCCESS);
}

TEST(KernelEvent, of_synchronization_is_reset_by_the_wait_it_ends) {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    EXPECT_EQ(wait_for(&event), STATUS_SUCCESS);
    EXPECT_EQ(look_at(&event), STATUS_TIMEOUT);
}

TEST(KernelEvent, of_synchronization_lets_exactly_one_waiter_go) {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    std::atomic<int> through = 0;
    KEVENT went;
    KeInitializeEvent(&went, SynchronizationEvent, FALSE);
    std::vector<std::jthread> waiters;
    for (int t = 0; t < 3; ++t)
        waiters.emplace_back([&] {
            EXPECT_EQ(wait_for(&event), STATUS_SUCCESS);
            ++through;
            KeSetEvent(&went, IO_NO_INCREMENT, FALSE);
        });
    for (int expected = 1; expected <= 3; ++expected) {
        KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        EXPECT_EQ(wait_for(&went), STATUS_SUCCESS);
        EXPECT_EQ(through, expected);
    }
}

TEST(KernelEvent, of_notification_lets_every_waiter_go) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    std::vector<std::jthread> waiters;
    for (int t = 0; t < 3; ++t)
        waiters.emplace_back([&] { EXPECT_EQ(wait_for(&event), STATUS_SUCCESS); });
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
}

TEST(KernelEvent, a_wait_of_zero_only_looks_also_at_dispatch_level) {
    BugTrap bugs;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    EXPECT_EQ(look_at(&event), STATUS_TIMEOUT);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(look_at(&event), STATUS_SUCCESS);
    KeLowerIrql(old);
    EXPECT_TRUE(bugs.reports().empty());
}

TEST(KernelEvent, a_wait_ends_after_its_relative_or_at_its_absolute_time) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    LARGE_INTEGER before, after;
    LARGE_INTEGER relative = in_100ns(-20'000);
    KeQueryTickCount(&before);
    const LARGE_INTEGER start = KeQueryPerformanceCounter(nullptr);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &relative), STATUS_TIMEOUT);
    EXPECT_GE(KeQueryPerformanceCounter(nullptr).QuadPart - start.QuadPart, 20'000);
    KeQueryTickCount(&after);
    EXPECT_GE(after.QuadPart, before.QuadPart);

    LARGE_INTEGER past = in_100ns(1);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &past), STATUS_TIMEOUT);
    LARGE_INTEGER longest = in_100ns(INT64_MIN);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &longest), STATUS_SUCCESS);
}

TEST(KernelEvent, another_kind_of_object_is_reported_and_not_waited_for) {
    BugTrap bugs;
    KEVENT semaphore;
    KeInitializeEvent(&semaphore, NotificationEvent, FALSE);
    semaphore.Header.Type = 5;
    EXPECT_EQ(wait_for(&semaphore), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

NTSTATUS wait_for_several(std::vector<PVOID> objects, WAIT_TYPE type, LONGLONG timeout_100ns = 0) {
    LARGE_INTEGER timeout = in_100ns(timeout_100ns);
    return KeWaitForMultipleObjects(static_cast<ULONG>(objects.size()), objects.data(), type, Executive, KernelMode,
                                    FALSE, &timeout, nullptr);
}

TEST(KernelEvent, of_several_any_ends_the_wait_with_its_index) {
    KEVENT first, second, third;
    KeInitializeEvent(&first, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second, SynchronizationEvent, TRUE);
    KeInitializeEvent(&third, SynchronizationEvent, TRUE);
    EXPECT_EQ(wait_for_several({&first, &second, &third}, WaitAny), STATUS_WAIT_0 + 1);
    EXPECT_EQ(KeReadStateEvent(&second), 0);
    EXPECT_NE(KeReadStateEvent(&third), 0);
    EXPECT_EQ(wait_for_several({&first, &second}, WaitAny, -10'000), STATUS_TIMEOUT);
}

TEST(KernelEvent, several_are_waited_for_together) {
    KEVENT first, second;
    KeInitializeEvent(&first, SynchronizationEvent, TRUE);
    KeInitializeEvent(&second, NotificationEvent, FALSE);
    EXPECT_EQ(wait_for_several({&first, &second}, WaitAll), STATUS_TIMEOUT);
    EXPECT_NE(KeReadStateEvent(&first), 0);
    KeSetEvent(&second, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(wait_for_several({&first, &second}, WaitAll), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(&first), 0);
}

TEST(KernelEvent, several_that_are_none_too_many_or_no_events_are_reported) {
    BugTrap bugs;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT_EQ(wait_for_several({}, WaitAny), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(wait_for_several(std::vector<PVOID>(MAXIMUM_WAIT_OBJECTS + 1, &event), WaitAny),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(wait_for_several(std::vector<PVOID>(MAXIMUM_WAIT_OBJECTS, &event), WaitAll), STATUS_SUCCESS);
    event.Header.Type = 5;
    EXPECT_EQ(wait_for_several({&event}, WaitAny), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(bugs.reports().size(), 3u);
}

TEST(KeDelayExecutionThread, sleeps_at_least_so_long) {
    LARGE_INTEGER interval = in_100ns(-10'000);
    const LARGE_INTEGER start = KeQueryPerformanceCounter(nullptr);
    EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &interval), STATUS_SUCCESS);
    EXPECT_GE(KeQueryPerformanceCounter(nullptr).QuadPart - start.QuadPart, 10'000);
}

} // namespace
} // namespace ndispool::nt
