#include "ndispool/nt/irps.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ndis/kernel.h"
#include "ndis/object.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/memory.h"

namespace ndispool::nt {
namespace {

// An IRP with its stack locations behind it, and the event that its completion sets.
class Outgoing {
  public:
    Outgoing(const DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request);

    IRP& irp() { return *reinterpret_cast<IRP*>(memory_.data()); }
    void finish() { machine::set(done_); }
    void wait() { machine::wait(done_, false, std::nullopt); }
    bool finished() { return machine::wait(done_, false, std::chrono::nanoseconds(0)); }
    DeviceReply reply(std::span<std::byte> output);

  private:
    struct alignas(16) Unit {
        std::byte bytes[16];
    };
    static std::size_t units(const DEVICE_OBJECT& device) {
        const std::size_t locations = static_cast<unsigned char>(device.StackSize);
        return (sizeof(IRP) + locations * sizeof(IO_STACK_LOCATION)) / sizeof(Unit) + 1;
    }
    void attach_buffers(const DEVICE_OBJECT& device, const DeviceRequest& request, IO_STACK_LOCATION& location);

    std::vector<Unit> memory_;
    std::vector<std::byte> buffer_; // METHOD_BUFFERED: input before, output after
    std::int32_t done_ = 0;
};

// How the driver wants its data: a METHOD_ value.
ULONG method_of(const DEVICE_OBJECT& device, const DeviceRequest& request) {
    if (request.major == IRP_MJ_DEVICE_CONTROL)
        return request.control_code & 3;
    return device.Flags & DO_DIRECT_IO     ? METHOD_OUT_DIRECT
           : device.Flags & DO_BUFFERED_IO ? METHOD_BUFFERED
                                           : METHOD_NEITHER;
}

bool needs_mdl(const DEVICE_OBJECT& device, const DeviceRequest& request) {
    const ULONG method = method_of(device, request);
    const bool direct = method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT;
    return direct && (!request.output.empty() || (request.major == IRP_MJ_WRITE && !request.input.empty()));
}

Outgoing::Outgoing(const DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request)
    : memory_(units(device)) {
    constexpr CSHORT irp_object = 6;
    IRP& irp = this->irp();
    irp.Type = irp_object;
    irp.Size = static_cast<USHORT>(memory_.size() * sizeof(Unit));
    irp.RequestorMode = 1;
    irp.StackCount = static_cast<CHAR>(device.StackSize);
    irp.CurrentLocation = static_cast<CHAR>(device.StackSize + 1);
    irp.Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(&irp + 1) + device.StackSize;
    irp.Tail.Overlay.OriginalFileObject = &file;
    IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(&irp);
    location.MajorFunction = request.major;
    location.FileObject = &file;
    attach_buffers(device, request, location);
}

void Outgoing::attach_buffers(const DEVICE_OBJECT& device, const DeviceRequest& request, IO_STACK_LOCATION& location) {
    const bool control = request.major == IRP_MJ_DEVICE_CONTROL;
    const bool write = request.major == IRP_MJ_WRITE;
    const auto input = const_cast<std::byte*>(request.input.data());
    if (control) {
        auto& parameters = location.Parameters.DeviceIoControl;
        parameters.IoControlCode = request.control_code;
        parameters.InputBufferLength = static_cast<ULONG>(request.input.size());
        parameters.OutputBufferLength = static_cast<ULONG>(request.output.size());
    } else {
        location.Parameters.Read.Length = static_cast<ULONG>(write ? request.input.size() : request.output.size());
    }
    if (method_of(device, request) != METHOD_NEITHER) {
        buffer_.resize(std::max(request.input.size(), request.output.size()));
        std::ranges::copy(request.input, buffer_.begin());
        irp().AssociatedIrp.SystemBuffer = buffer_.empty() ? nullptr : buffer_.data();
        return;
    }
    irp().UserBuffer = write ? input : request.output.data();
    if (control)
        location.Parameters.DeviceIoControl.Type3InputBuffer = input;
}

DeviceReply Outgoing::reply(std::span<std::byte> output) {
    const IO_STATUS_BLOCK& status = irp().IoStatus;
    // The error range has its two highest bits set; a warning, such as BUFFER_OVERFLOW, still brings data.
    const bool has_data = static_cast<std::uint32_t>(status.Status) < 0xC0000000u;
    if (has_data)
        std::copy_n(buffer_.begin(), std::min({status.Information, buffer_.size(), output.size()}), output.begin());
    return {status.Status, status.Information};
}

// The IRPs that a driver has and must complete.
class OutstandingIrps {
  public:
    void add(Outgoing& outgoing) {
        const machine::Locked locked(lock_);
        outgoing_.emplace(&outgoing.irp(), &outgoing);
    }

