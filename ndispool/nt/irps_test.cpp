#include "ndispool/nt/irps.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <string_view>
#include <thread>

#include "ndis/kernel.h"
#include "ndis/mdl.h"
#include "ndis/object.h"
#include "ndispool/nt/devices.h"
#include "ndispool/nt/invoke.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

constexpr ULONG buffered = CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
constexpr ULONG neither = CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS);
constexpr ULONG direct = CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS);

NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

// Puts the system buffer into capitals; says how many bytes it was given.
NTSTATUS capitalise(PDEVICE_OBJECT, PIRP irp) {
    const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
    auto* const text = static_cast<char*>(irp->AssociatedIrp.SystemBuffer);
    std::transform(text, text + parameters.InputBufferLength, text, [](char c) { return static_cast<char>(c - 32); });
    return complete(irp, STATUS_SUCCESS, parameters.InputBufferLength);
}

class Irps : public testing::Test {
  protected:
    Irps() {
        initialize_driver_object(driver_);
        IoCreateDevice(&driver_, 0, nullptr, FILE_DEVICE_NETWORK, 0, FALSE, &device_);
    }
    ~Irps() override { IoDeleteDevice(device_); }

    void on(UCHAR major, PDRIVER_DISPATCH dispatch) { driver_.MajorFunction[major] = dispatch; }
    DeviceReply control(ULONG code, std::string_view input) {
        return send_request(*device_, file_,
                            {.major = IRP_MJ_DEVICE_CONTROL,
                             .control_code = code,
                             .input = std::as_bytes(std::span(input)),
                             .output = std::as_writable_bytes(std::span(output_))});
    }

    DRIVER_OBJECT driver_;
    PDEVICE_OBJECT device_ = nullptr;
    FILE_OBJECT file_{};
    std::array<char, 4> output_{};
};

TEST_F(Irps, of_a_function_the_driver_does_not_have_are_refused) {
    EXPECT_EQ(send_request(*device_, file_, {.major = IRP_MJ_CREATE}).status, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_F(Irps, carry_the_file_object_in_which_the_driver_keeps_its_own) {
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT device, PIRP irp) {
        const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
        EXPECT_EQ(location->DeviceObject, device);
        EXPECT_EQ(location->MajorFunction, IRP_MJ_CREATE);
        location->FileObject->FsContext = device;
        return complete(irp, STATUS_SUCCESS, 0);
    });
    EXPECT_EQ(send_request(*device_, file_, {.major = IRP_MJ_CREATE}).status, STATUS_SUCCESS);
    EXPECT_EQ(file_.FsContext, device_);
}

TEST_F(Irps, that_are_buffered_bring_back_as_much_as_the_caller_has_room_for) {
    on(IRP_MJ_DEVICE_CONTROL, capitalise);
    const DeviceReply reply = control(buffered, "abcdef");
    EXPECT_EQ(reply.status, STATUS_SUCCESS);
    EXPECT_EQ(reply.information, 6u);
    EXPECT_EQ(std::string_view(output_.data(), 4), "ABCD");
}

TEST_F(Irps, that_fail_bring_back_nothing) {
    on(IRP_MJ_DEVICE_CONTROL, [](PDEVICE_OBJECT, PIRP irp) {
        std::memset(irp->AssociatedIrp.SystemBuffer, 'x', 4);
        return complete(irp, STATUS_UNSUCCESSFUL, 4);
    });
    EXPECT_EQ(control(buffered, "a").status, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(output_[0], 0);
}

TEST_F(Irps, that_are_neither_carry_the_callers_own_buffers) {
    on(IRP_MJ_DEVICE_CONTROL, [](PDEVICE_OBJECT, PIRP irp) {
        const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
        std::memcpy(irp->UserBuffer, parameters.Type3InputBuffer, 3);
        return complete(irp, STATUS_SUCCESS, 3);
    });
    control(neither, "abc");
    EXPECT_EQ(std::string_view(output_.data(), 3), "abc");
}

TEST_F(Irps, that_are_direct_carry_the_output_as_a_descriptor_and_the_input_in_the_system_buffer) {
    on(IRP_MJ_DEVICE_CONTROL, [](PDEVICE_OBJECT, PIRP irp) {
        EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 4u);
        auto* const out = static_cast<char*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
        EXPECT_EQ(std::string_view(out, 4), "1234") << "METHOD_IN_DIRECT: the caller's output buffer is input too";
        std::memcpy(out, irp->AssociatedIrp.SystemBuffer, 3);
        return complete(irp, STATUS_SUCCESS, 3);
    });
    output_ = {'1', '2', '3', '4'};
    EXPECT_EQ(control(direct, "abc").status, STATUS_SUCCESS);
    EXPECT_EQ(std::string_view(output_.data(), 4), "abc4");
}

