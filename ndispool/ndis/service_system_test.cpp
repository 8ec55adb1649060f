#include "ndispool/ndis/service_system.h"

#include <gtest/gtest.h>

#include "ndis/kernel.h"
#include "ndis/system.h"
#include "ndis/text.h"
#include "ndispool/machine/processor.h"

namespace ndispool::ndis {
namespace {

TEST(NdisTime, is_the_kernels) {
    LARGE_INTEGER before, now, after;
    KeQuerySystemTime(&before);
    NdisGetCurrentSystemTime(&now);
    KeQuerySystemTime(&after);
    EXPECT_GE(now.QuadPart, before.QuadPart);
    EXPECT_LE(now.QuadPart, after.QuadPart);
}

TEST(NdisTime, since_the_start_is_in_milliseconds) {
    ULONG now;
    const auto before = static_cast<ULONG>(KeQueryPerformanceCounter(nullptr).QuadPart / 10'000);
    NdisGetSystemUpTime(&now);
    const auto after = static_cast<ULONG>(KeQueryPerformanceCounter(nullptr).QuadPart / 10'000);
    EXPECT_LE(now - before, after - before);
}

TEST(NdisTime, stalls_at_least_so_many_microseconds) {
    const LARGE_INTEGER start = KeQueryPerformanceCounter(nullptr);
    NdisStallExecution(50);
    EXPECT_GE(KeQueryPerformanceCounter(nullptr).QuadPart - start.QuadPart, 500);
}

TEST(NdisProcessors, are_as_many_as_the_machine_has) {
    machine::start({.processors = 3});
    EXPECT_EQ(NdisSystemProcessorCount(), 3);
    machine::stop();
}

TEST(NdisProcessors, spend_their_time_busy_or_idle) {
    ULONG idle, busy, index, usage;
    NdisStallExecution(2000); // so that there is some
    NdisGetCurrentProcessorCounts(&idle, &busy, &index);
    EXPECT_GT(busy, 0u);
    EXPECT_LT(index, 32u);
    NdisGetCurrentProcessorCpuUsage(&usage);
    EXPECT_LE(usage, 100u);
}

TEST(NdisGetVersion, is_5_1) {
    EXPECT_EQ(NdisGetVersion(), 0x00050001u);
    EXPECT_EQ(NdisGetSharedDataAlignment(), 64u);
}

TEST(NdisGetRoutineAddress, asks_the_hook_for_the_callers_kind_of_function) {
    static int routine;
    static const void* asked_by;
    NDIS_STRING known = NDIS_STRING_CONST("NdisSend"), unknown = NDIS_STRING_CONST("NdisNothing");
    EXPECT_EQ(NdisGetRoutineAddress(&known), nullptr) << "without a hook nothing is found";
    const RoutineLookup outer = set_routine_lookup([](std::string_view name, const void* caller) -> void* {
        asked_by = caller;
        return name == "NdisSend" ? &routine : nullptr;
    });
    EXPECT_EQ(NdisGetRoutineAddress(&known), &routine);
    EXPECT_NE(asked_by, nullptr);
    EXPECT_EQ(NdisGetRoutineAddress(&unknown), nullptr);
    set_routine_lookup(outer);
}

TEST(NdisConvertStatus, keeps_what_both_have_and_generalises_the_rest) {
    for (const NTSTATUS both : {STATUS_SUCCESS, STATUS_PENDING, STATUS_BUFFER_OVERFLOW, STATUS_UNSUCCESSFUL,
                                STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_SUPPORTED, STATUS_INVALID_DEVICE_REQUEST}) {
        EXPECT_EQ(NdisConvertNtStatusToNdisStatus(both), both);
        EXPECT_EQ(NdisConvertNdisStatusToNtStatus(both), both);
    }
    EXPECT_EQ(NdisConvertNtStatusToNdisStatus(STATUS_TIMEOUT), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisConvertNtStatusToNdisStatus(STATUS_ACCESS_DENIED), NDIS_STATUS_FAILURE);
    EXPECT_EQ(NdisConvertNdisStatusToNtStatus(NDIS_STATUS_MEDIA_CONNECT), STATUS_SUCCESS);
    EXPECT_EQ(NdisConvertNdisStatusToNtStatus(NDIS_STATUS_CLOSING), STATUS_UNSUCCESSFUL);
}

} // namespace
} // namespace ndispool::ndis
