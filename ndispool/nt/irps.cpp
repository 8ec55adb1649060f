#include "ndispool/nt/irps.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ndis/kernel.h"
#include "ndis/mdl.h"
#include "ndis/object.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/devices.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/memory.h"

namespace ndispool::nt {
namespace {

// How the driver wants its data: a METHOD_ value.
ULONG method_of(const DEVICE_OBJECT& device, const DeviceRequest& request) {
    if (request.major == IRP_MJ_DEVICE_CONTROL)
        return request.control_code & 3;
    return device.Flags & DO_DIRECT_IO     ? METHOD_OUT_DIRECT
           : device.Flags & DO_BUFFERED_IO ? METHOD_BUFFERED
                                           : METHOD_NEITHER;
}

struct FreeMdl {
    void operator()(PMDL mdl) const { IoFreeMdl(mdl); }
};

// An IRP with its stack locations behind it, its buffers, and the event that its completion sets.
class Outgoing {
  public:
    Outgoing(const DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request);

    IRP& irp() { return *reinterpret_cast<IRP*>(memory_.data()); }
    void finish() { machine::set(done_); }
    // False: not completed within the limit.
    bool wait(std::optional<std::chrono::nanoseconds> limit) { return machine::wait(done_, false, limit); }
    DeviceReply reply(std::span<std::byte> output);

  private:
    struct alignas(16) Unit {
        std::byte bytes[16];
    };
    static std::size_t units(const DEVICE_OBJECT& device) {
        const std::size_t locations = static_cast<unsigned char>(device.StackSize);
        return (sizeof(IRP) + locations * sizeof(IO_STACK_LOCATION)) / sizeof(Unit) + 1;
    }
    void describe(const DeviceRequest& request, FILE_OBJECT& file);
    void attach_buffers(const DeviceRequest& request);

    const ULONG method_;
    std::vector<Unit> memory_;
    std::vector<std::byte> input_;  // METHOD_BUFFERED: input before, output after
    std::vector<std::byte> output_; // the other methods
    std::unique_ptr<MDL, FreeMdl> mdl_;
    std::int32_t done_ = 0;
};

Outgoing::Outgoing(const DEVICE_OBJECT& device, FILE_OBJECT& file, const DeviceRequest& request)
    : method_(method_of(device, request)), memory_(units(device)), input_(request.input.begin(), request.input.end()) {
    constexpr CSHORT irp_object = 6;
    IRP& irp = this->irp();
    irp.Type = irp_object;
    irp.Size = static_cast<USHORT>(memory_.size() * sizeof(Unit));
    irp.RequestorMode = UserMode;
    irp.StackCount = static_cast<CHAR>(device.StackSize);
    irp.CurrentLocation = static_cast<CHAR>(device.StackSize + 1);
    irp.Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(&irp + 1) + device.StackSize;
    irp.Tail.Overlay.OriginalFileObject = &file;
    describe(request, file);
    attach_buffers(request);
}

void Outgoing::describe(const DeviceRequest& request, FILE_OBJECT& file) {
    IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(&irp());
    location.MajorFunction = request.major;
    location.FileObject = &file;
    if (request.major == IRP_MJ_DEVICE_CONTROL) {
        auto& parameters = location.Parameters.DeviceIoControl;
        parameters.IoControlCode = request.control_code;
        parameters.InputBufferLength = static_cast<ULONG>(request.input.size());
        parameters.OutputBufferLength = static_cast<ULONG>(request.output.size());
        parameters.Type3InputBuffer = method_ == METHOD_NEITHER && !input_.empty() ? input_.data() : nullptr;
        return;
    }
    const bool write = request.major == IRP_MJ_WRITE;
    location.Parameters.Read.Length = static_cast<ULONG>(write ? request.input.size() : request.output.size());
    location.Parameters.Read.ByteOffset.QuadPart = request.offset;
}

void Outgoing::attach_buffers(const DeviceRequest& request) {
    const bool write = request.major == IRP_MJ_WRITE;
    if (method_ == METHOD_BUFFERED) {
        input_.resize(std::max(request.input.size(), request.output.size()));
        irp().AssociatedIrp.SystemBuffer = input_.empty() ? nullptr : input_.data();
        return;
    }
    output_.assign(request.output.begin(), request.output.end());
    std::vector<std::byte>& data = write ? input_ : output_;
    if (method_ == METHOD_NEITHER) {
        irp().UserBuffer = data.data();
        return;
    }
    if (request.major == IRP_MJ_DEVICE_CONTROL && !input_.empty())
        irp().AssociatedIrp.SystemBuffer = input_.data();
    if (data.empty())
        return;
    mdl_.reset(IoAllocateMdl(data.data(), static_cast<ULONG>(data.size()), FALSE, FALSE, &irp()));
    if (mdl_)
        MmProbeAndLockPages(mdl_.get(), UserMode, write ? IoReadAccess : IoModifyAccess);
}

DeviceReply Outgoing::reply(std::span<std::byte> output) {
    const IO_STATUS_BLOCK& status = irp().IoStatus;
    // The error range has its two highest bits set; a warning, such as BUFFER_OVERFLOW, still brings data.
    const bool has_data = static_cast<std::uint32_t>(status.Status) < 0xC0000000u;
    if (method_ != METHOD_BUFFERED)
        std::copy_n(output_.begin(), std::min(output_.size(), output.size()), output.begin());
    else if (has_data)
        std::copy_n(input_.begin(), std::min({status.Information, input_.size(), output.size()}), output.begin());
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
        made_by_driver_.try_emplace(irp);
    }

