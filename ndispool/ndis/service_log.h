// What drivers write into the event log.
//   Callers:   any thread, <= DISPATCH.
//   Holds:     an entry is handed to the sink as values; nothing of the driver is kept.
//   Not here:  where entries go in a run; whoever wants them sets the sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ndispool::ndis {

struct LogEntry {
    const void* source;                // the adapter's handle, or the LogHandle of a protocol
    const void* caller;                // the driver's call site
    std::uint32_t code;                // NDIS_ERROR_CODE or event code
    std::vector<std::uint32_t> values; // what followed the error code, or the unique event value
    std::vector<std::string> strings;  // UTF-8
    std::vector<std::byte> data;
};

// Null is the default: one line on standard error. Returns the sink before.
using LogSink = void (*)(const LogEntry& entry);
LogSink set_log_sink(LogSink sink) noexcept;

// The Microsoft side of the variadic export.
__attribute__((ms_abi)) void NdisWriteErrorLogEntry_microsoft(void* adapter, std::uint32_t code, std::uint32_t count,
                                                              ...);

} // namespace ndispool::ndis
