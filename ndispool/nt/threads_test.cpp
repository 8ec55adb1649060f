#include "ndispool/nt/threads.h"

#include <atomic>
#include <gtest/gtest.h>

#include "ndis/kernel.h"
#include "ndis/thread.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

constexpr std::chrono::milliseconds long_enough{20'000}; // only protects against a hang

struct Shared {
    std::atomic<int> steps{0};
    std::atomic<PKTHREAD> thread{nullptr};
    KEVENT go{};
    KIRQL irql = 99;
};

VOID returns(PVOID context) {
    auto& shared = *static_cast<Shared*>(context);
    shared.irql = KeGetCurrentIrql();
    shared.thread = KeGetCurrentThread();
    KeWaitForSingleObject(&shared.go, Executive, KernelMode, FALSE, nullptr);
    ++shared.steps;
}

VOID terminates(PVOID context) {
    returns(context);
    PsTerminateSystemThread(STATUS_SUCCESS);
    static_cast<Shared*>(context)->steps = 1000; // never
}

NTSTATUS look_at(PVOID object) {
    LARGE_INTEGER zero{};
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &zero);
}

// The life of a thread as drivers live it: create, keep the object, close the handle, tell it to stop, wait, dereference.
void lives(PKSTART_ROUTINE routine) {
    const BugTrap trap;
    Shared shared;
    KeInitializeEvent(&shared.go, NotificationEvent, FALSE);
    HANDLE handle = nullptr;
    PVOID object = nullptr;
    ASSERT_EQ(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, routine, &shared),
              STATUS_SUCCESS);
    ASSERT_EQ(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, nullptr, KernelMode, &object, nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    EXPECT_EQ(look_at(object), STATUS_TIMEOUT) << "it still runs";
    KeSetEvent(&shared.go, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(KeWaitForSingleObject(object, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(shared.steps, 1);
    EXPECT_EQ(shared.irql, PASSIVE_LEVEL);
    EXPECT_EQ(shared.thread.load(), object);
    EXPECT_NE(KeGetCurrentThread(), object);
    EXPECT_EQ(look_at(object), STATUS_SUCCESS) << "a thread that is over stays signalled";
    ObDereferenceObject(object);
    EXPECT_TRUE(join_threads(nullptr, long_enough).empty());
    EXPECT_TRUE(trap.reports().empty());
}

TEST(SystemThread, is_signalled_when_its_routine_has_returned) {
    lives(returns);
}

TEST(SystemThread, may_end_itself_in_the_middle_of_its_routine) {
    lives(terminates);
}

__attribute__((ms_abi)) void of_windows(void* context) {
    static_cast<Shared*>(context)->steps = 7;
    PsTerminateSystemThread(STATUS_SUCCESS);
    static_cast<Shared*>(context)->steps = 1000; // never
}

TEST(SystemThread, of_a_driver_of_the_other_calling_convention_runs_and_ends_like_any) {
    const auto code = reinterpret_cast<const char*>(&of_windows);
    int driver = 0;
    register_code(code, code + 1, Abi::microsoft, &driver);
    Shared shared;
    HANDLE handle = nullptr;
    ASSERT_EQ(PsCreateSystemThread(&handle, 0, nullptr, nullptr, nullptr,
                                   reinterpret_cast<PKSTART_ROUTINE>(reinterpret_cast<void*>(&of_windows)), &shared),
              STATUS_SUCCESS);
    EXPECT_TRUE(join_threads(&driver, long_enough).empty());
    EXPECT_EQ(shared.steps, 7);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    unregister_code(code);
}

TEST(SystemThread, that_still_runs_is_named_when_its_driver_is_unloaded) {
    Shared shared;
    KeInitializeEvent(&shared.go, NotificationEvent, FALSE);
    HANDLE handle = nullptr;
    ASSERT_EQ(PsCreateSystemThread(&handle, 0, nullptr, nullptr, nullptr, returns, &shared), STATUS_SUCCESS);
    const auto running = join_threads(nullptr, std::chrono::milliseconds(1));
    ASSERT_EQ(running.size(), 1u);
    EXPECT_EQ(running[0].code, reinterpret_cast<const void*>(&returns));
    KeSetEvent(&shared.go, IO_NO_INCREMENT, FALSE);
    EXPECT_TRUE(join_threads(nullptr, long_enough).empty());
    ZwClose(handle);
}

TEST(SystemThread, handles_and_objects_that_are_none_are_refused) {
    const BugTrap trap;
    PVOID object = &object;
    EXPECT_EQ(ZwClose(nullptr), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ObReferenceObjectByHandle(nullptr, 0, nullptr, KernelMode, &object, nullptr), STATUS_INVALID_HANDLE);
    EXPECT_EQ(object, nullptr);
    int nothing = 0;
    ObDereferenceObject(&nothing);
    EXPECT_EQ(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER) << "this thread is no driver's";
    EXPECT_EQ(trap.reports().size(), 2u);
}

} // namespace
} // namespace ndispool::nt
