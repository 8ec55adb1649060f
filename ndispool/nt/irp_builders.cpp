// IRPs that the I/O manager makes for a driver and takes back itself when they are completed.
#include <algorithm>
#include <cstring>

#include "ndis/device.h"
#include "ndis/mdl.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/irps.h"
#include "ndispool/nt/memory.h"

namespace ndispool::nt {
namespace {

constexpr std::uint32_t tag = 0x42707249; // "IrpB"

struct Buffers {
    PVOID input;
    ULONG input_bytes;
    PVOID output; // also what a driver writes from
    ULONG output_bytes;
    bool system_buffer; // else the two themselves, the second as an MDL where `direct`
    bool direct;
};

void finish(IRP& irp, bool copies_back, const Buffers& buffers) {
    *irp.UserIosb = irp.IoStatus;
    const bool has_data = static_cast<std::uint32_t>(irp.IoStatus.Status) < 0xC0000000u; // not an error
    PVOID const system = irp.AssociatedIrp.SystemBuffer;
    if (copies_back && has_data && system && buffers.output)
        std::memcpy(buffers.output, system, std::min<std::size_t>(irp.IoStatus.Information, buffers.output_bytes));
    free_memory(system);
    if (irp.MdlAddress)
        IoFreeMdl(irp.MdlAddress);
    PKEVENT const event = irp.UserEvent;
    free_irp(irp);
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

// False: no memory.
bool attach(IRP& irp, const Buffers& buffers, const void* allocator) {
    const std::size_t bytes = std::max<std::size_t>(buffers.input_bytes, buffers.direct ? 0 : buffers.output_bytes);
    if (buffers.system_buffer && bytes > 0) {
        irp.AssociatedIrp.SystemBuffer = allocate(bytes, tag, allocator);
        if (!irp.AssociatedIrp.SystemBuffer)
            return false;
        if (buffers.input_bytes > 0)
            std::memcpy(irp.AssociatedIrp.SystemBuffer, buffers.input, buffers.input_bytes);
    }
    if (!buffers.direct) {
        irp.UserBuffer = buffers.output;
        return true;
    }
    if (buffers.output_bytes == 0)
        return true;
    if (!IoAllocateMdl(buffers.output, buffers.output_bytes, FALSE, FALSE, &irp))
        return false;
    MmProbeAndLockPages(irp.MdlAddress, KernelMode, IoModifyAccess);
    return true;
}

PIRP build(DEVICE_OBJECT& device, const Buffers& buffers, bool copies_back, PKEVENT event, PIO_STATUS_BLOCK status,
           const void* allocator) {
    PIRP const irp = make_irp(device.StackSize, allocator);
    if (!irp)
        return nullptr;
    if (!attach(*irp, buffers, allocator)) {
        free_memory(irp->AssociatedIrp.SystemBuffer);
        free_irp(*irp);
        return nullptr;
    }
    irp->UserEvent = event;
    irp->UserIosb = status;
    when_completed(*irp, [irp, copies_back, buffers] { finish(*irp, copies_back, buffers); });
    return irp;
}

} // namespace
} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                  PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
    const bool write = MajorFunction == IRP_MJ_WRITE;
    const bool moves = write || MajorFunction == IRP_MJ_READ;
    const ULONG length = moves ? Length : 0;
    const bool buffered = (DeviceObject->Flags & DO_BUFFERED_IO) != 0;
    const Buffers buffers{write && buffered ? Buffer : nullptr,
                          write && buffered ? length : 0,
                          Buffer,
                          length,
                          buffered,
                          !buffered && (DeviceObject->Flags & DO_DIRECT_IO) != 0};
    PIRP const irp = build(*DeviceObject, buffers, MajorFunction == IRP_MJ_READ, Event, IoStatusBlock,
                           caller(__builtin_return_address(0)));
    if (!irp)
        return nullptr;
    PIO_STACK_LOCATION const next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = static_cast<UCHAR>(MajorFunction);
    if (moves) {
        next->Parameters.Read.Length = length;
        next->Parameters.Read.ByteOffset.QuadPart = StartingOffset ? StartingOffset->QuadPart : 0;
    }
    return irp;
}

PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                   ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                   BOOLEAN InternalDeviceIoControl, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
    const ULONG method = IoControlCode & 3;
    const bool direct = method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT;
    const Buffers buffers{InputBuffer,        InputBufferLength,        OutputBuffer,
                          OutputBufferLength, method != METHOD_NEITHER, direct};
    PIRP const irp = build(*DeviceObject, buffers, method == METHOD_BUFFERED, Event, IoStatusBlock,
                           caller(__builtin_return_address(0)));
    if (!irp)
        return nullptr;
    PIO_STACK_LOCATION const next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    next->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    next->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    next->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    next->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
    return irp;
}

} // extern "C"
