#include "ndispool/ndis/service_log.h"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <span>

#include "ndis/system.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/door.h"
#include "ndispool/nt/text.h"

namespace ndispool::ndis {
namespace {

std::string hexadecimal(std::uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, " 0x%08x", value);
    return text;
}

void to_standard_error(const LogEntry& entry) {
    std::string line = "ndispool: a driver logged" + hexadecimal(entry.code) + ":";
    for (const std::uint32_t value : entry.values)
        line += hexadecimal(value);
    for (const std::string& string : entry.strings)
        line += " \"" + string + '"';
    std::fputs((line + '\n').c_str(), stderr);
}

std::atomic<LogSink> log_sink = to_standard_error;

void write(const LogEntry& entry) {
    log_sink.load(std::memory_order_acquire)(entry);
}

constexpr ULONG most_values = 60; // what fits into a log entry; more is a wrong count

template <class Next>
void write_error(const void* adapter, const void* caller, std::uint32_t code, std::uint32_t count, Next next) {
    LogEntry entry{adapter, caller, code, {}, {}, {}};
    for (std::uint32_t i = 0; i < count && i < most_values; ++i)
        entry.values.push_back(next());
    write(entry);
}

} // namespace

LogSink set_log_sink(LogSink sink) noexcept {
    return log_sink.exchange(sink != nullptr ? sink : to_standard_error, std::memory_order_acq_rel);
}

void NdisWriteErrorLogEntry_microsoft(void* adapter, std::uint32_t code, std::uint32_t count, ...) {
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, count);
    write_error(adapter, __builtin_return_address(0), code, count, [arguments = nt::VariadicArguments(list)]() mutable {
        return static_cast<std::uint32_t>(arguments.next());
    });
    __builtin_ms_va_end(list);
}

} // namespace ndispool::ndis

using namespace ndispool;

extern "C" {

void NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode, ULONG NumberOfErrorValues, ...) {
    std::va_list list;
    va_start(list, NumberOfErrorValues);
    ndis::write_error(NdisAdapterHandle, nt::caller(__builtin_return_address(0)), ErrorCode, NumberOfErrorValues,
                      [&list] { return va_arg(list, std::uint32_t); });
    va_end(list);
}

NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue, USHORT NumStrings,
                                   PVOID StringsList, ULONG DataSize, PVOID Data) {
    constexpr std::size_t largest = 0x98; // bytes behind the header of a log entry
    const std::span strings(static_cast<PWSTR*>(StringsList), StringsList == nullptr ? 0 : NumStrings);
    const std::span data(static_cast<const std::byte*>(Data), Data == nullptr ? 0 : DataSize);
    ndis::LogEntry entry{LogHandle,
                         nt::caller(__builtin_return_address(0)),
                         static_cast<std::uint32_t>(EventCode),
                         {UniqueEventValue},
                         {},
                         {data.begin(), data.end()}};
    std::size_t bytes = data.size();
    for (const PWSTR string : strings) {
        const std::u16string_view text(reinterpret_cast<const char16_t*>(string));
        bytes += (text.size() + 1) * sizeof(WCHAR);
        entry.strings.push_back(nt::to_utf8(text));
    }
    if (bytes > largest)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    ndis::write(entry);
    return NDIS_STATUS_SUCCESS;
}

} // extern "C"