TEST_F(Irps, that_read_and_write_a_direct_device_carry_descriptors_of_the_data) {
    device_->Flags |= DO_DIRECT_IO;
    on(IRP_MJ_WRITE, [](PDEVICE_OBJECT, PIRP irp) {
        EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.Write.ByteOffset.QuadPart, 7);
        const void* const data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
        EXPECT_EQ(std::memcmp(data, "hi", MmGetMdlByteCount(irp->MdlAddress)), 0);
        return complete(irp, STATUS_SUCCESS, MmGetMdlByteCount(irp->MdlAddress));
    });
    on(IRP_MJ_READ, [](PDEVICE_OBJECT, PIRP irp) {
        std::memcpy(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority), "yo", 2);
        return complete(irp, STATUS_SUCCESS, 2);
    });
    const std::string_view text = "hi";
    const DeviceRequest write{.major = IRP_MJ_WRITE, .input = std::as_bytes(std::span(text)), .offset = 7};
    EXPECT_EQ(send_request(*device_, file_, write).information, 2u);
    send_request(*device_, file_, {.major = IRP_MJ_READ, .output = std::as_writable_bytes(std::span(output_))});
    EXPECT_EQ(std::string_view(output_.data(), 2), "yo");
    const DeviceRequest empty{.major = IRP_MJ_READ};
    on(IRP_MJ_READ, [](PDEVICE_OBJECT, PIRP irp) {
        EXPECT_EQ(irp->MdlAddress, nullptr) << "nothing to describe";
        return complete(irp, STATUS_SUCCESS, 0);
    });
    EXPECT_EQ(send_request(*device_, file_, empty).status, STATUS_SUCCESS);
}

TEST_F(Irps, that_pend_longer_than_their_limit_are_cancelled) {
    on(IRP_MJ_READ, [](PDEVICE_OBJECT, PIRP irp) {
        IoMarkIrpPending(irp);
        IoSetCancelRoutine(irp, [](PDEVICE_OBJECT, PIRP cancelled) {
            IoReleaseCancelSpinLock(cancelled->CancelIrql);
            complete(cancelled, STATUS_CANCELLED, 0);
        });
        return STATUS_PENDING;
    });
    const DeviceRequest read{.major = IRP_MJ_READ, .limit = std::chrono::milliseconds(20)};
    EXPECT_EQ(send_request(*device_, file_, read).status, STATUS_CANCELLED);
}

TEST_F(Irps, that_write_and_read_use_the_buffer_the_device_asked_for) {
    device_->Flags |= DO_BUFFERED_IO;
    on(IRP_MJ_WRITE, [](PDEVICE_OBJECT, PIRP irp) {
        EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length, 2u);
        EXPECT_EQ(std::memcmp(irp->AssociatedIrp.SystemBuffer, "hi", 2), 0);
        return complete(irp, STATUS_SUCCESS, 2);
    });
    on(IRP_MJ_READ, [](PDEVICE_OBJECT, PIRP irp) {
        std::memcpy(irp->AssociatedIrp.SystemBuffer, "yo", 2);
        return complete(irp, STATUS_SUCCESS, 2);
    });
    const std::string_view text = "hi";
    EXPECT_EQ(
        send_request(*device_, file_, {.major = IRP_MJ_WRITE, .input = std::as_bytes(std::span(text))}).information,
        2u);
    send_request(*device_, file_, {.major = IRP_MJ_READ, .output = std::as_writable_bytes(std::span(output_))});
    EXPECT_EQ(std::string_view(output_.data(), 2), "yo");
}

