#include "ndispool/ndis/service_system.h"

#include <algorithm>
#include <atomic>

#include <time.h>

#include "ndis/kernel.h"
#include "ndis/system.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/due_time.h"
#include "ndispool/nt/memory.h"
#include "ndispool/nt/text.h"

namespace ndispool::ndis {
namespace {

void* find_nothing(std::string_view, const void*) {
    return nullptr;
}

std::atomic<RoutineLookup> routine_lookup = find_nothing;

struct ProcessorTimes {
    std::uint64_t idle, busy; // 100 ns since the program started
};

const std::uint64_t started = machine::uptime_100ns();

// A virtual processor is no processor of the host: it counts its share of what this process has used.
ProcessorTimes processor_times() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    const auto seconds = static_cast<std::uint64_t>(used.tv_sec),
               nanoseconds = static_cast<std::uint64_t>(used.tv_nsec);
    const std::uint64_t elapsed = machine::uptime_100ns() - started;
    const std::uint64_t busy =
        std::min(elapsed, (seconds * 10'000'000 + nanoseconds / 100) / machine::processor_count());
    return {elapsed - busy, busy};
}

bool means_the_same_in_ndis(NTSTATUS status) {
    constexpr NTSTATUS common[] = {NDIS_STATUS_SUCCESS,
                                   NDIS_STATUS_PENDING,
                                   NDIS_STATUS_BUFFER_OVERFLOW,
                                   NDIS_STATUS_FAILURE,
                                   NDIS_STATUS_RESOURCES,
                                   NDIS_STATUS_NOT_SUPPORTED,
                                   NDIS_STATUS_INVALID_DEVICE_REQUEST,
                                   NDIS_STATUS_NETWORK_UNREACHABLE};
    return std::ranges::find(common, status) != std::end(common);
}

LONG convert(LONG status) {
    return means_the_same_in_ndis(status) ? status : NT_SUCCESS(status) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

} // namespace

RoutineLookup set_routine_lookup(RoutineLookup lookup) noexcept {
    return routine_lookup.exchange(lookup != nullptr ? lookup : find_nothing, std::memory_order_acq_rel);
}

} // namespace ndispool::ndis

using namespace ndispool;

extern "C" {

void NdisGetCurrentSystemTime(PLARGE_INTEGER pSystemTime) {
    KeQuerySystemTime(pSystemTime);
}

void NdisGetSystemUpTime(PULONG pSystemUpTime) {
    *pSystemUpTime = static_cast<ULONG>(machine::uptime_100ns() / nt::ticks_per_ms);
}

void NdisStallExecution(UINT MicrosecondsToStall) {
    machine::stall_us(MicrosecondsToStall);
}

CCHAR NdisSystemProcessorCount() {
    return static_cast<CCHAR>(machine::processor_count());
}

void NdisGetCurrentProcessorCpuUsage(PULONG pCpuUsage) {
    const auto [idle, busy] = ndis::processor_times();
    *pCpuUsage = static_cast<ULONG>(busy * 100 / std::max<std::uint64_t>(1, idle + busy));
}

void NdisGetCurrentProcessorCounts(PULONG pIdleCount, PULONG pKernelAndUser, PULONG pIndex) {
    const auto [idle, busy] = ndis::processor_times();
    *pIdleCount = static_cast<ULONG>(idle);
    *pKernelAndUser = static_cast<ULONG>(busy);
    *pIndex = machine::current_processor();
}

UINT NdisGetVersion() {
    return 0x00050001;
}

PVOID NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName) {
    const auto lookup = ndis::routine_lookup.load(std::memory_order_acquire);
    return lookup(nt::to_utf8(*NdisRoutineName), nt::caller(__builtin_return_address(0)));
}

ULONG NdisGetSharedDataAlignment() {
    return nt::cache_line;
}

NDIS_STATUS NdisConvertNtStatusToNdisStatus(NTSTATUS NtStatus) {
    return ndis::convert(NtStatus);
}

NTSTATUS NdisConvertNdisStatusToNtStatus(NDIS_STATUS NdisStatus) {
    return ndis::convert(NdisStatus);
}

} // extern "C"
