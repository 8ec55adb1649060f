// Requests to a driver's device, as a program makes them: an IRP goes down, its completion comes back.
//   Callers:   PASSIVE, any thread; the call waits until the driver has completed the request.
//   Holds:     an IRP is completed once; completing one that is not outstanding is reported and nothing happens. A
//              dispatch routine that neither completes its IRP nor returns STATUS_PENDING is reported and does not hang
//              the caller. The driver sees copies of the caller's buffers, which live as long as the IRP may.
//   Not here:  IRPs that drivers make (irp_builders.cpp, and IoAllocateIrp), opening and closing (device_file.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "ndis/io.h"

namespace ndispool::nt {

struct DeviceRequest {
    UCHAR major; // IRP_MJ_CREATE, _CLEANUP, _CLOSE, _READ, _WRITE or _DEVICE_CONTROL
    ULONG control_code = 0;
    std::span<const std::byte> input = {};
    std::span<std::byte> output = {};
    std::int64_t offset = 0; // of a read or write
    // An IRP that is not completed by then is cancelled, and STATUS_CANCELLED is a likely answer.
    std::optional<std::chrono::nanoseconds> limit = std::nullopt;
};

struct DeviceReply {
    NTSTATUS status;
    std::size_t information; // IoStatus.Information: bytes of output, as a rule
};

// Goes to the highest device of `device`'s stack. `file` is the open handle the request belongs to; the driver may keep its own pointers in it.
DeviceReply send_request(DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request);

// An IRP of a driver's own; null: no memory.
PIRP make_irp(CCHAR stack_size, const void* allocator);
// False: it was not made so, or is gone already.
bool free_irp(IRP& irp);
// What is done once an IRP of make_irp() is completed and no completion routine took it back.
void when_completed(IRP& irp, std::function<void()> action);

} // namespace ndispool::nt
