#include "ndispool/nt/io_work.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "ndis/kernel.h"
#include "ndis/object.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

struct Seen {
    PIO_WORKITEM item = nullptr;
    PDEVICE_OBJECT device = nullptr;
    KIRQL irql = 99;
    int calls = 0;
};

TEST(IoWorkItem, runs_at_passive_level_with_its_device_and_may_be_freed_by_its_routine) {
    DEVICE_OBJECT device{};
    Seen seen{.item = IoAllocateWorkItem(&device)};
    IoQueueWorkItem(
        seen.item,
        [](PDEVICE_OBJECT with, PVOID context) {
            Seen& noted = *static_cast<Seen*>(context);
            noted.device = with;
            noted.irql = KeGetCurrentIrql();
            IoFreeWorkItem(noted.item);
        },
        DelayedWorkQueue, &seen);
    machine::drain_work();
    EXPECT_EQ(seen.device, &device);
    EXPECT_EQ(seen.irql, PASSIVE_LEVEL);
}

TEST(IoWorkItem, may_be_queued_again_by_its_own_routine) {
    Seen seen{.item = IoAllocateWorkItem(nullptr)};
    const PIO_WORKITEM_ROUTINE routine = [](PDEVICE_OBJECT, PVOID context) {
        Seen& noted = *static_cast<Seen*>(context);
        static PIO_WORKITEM_ROUTINE again = [](PDEVICE_OBJECT, PVOID other) { ++static_cast<Seen*>(other)->calls; };
        if (++noted.calls == 1)
            IoQueueWorkItem(noted.item, again, CriticalWorkQueue, context);
    };
    IoQueueWorkItem(seen.item, routine, CriticalWorkQueue, &seen);
    machine::drain_work();
    machine::drain_work(); // the first one returns when what was queued before it is done
    EXPECT_EQ(seen.calls, 2);
    EXPECT_TRUE(io_work_of(nullptr).empty());
    IoFreeWorkItem(seen.item);
}

struct Gate {
    KEVENT open;
    std::atomic<int> waiting = 0;
};

void wait_at_gate(PDEVICE_OBJECT, PVOID context) {
    Gate& gate = *static_cast<Gate*>(context);
    ++gate.waiting;
    KeWaitForSingleObject(&gate.open, Executive, KernelMode, FALSE, nullptr);
}

void count(PDEVICE_OBJECT, PVOID context) {
    ++static_cast<Seen*>(context)->calls;
}

TEST(IoWorkItem, queued_twice_or_freed_while_it_is_queued_is_reported_and_harmless) {
    BugTrap bugs;
    Gate gate;
    KeInitializeEvent(&gate.open, NotificationEvent, FALSE);
    std::vector<PIO_WORKITEM> blockers(64); // as many as there can be workers: the next one stays in the queue
    for (PIO_WORKITEM& blocker : blockers) {
        blocker = IoAllocateWorkItem(nullptr);
        IoQueueWorkItem(blocker, wait_at_gate, DelayedWorkQueue, &gate);
    }
    while (gate.waiting < 64)
        std::this_thread::yield();
    Seen seen{.item = IoAllocateWorkItem(nullptr)};
    const auto code = reinterpret_cast<const char*>(&count);
    register_code(code, code + 1, Abi::system_v, &seen);
    IoQueueWorkItem(seen.item, count, DelayedWorkQueue, &seen);
    IoQueueWorkItem(seen.item, count, DelayedWorkQueue, &seen);
    IoFreeWorkItem(seen.item);
    EXPECT_EQ(bugs.reports().size(), 2u);
    ASSERT_EQ(io_work_of(&seen).size(), 1u);
    EXPECT_EQ(io_work_of(&seen)[0].code, code);
    KeSetEvent(&gate.open, IO_NO_INCREMENT, FALSE);
    machine::drain_work();
    unregister_code(code);
    EXPECT_EQ(seen.calls, 1);
    IoFreeWorkItem(seen.item);
    for (const PIO_WORKITEM blocker : blockers)
        IoFreeWorkItem(blocker);
}

} // namespace
} // namespace ndispool::nt