    bool contains(const IRP* irp) {
        const machine::Locked locked(lock_);
        return outgoing_.contains(irp) || made_by_driver_.contains(irp);
    }

    void add_made_by_driver(const IRP* irp) {
        const machine::Locked locked(lock_);
        made_by_driver_.insert(irp);
    }

    bool is_made_by_driver(const IRP* irp) {
        const machine::Locked locked(lock_);
        return made_by_driver_.contains(irp);
    }

    bool remove_made_by_driver(const IRP* irp) {
        const machine::Locked locked(lock_);
        return made_by_driver_.erase(irp) != 0;
    }

    // Null: it is not, or no more, outstanding.
    Outgoing* take(const IRP* irp) {
        const machine::Locked locked(lock_);
        const auto node = outgoing_.extract(irp);
        return node.empty() ? nullptr : node.mapped();
    }

    // For one that nobody will complete any more, though the driver may still hold it. False: it was completed just
    // now.
    bool abandon(std::unique_ptr<Outgoing>& outgoing) {
        const machine::Locked locked(lock_);
        if (outgoing_.erase(&outgoing->irp()) == 0)
            return false;
        abandoned_.push_back(std::move(outgoing));
        return true;
    }

  private:
    machine::Lock lock_;
    std::unordered_map<const IRP*, Outgoing*> outgoing_ NDISPOOL_GUARDED_BY(lock_);
    std::unordered_set<const IRP*> made_by_driver_ NDISPOOL_GUARDED_BY(lock_);
    std::vector<std::unique_ptr<Outgoing>> abandoned_ NDISPOOL_GUARDED_BY(lock_);
};

OutstandingIrps& outstanding() {
    static OutstandingIrps& irps = *new OutstandingIrps; // never destroyed: drivers may outlive main()
    return irps;
}

bool wants_completion(const IO_STACK_LOCATION& location, const IRP& irp) {
    if (location.CompletionRoutine == nullptr)
        return false;
    return (location.Control & (NT_SUCCESS(irp.IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR)) != 0 ||
           ((location.Control & SL_INVOKE_ON_CANCEL) != 0 && irp.Cancel);
}

// Up through the drivers that passed the IRP on. False: one of them took it back.
bool run_completion_routines(IRP& irp) {
    while (irp.CurrentLocation <= irp.StackCount) {
        const IO_STACK_LOCATION location = *IoGetCurrentIrpStackLocation(&irp);
        irp.PendingReturned = (location.Control & SL_PENDING_RETURNED) != 0;
        ++irp.CurrentLocation;
        ++irp.Tail.Overlay.CurrentStackLocation;
        if (!wants_completion(location, irp))
            continue;
        const bool at_top = irp.CurrentLocation > irp.StackCount;
        const PDEVICE_OBJECT device = at_top ? nullptr : IoGetCurrentIrpStackLocation(&irp)->DeviceObject;
        if (invoke(location.CompletionRoutine, device, &irp, location.Context) == STATUS_MORE_PROCESSING_REQUIRED)
            return false;
    }
    return true;
}

} // namespace

DeviceReply send_request(DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request) {
    if (needs_mdl(device, request))
        return {STATUS_NOT_SUPPORTED, 0};
    auto outgoing = std::make_unique<Outgoing>(device, file, request);
    outstanding().add(*outgoing);
    const NTSTATUS status = IoCallDriver(&device, &outgoing->irp());
    if (status != STATUS_PENDING && !outgoing->finished() && outstanding().abandon(outgoing)) {
        machine::report_bug("a dispatch routine neither completed its IRP nor returned STATUS_PENDING", &device);
        return {status, 0};
    }
    outgoing->wait();
    return outgoing->reply(request.output);
}

} // namespace ndispool::nt

using namespace ndispool::nt;
using ndispool::machine::report_bug;

namespace {
KSPIN_LOCK cancel_lock = 0;
}

extern "C" {

void IoAcquireCancelSpinLock(PKIRQL Irql) {
    KeAcquireSpinLock(&cancel_lock, Irql);
}

void IoReleaseCancelSpinLock(KIRQL Irql) {
    KeReleaseSpinLock(&cancel_lock, Irql);
}

NTSTATUS IoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    --Irp->CurrentLocation;
    --Irp->Tail.Overlay.CurrentStackLocation;
    IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(Irp);
    location.DeviceObject = DeviceObject;
    return invoke(DeviceObject->DriverObject->MajorFunction[location.MajorFunction], DeviceObject, Irp);
}

void IoCompleteRequest(PIRP Irp, CCHAR) {
    if (!outstanding().contains(Irp)) {
        report_bug("IoCompleteRequest: the IRP is not outstanding; was it completed before?", Irp);
        return;
    }
    if (!run_completion_routines(*Irp))
        return;
    if (Outgoing* const outgoing = outstanding().take(Irp))
        outgoing->finish();
    else if (outstanding().is_made_by_driver(Irp))
        report_bug(
            "IoCompleteRequest: nobody takes the IRP back that the driver made with IoAllocateIrp; its completion "
            "routine must return STATUS_MORE_PROCESSING_REQUIRED",
            Irp);
}

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN) {
    constexpr std::uint32_t tag = 0x20707249; // "Irp "
    constexpr CSHORT irp_object = 6;
    const std::size_t locations = static_cast<unsigned char>(StackSize);
    const std::size_t bytes = sizeof(IRP) + locations * sizeof(IO_STACK_LOCATION);
    const PIRP irp = static_cast<PIRP>(allocate(bytes, tag, caller(__builtin_return_address(0))));
    if (irp == nullptr)
        return nullptr;
    std::memset(irp, 0, bytes);
    irp->Type = irp_object;
    irp->Size = static_cast<USHORT>(bytes);
    irp->StackCount = StackSize;
    irp->CurrentLocation = static_cast<CHAR>(StackSize + 1);
    irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + locations;
    outstanding().add_made_by_driver(irp);
    return irp;
}