    void when_completed(const IRP* irp, std::function<void()> action) {
        const machine::Locked locked(lock_);
        made_by_driver_[irp] = std::move(action);
    }

    // Empty: it has none.
    std::function<void()> action_of(const IRP* irp) {
        const machine::Locked locked(lock_);
        const auto found = made_by_driver_.find(irp);
        return found == made_by_driver_.end() ? nullptr : found->second;
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
    std::unordered_map<const IRP*, std::function<void()>> made_by_driver_ NDISPOOL_GUARDED_BY(lock_);
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
    constexpr std::chrono::seconds cancel_limit{5};
    DEVICE_OBJECT& top = *top_of(&device);
    auto outgoing = std::make_unique<Outgoing>(top, file, request);
    outstanding().add(*outgoing);
    const NTSTATUS status = IoCallDriver(&top, &outgoing->irp());
    if (status != STATUS_PENDING && !outgoing->wait(std::chrono::nanoseconds(0)) && outstanding().abandon(outgoing)) {
        machine::report_bug("a dispatch routine neither completed its IRP nor returned STATUS_PENDING", &device);
        return {status, 0};
    }
    if (!outgoing->wait(request.limit)) {
        IoCancelIrp(&outgoing->irp());
        if (!outgoing->wait(cancel_limit) && outstanding().abandon(outgoing)) {
            machine::report_bug("an IRP that pends was not completed within 5 s of its cancellation", &device);
            return {STATUS_CANCELLED, 0};
        }
        outgoing->wait(std::nullopt);
    }
    return outgoing->reply(request.output);
}

PIRP make_irp(CCHAR stack_size, const void* allocator) {
    constexpr std::uint32_t tag = 0x20707249; // "Irp "
    constexpr CSHORT irp_object = 6;
    const std::size_t locations = static_cast<unsigned char>(stack_size);
    const std::size_t bytes = sizeof(IRP) + locations * sizeof(IO_STACK_LOCATION);
    const PIRP irp = static_cast<PIRP>(allocate(bytes, tag, allocator));
    if (irp == nullptr)
        return nullptr;
    std::memset(irp, 0, bytes);
    irp->Type = irp_object;
    irp->Size = static_cast<USHORT>(bytes);
    irp->StackCount = stack_size;
    irp->CurrentLocation = static_cast<CHAR>(stack_size + 1);
    irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + locations;
    outstanding().add_made_by_driver(irp);
    return irp;
}

bool free_irp(IRP& irp) {
    if (!outstanding().remove_made_by_driver(&irp))
        return false;
    free_memory(&irp);
    return true;
}

void when_completed(IRP& irp, std::function<void()> action) {
    outstanding().when_completed(&irp, std::move(action));
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
    else if (const std::function<void()> action = outstanding().action_of(Irp))
        action();
    else if (outstanding().is_made_by_driver(Irp))
        report_bug(
            "IoCompleteRequest: nobody takes the IRP back that the driver made with IoAllocateIrp; its completion "
            "routine must return STATUS_MORE_PROCESSING_REQUIRED",
            Irp);
}

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN) {
    return make_irp(StackSize, caller(__builtin_return_address(0)));
}

void IoFreeIrp(PIRP Irp) {
    if (!free_irp(*Irp))
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
