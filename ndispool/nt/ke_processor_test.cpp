#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "ndis/kernel.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

TEST(Irql, is_passive_at_first_and_goes_up_and_back) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KIRQL old = 99;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT_EQ(KeRaiseIrqlToDpcLevel(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST(Processors, have_numbers_below_the_bits_that_are_active) {
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    EXPECT_NE(KeQueryActiveProcessors() & (KAFFINITY{1} << KeGetCurrentProcessorNumber()), 0u);
    KeLowerIrql(old);
}

TEST(KernelSpinLock, raises_to_dispatch_while_it_is_held) {
    KSPIN_LOCK lock = 1;
    KeInitializeSpinLock(&lock);
    EXPECT_EQ(lock, 0u);
    KIRQL old = 99;
    KeAcquireSpinLock(&lock, &old);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT_NE(lock, 0u);
    KeReleaseSpinLock(&lock, old);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_EQ(lock, 0u);
}

TEST(KernelSpinLock, at_dpc_level_changes_no_irql) {
    KSPIN_LOCK lock = 0;
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    KeAcquireSpinLockAtDpcLevel(&lock);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseSpinLockFromDpcLevel(&lock);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

TEST(KernelSpinLock, lets_one_thread_in_at_a_time) {
    KSPIN_LOCK lock = 0;
    int counter = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 2000; ++i) {
                    const KIRQL old = KeAcquireSpinLockRaiseToDpc(&lock);
                    ++counter;
                    KeReleaseSpinLock(&lock, old);
                }
            });
    }
    EXPECT_EQ(counter, 8000);
}

TEST(KernelSpinLock, taken_twice_by_one_thread_is_reported) {
    BugTrap bugs;
    KSPIN_LOCK lock = 0;
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeAcquireSpinLockAtDpcLevel(&lock);
    EXPECT_EQ(bugs.reports().size(), 1u);
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeLowerIrql(old);
}

} // namespace
} // namespace ndispool::nt
