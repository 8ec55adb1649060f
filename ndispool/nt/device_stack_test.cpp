#include "ndis/device.h"

#include <cstring>
#include <gtest/gtest.h>

#include "ndis/kernel.h"
#include "ndis/mdl.h"
#include "ndis/text.h"
#include "ndis/thread.h"
#include "ndispool/nt/device_file.h"
#include "ndispool/nt/devices.h"
#include "ndispool/nt/irps.h"
#include "ndispool/nt/testing.h"

namespace ndispool::nt {
namespace {

UNICODE_STRING string(const char16_t* text) {
    UNICODE_STRING made;
    RtlInitUnicodeString(&made, reinterpret_cast<PCWSTR>(text));
    return made;
}

NTSTATUS complete(PIRP irp, ULONG_PTR information) {
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

// A device with a name, and a filter's device that stands upon it.
class DeviceStack : public testing::Test {
  protected:
    DeviceStack() {
        for (DRIVER_OBJECT* driver : {&lower_driver_, &upper_driver_})
            initialize_driver_object(*driver);
        UNICODE_STRING name = string(u"\\Device\\Below");
        IoCreateDevice(&lower_driver_, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &lower_);
        IoCreateDevice(&upper_driver_, 0, nullptr, FILE_DEVICE_NETWORK, 0, FALSE, &upper_);
        below = IoAttachDeviceToDeviceStack(upper_, lower_);
        for (const UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}) {
            lower_driver_.MajorFunction[major] = [](PDEVICE_OBJECT, PIRP irp) {
                seen.push_back(IoGetCurrentIrpStackLocation(irp)->MajorFunction);
                return complete(irp, 1);
            };
            upper_driver_.MajorFunction[major] = [](PDEVICE_OBJECT, PIRP irp) {
                IoSkipCurrentIrpStackLocation(irp);
                return IoCallDriver(below, irp);
            };
        }
        seen.clear();
    }
    ~DeviceStack() override {
        if (below)
            IoDetachDevice(below);
        IoDeleteDevice(upper_);
        IoDeleteDevice(lower_);
    }

    static inline PDEVICE_OBJECT below;
    static inline std::vector<int> seen;
    DRIVER_OBJECT lower_driver_, upper_driver_;
    PDEVICE_OBJECT lower_ = nullptr, upper_ = nullptr;
};

TEST_F(DeviceStack, is_asked_at_its_top_which_passes_on_what_it_likes) {
    EXPECT_EQ(below, lower_);
    EXPECT_EQ(lower_->AttachedDevice, upper_);
    EXPECT_EQ(upper_->StackSize, 2);
    static int passed;
    passed = 0;
    upper_driver_.MajorFunction[IRP_MJ_READ] = [](PDEVICE_OBJECT, PIRP irp) {
        IoCopyCurrentIrpStackLocationToNext(irp);
        const PIO_COMPLETION_ROUTINE completed = [](PDEVICE_OBJECT, PIRP returned, void*) {
            passed = static_cast<int>(returned->IoStatus.Information);
            return STATUS_SUCCESS;
        };
        IoSetCompletionRoutine(irp, completed, nullptr, TRUE, TRUE, TRUE);
        return IoCallDriver(below, irp);
    };
    lower_driver_.MajorFunction[IRP_MJ_READ] = [](PDEVICE_OBJECT device, PIRP irp) {
        EXPECT_EQ(device, below);
        EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart, 6);
        return complete(irp, 3);
    };
    FILE_OBJECT file{};
    EXPECT_EQ(send_request(*lower_, file, {.major = IRP_MJ_READ, .offset = 6}).information, 3u);
    EXPECT_EQ(passed, 3);
}

TEST_F(DeviceStack, is_one_device_again_after_detaching) {
    IoDetachDevice(below);
    below = nullptr;
    EXPECT_EQ(top_of(lower_), lower_);
    BugTrap bugs;
    IoDetachDevice(lower_);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

TEST_F(DeviceStack, is_found_by_reference_and_by_file) {
    BugTrap bugs;
    const PDEVICE_OBJECT top = IoGetAttachedDeviceReference(lower_);
    EXPECT_EQ(top, upper_);
    ObDereferenceObject(top);
    EXPECT_TRUE(bugs.reports().empty());
    ObDereferenceObject(top);
    EXPECT_EQ(bugs.reports().size(), 1u) << "one reference, given back twice";
    FILE_OBJECT file{};
    file.DeviceObject = lower_;
    EXPECT_EQ(IoGetRelatedDeviceObject(&file), upper_);
}

TEST_F(DeviceStack, is_opened_by_name_and_closed_with_its_last_reference) {
    UNICODE_STRING name = string(u"\\device\\below\\and more"), absent = string(u"\\Device\\Absent");
    PFILE_OBJECT file = nullptr;
    PDEVICE_OBJECT device = nullptr;
    EXPECT_EQ(IoGetDeviceObjectPointer(&absent, 0, &file, &device), STATUS_OBJECT_NAME_NOT_FOUND);
    ASSERT_EQ(IoGetDeviceObjectPointer(&name, 0, &file, &device), STATUS_SUCCESS);
    EXPECT_EQ(device, upper_);
    EXPECT_EQ(file->DeviceObject, lower_);
    UNICODE_STRING rest = string(u"\\and more");
    EXPECT_TRUE(RtlEqualUnicodeString(&file->FileName, &rest, FALSE));
    EXPECT_EQ(seen, (std::vector<int>{IRP_MJ_CREATE}));
    ObDereferenceObject(file);
    EXPECT_EQ(seen, (std::vector<int>{IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}));
}

TEST_F(DeviceStack, that_is_open_may_be_deleted) {
    UNICODE_STRING name = string(u"\\Device\\Brief");
    PDEVICE_OBJECT brief = nullptr;
    IoCreateDevice(&lower_driver_, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &brief);
    {
        const OpenedDevice opened = open_device(u"\\Device\\Brief");
        ASSERT_TRUE(opened.file);
        IoDeleteDevice(brief);
        EXPECT_EQ(opened.file->device(), nullptr);
    }
    EXPECT_EQ(seen, (std::vector<int>{IRP_MJ_CREATE})) << "nobody is there to be told of the end";
}

TEST_F(DeviceStack, has_no_properties_and_no_descriptor_and_32_bit_programs_do_not_ask) {
    ULONG length = 1;
    EXPECT_EQ(IoGetDeviceProperty(lower_, DevicePropertyFriendlyName, 0, nullptr, &length),
              STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(length, 0u);
    IoInvalidateDeviceRelations(lower_, BusRelations);
    EXPECT_FALSE(IoIs32bitProcess(nullptr));
    UNICODE_STRING name = string(u"\\Device\\Secure"), sddl = string(u"D:P(A;;GA;;;SY)");
    PDEVICE_OBJECT device = nullptr;
    EXPECT_EQ(IoCreateDeviceSecure(&lower_driver_, 8, &name, FILE_DEVICE_NETWORK, 0, FALSE, &sddl, nullptr, &device),
              STATUS_SUCCESS);
    EXPECT_EQ(find_device(u"\\Device\\Secure"), device);
    IoDeleteDevice(device);
}

// What a driver asks another one, without a completion routine of its own.
class BuiltIrps : public DeviceStack {
  protected:
    BuiltIrps() {
        KeInitializeEvent(&event_, NotificationEvent, FALSE);
        IoDetachDevice(below);
        below = nullptr;
    }
    NTSTATUS send(PIRP irp) {
        const NTSTATUS status = IoCallDriver(lower_, irp);
        if (status != STATUS_PENDING)
            return status;
        KeWaitForSingleObject(&event_, Executive, KernelMode, FALSE, nullptr);
        return block_.Status;
    }

    KEVENT event_;
    IO_STATUS_BLOCK block_{};
    char data_[4] = {'a', 'b', 'c', 'd'};
};

TEST_F(BuiltIrps, write_and_read_a_device_that_is_buffered) {
    lower_->Flags |= DO_BUFFERED_IO;
    lower_driver_.MajorFunction[IRP_MJ_WRITE] = [](PDEVICE_OBJECT, PIRP irp) {
        EXPECT_EQ(std::memcmp(irp->AssociatedIrp.SystemBuffer, "abcd", 4), 0);
        return complete(irp, 4);
    };
    lower_driver_.MajorFunction[IRP_MJ_READ] = [](PDEVICE_OBJECT, PIRP irp) {
        std::memcpy(irp->AssociatedIrp.SystemBuffer, "wxyz", 4);
        return complete(irp, 2);
    };
    EXPECT_EQ(send(IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, lower_, data_, 4, nullptr, &event_, &block_)),
              STATUS_SUCCESS);
    EXPECT_EQ(block_.Information, 4u);
    EXPECT_NE(KeReadStateEvent(&event_), 0);
    EXPECT_EQ(send(IoBuildSynchronousFsdRequest(IRP_MJ_READ, lower_, data_, 4, nullptr, &event_, &block_)),
              STATUS_SUCCESS);
    EXPECT_EQ(std::string_view(data_, 4), "wxcd") << "as much as the driver said";
}

TEST_F(BuiltIrps, read_a_direct_device_through_a_descriptor_and_may_pend) {
    lower_->Flags |= DO_DIRECT_IO;
    static PIRP pended;
    lower_driver_.MajorFunction[IRP_MJ_READ] = [](PDEVICE_OBJECT, PIRP irp) {
        IoMarkIrpPending(irp);
        pended = irp;
        return STATUS_PENDING;
    };
    LARGE_INTEGER offset;
    offset.QuadPart = 12;
    EXPECT_EQ(
        IoCallDriver(lower_, IoBuildSynchronousFsdRequest(IRP_MJ_READ, lower_, data_, 4, &offset, &event_, &block_)),
        STATUS_PENDING);
    EXPECT_EQ(IoGetCurrentIrpStackLocation(pended)->Parameters.Read.ByteOffset.QuadPart, 12);
    std::memcpy(MmGetSystemAddressForMdlSafe(pended->MdlAddress, NormalPagePriority), "wx", 2);
    EXPECT_EQ(KeReadStateEvent(&event_), 0);
    complete(pended, 2);
    EXPECT_NE(KeReadStateEvent(&event_), 0);
    EXPECT_EQ(std::string_view(data_, 4), "wxcd");
    EXPECT_EQ(block_.Information, 2u);
}

TEST_F(BuiltIrps, carry_a_control_code_both_ways) {
    lower_driver_.MajorFunction[IRP_MJ_DEVICE_CONTROL] = [](PDEVICE_OBJECT, PIRP irp) {
        const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
        EXPECT_EQ(parameters.InputBufferLength, 4u);
        EXPECT_EQ(std::memcmp(irp->AssociatedIrp.SystemBuffer, "abcd", 4), 0);
        std::memcpy(irp->AssociatedIrp.SystemBuffer, "klm", 3);
        return complete(irp, 3);
    };
    char answer[3] = {};
    constexpr ULONG code = CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
    EXPECT_EQ(send(IoBuildDeviceIoControlRequest(code, lower_, data_, 4, answer, 3, FALSE, &event_, &block_)),
              STATUS_SUCCESS);
    EXPECT_EQ(std::string_view(answer, 3), "klm");
}

} // namespace
} // namespace ndispool::nt