void IoFreeIrp(PIRP Irp) {
    if (outstanding().remove_made_by_driver(Irp))
        free_memory(Irp);
    else
        report_bug("IoFreeIrp: the driver did not make the IRP, or has freed it already", Irp);
}

void ProbeForRead(const VOID* Address, SIZE_T Length, ULONG Alignment) {
    if (Length != 0 && reinterpret_cast<ULONG_PTR>(Address) % std::max(Alignment, ULONG{1}) != 0)
        report_bug("ProbeForRead, ProbeForWrite: the address is not aligned as asked", Address);
}

void ProbeForWrite(PVOID Address, SIZE_T Length, ULONG Alignment) {
    ProbeForRead(Address, Length, Alignment);
}

// The cancel routine gives the lock back.
BOOLEAN IoCancelIrp(PIRP Irp) {
    KIRQL old;
    IoAcquireCancelSpinLock(&old);
    Irp->Cancel = TRUE;
    const PDRIVER_CANCEL routine = IoSetCancelRoutine(Irp, nullptr);
    if (!routine) {
        IoReleaseCancelSpinLock(old);
        return FALSE;
    }
    Irp->CancelIrql = old;
    const bool at_top = Irp->CurrentLocation > Irp->StackCount;
    invoke(routine, at_top ? nullptr : IoGetCurrentIrpStackLocation(Irp)->DeviceObject, Irp);
    return TRUE;
}

} // extern "C"
