#include "ndispool/ndis/service_work.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>

#include "ndis/status.h"
#include "ndis/sync.h"
#include "ndispool/machine/processor.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/testing.h"

namespace ndispool::ndis {
namespace {

class WorkItem : public testing::Test {
  protected:
    void SetUp() override { machine::start({}); }
    void TearDown() override { machine::stop(); }
};

struct Seen {
    std::atomic<int> calls = 0;
    PNDIS_WORK_ITEM item = nullptr;
    KIRQL irql = DISPATCH_LEVEL;
};

void note(PNDIS_WORK_ITEM item, PVOID context) {
    Seen& seen = *static_cast<Seen*>(context);
    seen.item = item;
    seen.irql = KeGetCurrentIrql();
    ++seen.calls;
}

__attribute__((ms_abi)) void note_microsoft(PNDIS_WORK_ITEM item, PVOID context) {
    note(item, context);
}

TEST_F(WorkItem, runs_at_passive_level_with_item_and_context) {
    Seen seen;
    NDIS_WORK_ITEM item;
    NdisInitializeWorkItem(&item, note, &seen);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    EXPECT_EQ(NdisScheduleWorkItem(&item), NDIS_STATUS_SUCCESS);
    KeLowerIrql(old);
    machine::drain_work();
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.item, &item);
    EXPECT_EQ(seen.irql, PASSIVE_LEVEL);
}

TEST_F(WorkItem, may_be_freed_by_its_routine) {
    static std::atomic<bool> freed;
    freed = false;
    auto item = std::make_unique<NDIS_WORK_ITEM>();
    NdisInitializeWorkItem(
        item.get(),
        [](PNDIS_WORK_ITEM self, PVOID) {
            delete self;
            freed = true;
        },
        nullptr);
    NdisScheduleWorkItem(item.release());
    machine::drain_work();
    EXPECT_TRUE(freed);
}

TEST_F(WorkItem, may_be_scheduled_again_by_its_routine) {
    nt::BugTrap bugs;
    struct Mine : Seen {
        NDIS_WORK_ITEM again;
        NDIS_EVENT done;
    } mine;
    NdisInitializeEvent(&mine.done);
    const auto routine = [](PNDIS_WORK_ITEM self, PVOID context) {
        if (++static_cast<Mine*>(context)->calls < 3)
            NdisScheduleWorkItem(self);
        else
            NdisSetEvent(&static_cast<Mine*>(context)->done);
    };
    NdisInitializeWorkItem(&mine.again, routine, &mine);
    NdisScheduleWorkItem(&mine.again);
    NdisWaitEvent(&mine.done, 0);
    EXPECT_EQ(mine.calls, 3);
    EXPECT_TRUE(bugs.reports().empty());
}

// Items that wait in their routine until the gate opens keep later ones of the same routine queued or running, never
// lost.
struct Gate {
    NDIS_EVENT open;
    std::atomic<int> waiting = 0, passed = 0;
    Gate() { NdisInitializeEvent(&open); }
};

void pass(PNDIS_WORK_ITEM, PVOID context) {
    Gate& gate = *static_cast<Gate*>(context);
    ++gate.waiting;
    NdisWaitEvent(&gate.open, 0);
    ++gate.passed;
}

TEST_F(WorkItem, several_run_at_once) {
    Gate gate;
    NDIS_WORK_ITEM items[4];
    for (NDIS_WORK_ITEM& item : items) {
        NdisInitializeWorkItem(&item, pass, &gate);
        NdisScheduleWorkItem(&item);
    }
    while (gate.waiting < 4)
        NdisMSleep(100); // would not end if one had to wait for another
    NdisSetEvent(&gate.open);
    machine::drain_work();
    EXPECT_EQ(gate.passed, 4);
}

TEST_F(WorkItem, queued_twice_is_reported_and_queued_once) {
    nt::BugTrap bugs;
    Gate gate;
    // As many blocked items as there can be workers, so that the last one stays in the queue.
    static NDIS_WORK_ITEM blockers[64];
    for (NDIS_WORK_ITEM& blocker : blockers) {
        NdisInitializeWorkItem(&blocker, pass, &gate);
        NdisScheduleWorkItem(&blocker);
    }
    while (gate.waiting < 64)
        NdisMSleep(100);
    Seen seen;
    NDIS_WORK_ITEM item;
    NdisInitializeWorkItem(&item, note, &seen);
    const auto code = reinterpret_cast<const char*>(&note);
    nt::register_code(code, code + 1, nt::Abi::system_v, &seen);
    NdisScheduleWorkItem(&item);
    EXPECT_EQ(NdisScheduleWorkItem(&item), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(bugs.reports().size(), 1u);
    ASSERT_EQ(work_of(&seen).size(), 1u);
    EXPECT_EQ(work_of(&seen)[0].object, &item);
    EXPECT_EQ(work_of(&seen)[0].code, code);
    EXPECT_TRUE(work_of(&item).empty());
    NdisSetEvent(&gate.open);
    machine::drain_work();
    EXPECT_EQ(seen.calls, 1);
    EXPECT_TRUE(work_of(&seen).empty());
    nt::unregister_code(code);
}

TEST_F(WorkItem, of_a_microsoft_driver_is_called_its_way) {
    Seen seen;
    NDIS_WORK_ITEM item;
    const auto routine = reinterpret_cast<NDIS_PROC>(&note_microsoft);
    const auto code = reinterpret_cast<const char*>(routine);
    nt::register_code(code, code + 1, nt::Abi::microsoft, nullptr);
    NdisInitializeWorkItem(&item, routine, &seen);
    NdisScheduleWorkItem(&item);
    machine::drain_work();
    nt::unregister_code(code);
    EXPECT_EQ(seen.item, &item);
}

TEST_F(WorkItem, that_returns_at_another_irql_is_reported) {
    nt::BugTrap bugs;
    const NDIS_PROC routine = [](PNDIS_WORK_ITEM, PVOID) { KeRaiseIrqlToDpcLevel(); };
    NDIS_WORK_ITEM item;
    NdisInitializeWorkItem(&item, routine, nullptr);
    NdisScheduleWorkItem(&item);
    machine::drain_work();
    const auto reports = bugs.reports();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].object, reinterpret_cast<const void*>(routine)) << "the driver's routine, not one of ours";
}

} // namespace
} // namespace ndispool::ndis
