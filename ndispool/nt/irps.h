// Requests to a driver's device, as a program makes them: an IRP goes down, its completion comes back.
//   Callers:   PASSIVE, any thread; the call waits until the driver has completed the request.
//   Holds:     an IRP is completed once; completing one that is not outstanding is reported and nothing happens. A
//              dispatch routine that neither completes its IRP nor returns STATUS_PENDING is reported and does not hang
//              the caller.
//   Not here:  direct I/O (METHOD_IN_DIRECT, DO_DIRECT_IO with a buffer): STATUS_NOT_SUPPORTED, nothing is sent.
#pragma once

#include <cstddef>
#include <span>

#include "ndis/io.h"

namespace ndispool::nt {

struct DeviceRequest {
    UCHAR major; // IRP_MJ_CREATE, _CLEANUP, _CLOSE, _READ, _WRITE or _DEVICE_CONTROL
    ULONG control_code = 0;
    std::span<const std::byte> input = {};
    std::span<std::byte> output = {};
};

struct DeviceReply {
    NTSTATUS status;
    std::size_t information; // IoStatus.Information: bytes of output, as a rule
};

// `file` is the open handle the request belongs to; the driver may keep its own pointers in it.
DeviceReply send_request(DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request);

} // namespace ndispool::nt