TEST_F(Irps, that_are_pending_are_waited_for) {
    static std::jthread later;
    on(IRP_MJ_DEVICE_CONTROL, [](PDEVICE_OBJECT device, PIRP irp) {
        IoMarkIrpPending(irp);
        later = std::jthread([device, irp] { capitalise(device, irp); });
        return STATUS_PENDING;
    });
    EXPECT_EQ(control(buffered, "abcd").status, STATUS_SUCCESS);
    EXPECT_EQ(std::string_view(output_.data(), 4), "ABCD");
    later.join();
}

TEST_F(Irps, completed_twice_are_reported_once_and_answered_once) {
    BugTrap bugs;
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT, PIRP irp) {
        complete(irp, STATUS_SUCCESS, 0);
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    });
    EXPECT_EQ(send_request(*device_, file_, {.major = IRP_MJ_CREATE}).status, STATUS_SUCCESS);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

TEST_F(Irps, neither_completed_nor_pending_are_reported_and_do_not_hang_the_caller) {
    BugTrap bugs;
    static PIRP kept;
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT, PIRP irp) {
        kept = irp;
        return STATUS_UNSUCCESSFUL;
    });
    EXPECT_EQ(send_request(*device_, file_, {.major = IRP_MJ_CREATE}).status, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(bugs.reports().size(), 1u);
    complete(kept, STATUS_SUCCESS, 0);
    EXPECT_EQ(bugs.reports().size(), 1u) << "completing it later is reported too, and reaches nobody";
}

TEST_F(Irps, passed_on_to_another_driver_come_back_through_the_completion_routine) {
    static DRIVER_OBJECT lower_driver;
    static PDEVICE_OBJECT lower;
    static int completions;
    completions = 0;
    initialize_driver_object(lower_driver);
    IoCreateDevice(&lower_driver, 0, nullptr, FILE_DEVICE_NETWORK, 0, FALSE, &lower);
    lower_driver.MajorFunction[IRP_MJ_CREATE] = [](PDEVICE_OBJECT, PIRP irp) {
        return complete(irp, STATUS_SUCCESS, 5);
    };
    device_->StackSize = 2;
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT device, PIRP irp) {
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
        const auto completed = [](PDEVICE_OBJECT upper, PIRP irp, void* context) {
            EXPECT_EQ(upper, context) << "the device of the driver that set the routine";
            EXPECT_EQ(irp->IoStatus.Information, 5u);
            ++completions;
            return STATUS_SUCCESS;
        };
        IoSetCompletionRoutine(irp, completed, device, TRUE, FALSE, FALSE);
        return IoCallDriver(lower, irp);
    });
    const DeviceReply reply = send_request(*device_, file_, {.major = IRP_MJ_CREATE});
    EXPECT_EQ(reply.information, 5u);
    EXPECT_EQ(completions, 1);
    lower_driver.MajorFunction[IRP_MJ_CREATE] = [](PDEVICE_OBJECT, PIRP irp) {
        return complete(irp, STATUS_UNSUCCESSFUL, 5);
    };
    send_request(*device_, file_, {.major = IRP_MJ_CREATE});
    EXPECT_EQ(completions, 1) << "it asked for successes only";
    IoDeleteDevice(lower);
}

