#include <cstring>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "ndis/sync.h"
#include "ndispool/machine/processor.h"
#include "ndispool/nt/testing.h"

namespace ndispool::ndis {
namespace {

TEST(NdisSpinLock, raises_to_dispatch_level_and_back_to_the_level_before) {
    NDIS_SPIN_LOCK outer, inner;
    NdisAllocateSpinLock(&outer);
    NdisAllocateSpinLock(&inner);
    NdisAcquireSpinLock(&outer);
    EXPECT_EQ(outer.OldIrql, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisAcquireSpinLock(&inner);
    EXPECT_EQ(inner.OldIrql, DISPATCH_LEVEL);
    NdisReleaseSpinLock(&inner);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&outer);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisFreeSpinLock(&outer);
    NdisFreeSpinLock(&inner);
}

TEST(NdisSpinLock, that_is_zero_filled_is_free) {
    NDIS_SPIN_LOCK lock;
    std::memset(&lock, 0, sizeof lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    EXPECT_EQ(lock.SpinLock, 0u);
}

TEST(NdisSpinLock, of_the_dpr_calls_changes_no_irql) {
    NDIS_SPIN_LOCK lock{};
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    lock.OldIrql = 77;
    NdisDprAcquireSpinLock(&lock);
    EXPECT_NE(lock.SpinLock, 0u);
    NdisDprReleaseSpinLock(&lock);
    EXPECT_EQ(lock.OldIrql, 77);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

TEST(NdisSpinLock, keeps_the_level_of_its_owner_apart_from_that_of_a_waiter) {
    machine::start({.processors = 4}); // with one, no two threads would be at DISPATCH
    NDIS_SPIN_LOCK lock{};
    int counter = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 1000; ++i) {
                    // Half of them come at DISPATCH already: a level stored too early or read too late would mix them
                    // up.
                    KIRQL old = PASSIVE_LEVEL;
                    if (t % 2)
                        KeRaiseIrql(DISPATCH_LEVEL, &old);
                    NdisAcquireSpinLock(&lock);
                    ++counter;
                    NdisReleaseSpinLock(&lock);
                    ASSERT_EQ(KeGetCurrentIrql(), t % 2 ? DISPATCH_LEVEL : PASSIVE_LEVEL);
                    if (t % 2)
                        KeLowerIrql(old);
                }
            });
    }
    EXPECT_EQ(counter, 4000);
    machine::stop();
}

TEST(NdisSpinLock, released_by_a_thread_that_does_not_own_it_is_reported) {
    nt::BugTrap bugs;
    NDIS_SPIN_LOCK lock{};
    NdisDprReleaseSpinLock(&lock);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

} // namespace
} // namespace ndispool::ndis
