#include "ndispool/nt/dpcs.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "ndis/kernel.h"
#include "ndispool/machine/processor.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

// One processor, so that a test at DISPATCH keeps every DPC from running.
class Dpc : public testing::Test {
  protected:
    void SetUp() override { machine::start({.processors = 1}); }
    void TearDown() override { machine::stop(); }
};

struct Seen {
    std::atomic<int> calls = 0;
    void *dpc = nullptr, *argument1 = nullptr, *argument2 = nullptr;
    KIRQL irql = PASSIVE_LEVEL;
};

void note(PKDPC dpc, void* context, void* argument1, void* argument2) {
    Seen& seen = *static_cast<Seen*>(context);
    seen.dpc = dpc;
    seen.argument1 = argument1;
    seen.argument2 = argument2;
    seen.irql = KeGetCurrentIrql();
    ++seen.calls;
}

__attribute__((ms_abi)) void note_microsoft(PKDPC dpc, void* context, void* argument1, void* argument2) {
    note(dpc, context, argument1, argument2);
}

TEST_F(Dpc, runs_at_dispatch_level_with_its_context_and_arguments) {
    Seen seen;
    KDPC dpc;
    KeInitializeDpc(&dpc, note, &seen);
    int argument1, argument2;
    EXPECT_TRUE(KeInsertQueueDpc(&dpc, &argument1, &argument2));
    KeFlushQueuedDpcs();
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.dpc, &dpc);
    EXPECT_EQ(seen.argument1, &argument1);
    EXPECT_EQ(seen.argument2, &argument2);
    EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
}

TEST_F(Dpc, queued_twice_runs_once_with_the_first_arguments) {
    Seen seen;
    KDPC dpc;
    KeInitializeDpc(&dpc, note, &seen);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    EXPECT_TRUE(KeInsertQueueDpc(&dpc, &seen, nullptr));
    EXPECT_FALSE(KeInsertQueueDpc(&dpc, nullptr, nullptr));
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.argument1, &seen);
}

TEST_F(Dpc, removed_before_it_ran_does_not_run) {
    Seen seen;
    KDPC dpc;
    KeInitializeDpc(&dpc, note, &seen);
    EXPECT_FALSE(KeRemoveQueueDpc(&dpc));
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    EXPECT_TRUE(KeRemoveQueueDpc(&dpc));
    EXPECT_FALSE(KeRemoveQueueDpc(&dpc));
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    EXPECT_EQ(seen.calls, 0);
}

TEST_F(Dpc, may_free_itself_in_its_routine) {
    static std::atomic<bool> freed;
    freed = false;
    auto dpc = std::make_unique<KDPC>();
    KeInitializeDpc(
        dpc.get(),
        [](PKDPC self, void*, void*, void*) {
            delete self;
            freed = true;
        },
        nullptr);
    KeInsertQueueDpc(dpc.release(), nullptr, nullptr);
    KeFlushQueuedDpcs();
    EXPECT_TRUE(freed);
}

TEST_F(Dpc, may_queue_itself_in_its_routine) {
    Seen seen;
    KDPC dpc;
    KeInitializeDpc(
        &dpc,
        [](PKDPC self, void* context, void*, void*) {
            if (++static_cast<Seen*>(context)->calls < 3) {
                EXPECT_TRUE(KeInsertQueueDpc(self, nullptr, nullptr));
            }
        },
        &seen);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    while (seen.calls < 3)
        KeFlushQueuedDpcs();
    EXPECT_EQ(seen.calls, 3);
}

TEST_F(Dpc, of_a_driver_is_found_by_its_code_until_it_runs) {
    Seen seen;
    KDPC dpc;
    KeInitializeDpc(&dpc, note, &seen);
    const auto code = reinterpret_cast<const char*>(&note);
    register_code(code, code + 1, Abi::system_v, &seen);
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    ASSERT_EQ(dpcs_of(&seen).size(), 1u);
    EXPECT_EQ(dpcs_of(&seen)[0].object, &dpc);
    EXPECT_EQ(dpcs_of(&seen)[0].code, code);
    EXPECT_TRUE(dpcs_of(&dpc).empty());
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    EXPECT_TRUE(dpcs_of(&seen).empty());
    unregister_code(code);
}

TEST_F(Dpc, of_a_microsoft_driver_is_called_its_way) {
    Seen seen;
    KDPC dpc;
    const auto routine = reinterpret_cast<PKDEFERRED_ROUTINE>(&note_microsoft);
    const auto code = reinterpret_cast<const char*>(routine);
    register_code(code, code + 1, Abi::microsoft, nullptr);
    KeInitializeDpc(&dpc, routine, &seen);
    KeInsertQueueDpc(&dpc, &seen, &dpc);
    KeFlushQueuedDpcs();
    unregister_code(code);
    EXPECT_EQ(seen.argument1, &seen);
    EXPECT_EQ(seen.argument2, &dpc);
}

TEST_F(Dpc, that_returns_at_another_irql_is_reported_with_the_level_set_right) {
    BugTrap bugs;
    const PKDEFERRED_ROUTINE routine = [](PKDPC, void*, void*, void*) { KeLowerIrql(PASSIVE_LEVEL); };
    KDPC dpc;
    KeInitializeDpc(&dpc, routine, nullptr);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    KeFlushQueuedDpcs();
    const auto reports = bugs.reports();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].object, reinterpret_cast<const void*>(routine)) << "the driver's routine, not one of ours";
}

TEST(DpcTarget, is_the_processor_it_runs_on) {
    machine::start({.processors = 4});
    struct Where {
        std::atomic<ULONG> processor = 99;
    } where;
    KDPC dpc;
    KeInitializeDpc(
        &dpc,
        [](PKDPC, void* context, void*, void*) {
            static_cast<Where*>(context)->processor = KeGetCurrentProcessorNumber();
        },
        &where);
    for (const CCHAR processor : {3, 0, 2}) {
        KeSetTargetProcessorDpc(&dpc, processor);
        KeInsertQueueDpc(&dpc, nullptr, nullptr);
        KeFlushQueuedDpcs();
        EXPECT_EQ(where.processor, static_cast<ULONG>(processor));
    }
    machine::stop();
}

} // namespace
} // namespace ndispool::nt
