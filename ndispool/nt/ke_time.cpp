// Clocks and the version a driver sees.
#include "ndis/kernel.h"
#include "ndispool/machine/clock.h"

using namespace ndispool;

namespace {

constexpr ULONG tick_100ns = 156'250;          // the usual one: 64 a second
constexpr LONGLONG counter_hertz = 10'000'000; // the performance counter counts 100 ns
constexpr ULONG major = 5, minor = 1, build = 2600;

LARGE_INTEGER integer(std::uint64_t value) {
    LARGE_INTEGER result;
    result.QuadPart = static_cast<LONGLONG>(value);
    return result;
}

void store(PULONG where, ULONG value) {
    if (where != nullptr)
        *where = value;
}

} // namespace

extern "C" {

void KeQuerySystemTime(PLARGE_INTEGER CurrentTime) {
    *CurrentTime = integer(machine::system_time_100ns());
}

void KeQueryTickCount(PLARGE_INTEGER TickCount) {
    *TickCount = integer(machine::uptime_100ns() / tick_100ns);
}

ULONG KeQueryTimeIncrement() {
    return tick_100ns;
}

ULONG ExSetTimerResolution(ULONG, BOOLEAN) {
    return tick_100ns;
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
    if (PerformanceFrequency != nullptr)
        PerformanceFrequency->QuadPart = counter_hertz;
    return integer(machine::uptime_100ns());
}

void KeStallExecutionProcessor(ULONG MicroSeconds) {
    machine::stall_us(MicroSeconds);
}

BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion) {
    store(MajorVersion, major);
    store(MinorVersion, minor);
    store(BuildNumber, build);
    if (CSDVersion != nullptr)
        *CSDVersion = {};
    return FALSE;
}

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) {
    constexpr ULONG platform_nt = 2;
    VersionInformation->dwMajorVersion = major;
    VersionInformation->dwMinorVersion = minor;
    VersionInformation->dwBuildNumber = build;
    VersionInformation->dwPlatformId = platform_nt;
    VersionInformation->szCSDVersion[0] = 0;
    return STATUS_SUCCESS;
}

} // extern "C"