TEST_F(Irps, taken_back_by_a_completion_routine_are_completed_later) {
    BugTrap bugs;
    static DRIVER_OBJECT lower_driver;
    static PDEVICE_OBJECT lower;
    initialize_driver_object(lower_driver);
    IoCreateDevice(&lower_driver, 0, nullptr, FILE_DEVICE_NETWORK, 0, FALSE, &lower);
    lower_driver.MajorFunction[IRP_MJ_CREATE] = [](PDEVICE_OBJECT, PIRP irp) {
        return complete(irp, STATUS_SUCCESS, 5);
    };
    device_->StackSize = 2;
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT, PIRP irp) {
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
        const auto take_back = [](PDEVICE_OBJECT, PIRP, void*) { return STATUS_MORE_PROCESSING_REQUIRED; };
        IoSetCompletionRoutine(irp, take_back, nullptr, TRUE, TRUE, TRUE);
        IoCallDriver(lower, irp);
        return complete(irp, STATUS_SUCCESS, 9);
    });
    EXPECT_EQ(send_request(*device_, file_, {.major = IRP_MJ_CREATE}).information, 9u);
    EXPECT_TRUE(bugs.reports().empty()) << "it was completed once";
    IoDeleteDevice(lower);
}

TEST(CancelSpinLock, raises_to_dispatch_level_and_back) {
    KIRQL before = 99;
    IoAcquireCancelSpinLock(&before);
    EXPECT_EQ(before, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(before);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

// A driver sends a request of its own to another device, as a filter or a TDI client does.
TEST_F(Irps, of_a_drivers_own_come_back_to_its_completion_routine) {
    BugTrap bugs;
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT, PIRP irp) { return complete(irp, STATUS_SUCCESS, 5); });
    const PIRP irp = IoAllocateIrp(device_->StackSize, FALSE);
    ASSERT_NE(irp, nullptr);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
    ULONG_PTR seen = 0;
    const PIO_COMPLETION_ROUTINE take_back = [](PDEVICE_OBJECT, PIRP returned, void* context) {
        *static_cast<ULONG_PTR*>(context) = returned->IoStatus.Information;
        IoFreeIrp(returned);
        return STATUS_MORE_PROCESSING_REQUIRED;
    };
    IoSetCompletionRoutine(irp, take_back, &seen, TRUE, TRUE, TRUE);
    EXPECT_EQ(IoCallDriver(device_, irp), STATUS_SUCCESS);
    EXPECT_EQ(seen, 5u);
    EXPECT_TRUE(bugs.reports().empty());
    IoFreeIrp(irp);
    EXPECT_EQ(bugs.reports().size(), 1u) << "freed twice";
}

TEST_F(Irps, of_a_drivers_own_that_nobody_takes_back_are_reported) {
    BugTrap bugs;
    on(IRP_MJ_CREATE, [](PDEVICE_OBJECT, PIRP irp) { return complete(irp, STATUS_SUCCESS, 0); });
    const PIRP irp = IoAllocateIrp(device_->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
    IoCallDriver(device_, irp);
    EXPECT_EQ(bugs.reports().size(), 1u);
    IoFreeIrp(irp);
    EXPECT_TRUE(bugs.reports().empty());
}

TEST_F(Irps, that_are_cancelled_call_their_cancel_routine_once_with_the_lock_held) {
    static int calls;
    static KIRQL level;
    calls = 0;
    const PIRP irp = IoAllocateIrp(1, FALSE);
    EXPECT_FALSE(IoCancelIrp(irp));
    EXPECT_TRUE(irp->Cancel);
    IoSetCancelRoutine(irp, [](PDEVICE_OBJECT, PIRP cancelled) {
        ++calls;
        level = KeGetCurrentIrql();
        IoReleaseCancelSpinLock(cancelled->CancelIrql);
    });
    EXPECT_TRUE(IoCancelIrp(irp));
    EXPECT_FALSE(IoCancelIrp(irp));
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(level, DISPATCH_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoFreeIrp(irp);
}

TEST(Probe, reports_an_address_that_is_not_aligned) {
    BugTrap bugs;
    alignas(8) char bytes[8];
    ProbeForRead(bytes, 8, 8);
    ProbeForWrite(bytes + 1, 1, 1);
    ProbeForRead(bytes + 1, 0, 4);
    EXPECT_TRUE(bugs.reports().empty());
    ProbeForWrite(bytes + 1, 4, 4);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

} // namespace
} // namespace ndispool::nt
