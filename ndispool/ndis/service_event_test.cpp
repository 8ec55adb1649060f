#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

#include "ndis/sync.h"
#include "ndis/system.h"
#include "ndispool/nt/testing.h"

namespace ndispool::ndis {
namespace {

TEST(NdisEvent, is_not_signalled_at_first) {
    NDIS_EVENT event;
    NdisInitializeEvent(&event);
    EXPECT_FALSE(NdisWaitEvent(&event, 1));
}

TEST(NdisEvent, stays_set_for_every_waiter_until_it_is_reset) {
    NDIS_EVENT event;
    NdisInitializeEvent(&event);
    std::vector<std::jthread> waiters;
    for (int t = 0; t < 3; ++t)
        waiters.emplace_back([&event] { EXPECT_TRUE(NdisWaitEvent(&event, 0)); });
    NdisSetEvent(&event);
    waiters.clear();
    EXPECT_TRUE(NdisWaitEvent(&event, 0)) << "zero is for ever, and it is set";
    EXPECT_TRUE(NdisWaitEvent(&event, 1));
    NdisResetEvent(&event);
    EXPECT_FALSE(NdisWaitEvent(&event, 1));
}

TEST(NdisEvent, may_be_set_at_dispatch_level) {
    nt::BugTrap bugs;
    NDIS_EVENT event;
    NdisInitializeEvent(&event);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisSetEvent(&event);
    KeLowerIrql(old);
    EXPECT_TRUE(NdisWaitEvent(&event, 0));
    EXPECT_TRUE(bugs.reports().empty());
}

TEST(NdisEvent, may_be_freed_by_the_waiter_it_woke) {
    for (int i = 0; i < 200; ++i) {
        auto event = std::make_unique<NDIS_EVENT>();
        NdisInitializeEvent(event.get());
        std::jthread setter([raw = event.get()] { NdisSetEvent(raw); });
        NdisWaitEvent(event.get(), 0);
        event.reset();
    }
}

TEST(NdisWaitEvent, at_dispatch_level_is_reported) {
    nt::BugTrap bugs;
    NDIS_EVENT event;
    NdisInitializeEvent(&event);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    EXPECT_FALSE(NdisWaitEvent(&event, 1));
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

TEST(NdisMSleep, sleeps_at_least_so_many_microseconds) {
    const LARGE_INTEGER start = KeQueryPerformanceCounter(nullptr);
    NdisMSleep(1500);
    EXPECT_GE(KeQueryPerformanceCounter(nullptr).QuadPart - start.QuadPart, 15'000);
}

} // namespace
} // namespace ndispool::ndis
