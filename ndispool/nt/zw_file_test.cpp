#include "ndis/file.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "ndis/device.h"
#include "ndis/object.h"
#include "ndis/security.h"
#include "ndis/text.h"
#include "ndispool/nt/devices.h"

namespace ndispool::nt {
namespace {

// In a folder of its own, which is the current one meanwhile.
class ZwFile : public testing::Test {
  protected:
    ZwFile() : before_(std::filesystem::current_path()) {
        std::string name = (std::filesystem::temp_directory_path() / "zw_file_XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        std::filesystem::current_path(folder_);
    }
    ~ZwFile() override {
        std::filesystem::current_path(before_);
        std::filesystem::remove_all(folder_);
    }

    NTSTATUS create(const char16_t* name, ACCESS_MASK access, ULONG disposition) {
        UNICODE_STRING text;
        RtlInitUnicodeString(&text, reinterpret_cast<PCWSTR>(name));
        OBJECT_ATTRIBUTES attributes;
        InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
        return ZwCreateFile(&handle_, access, &attributes, &block_, nullptr, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ,
                            disposition, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, nullptr, 0);
    }
    NTSTATUS write(std::string text, PLARGE_INTEGER offset = nullptr) {
        return ZwWriteFile(handle_, nullptr, nullptr, nullptr, &block_, text.data(), static_cast<ULONG>(text.size()),
                           offset, nullptr);
    }
    std::string read(ULONG most, PLARGE_INTEGER offset = nullptr) {
        std::string text(most, '?');
        const NTSTATUS status =
            ZwReadFile(handle_, nullptr, nullptr, nullptr, &block_, text.data(), most, offset, nullptr);
        return status == STATUS_SUCCESS ? text.substr(0, block_.Information) : "status " + std::to_string(status);
    }
    static std::string content(const char* name) {
        std::ifstream stream(name);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    const std::filesystem::path before_;
    std::filesystem::path folder_;
    HANDLE handle_ = nullptr;
    IO_STATUS_BLOCK block_{};
};

TEST_F(ZwFile, that_a_driver_logs_into_is_made_and_appended_to) {
    ASSERT_EQ(create(u"\\??\\C:\\log.txt", FILE_GENERIC_WRITE, FILE_OPEN_IF), STATUS_SUCCESS);
    EXPECT_EQ(block_.Information, static_cast<ULONG_PTR>(FILE_CREATED));
    EXPECT_EQ(write("one "), STATUS_SUCCESS);
    EXPECT_EQ(block_.Information, 4u);
    EXPECT_EQ(write("two "), STATUS_SUCCESS) << "behind the first";
    EXPECT_EQ(ZwClose(handle_), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(handle_), STATUS_INVALID_HANDLE);
    ASSERT_EQ(create(u"\\DosDevices\\D:\\log.txt", GENERIC_WRITE, FILE_OPEN_IF), STATUS_SUCCESS);
    EXPECT_EQ(block_.Information, static_cast<ULONG_PTR>(FILE_OPENED));
    LARGE_INTEGER end{};
    end.LowPart = FILE_WRITE_TO_END_OF_FILE;
    end.HighPart = -1;
    EXPECT_EQ(write("three", &end), STATUS_SUCCESS);
    char byte = 0;
    EXPECT_EQ(ZwReadFile(handle_, nullptr, nullptr, nullptr, &block_, &byte, 1, nullptr, nullptr),
              STATUS_ACCESS_DENIED);
    ZwClose(handle_);
    EXPECT_EQ(content("log.txt"), "one two three");
}

TEST_F(ZwFile, that_is_read_says_its_length_and_its_end) {
    std::ofstream("table.bin") << "0123456789";
    ASSERT_EQ(create(u"\\SystemRoot\\table.bin", GENERIC_READ, FILE_OPEN), STATUS_SUCCESS);
    FILE_STANDARD_INFORMATION about{};
    EXPECT_EQ(ZwQueryInformationFile(handle_, &block_, &about, sizeof about, FileStandardInformation), STATUS_SUCCESS);
    EXPECT_EQ(about.EndOfFile.QuadPart, 10);
    EXPECT_EQ(ZwQueryInformationFile(handle_, &block_, &about, 4, FileStandardInformation),
              STATUS_INFO_LENGTH_MISMATCH);
    EXPECT_EQ(read(4), "0123");
    LARGE_INTEGER at;
    at.QuadPart = 8;
    EXPECT_EQ(read(4, &at), "89");
    EXPECT_EQ(read(4), "status " + std::to_string(STATUS_END_OF_FILE));
    FILE_POSITION_INFORMATION position{};
    EXPECT_EQ(ZwQueryInformationFile(handle_, &block_, &position, sizeof position, FilePositionInformation),
              STATUS_SUCCESS);
    EXPECT_EQ(position.CurrentByteOffset.QuadPart, 10);
    EXPECT_EQ(write("x"), STATUS_ACCESS_DENIED);
    ZwClose(handle_);
}

TEST_F(ZwFile, is_opened_as_the_disposition_says) {
    EXPECT_EQ(create(u"\\??\\C:\\absent", GENERIC_READ, FILE_OPEN), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(create(u"\\??\\C:\\absent\\file", GENERIC_WRITE, FILE_CREATE), STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(create(u"\\??\\C:\\..\\file", GENERIC_WRITE, FILE_CREATE), STATUS_OBJECT_NAME_INVALID);
    EXPECT_EQ(create(u"\\Device\\Harddisk0\\x", GENERIC_WRITE, FILE_CREATE), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(create(u"\\??\\C:\\new", GENERIC_WRITE, FILE_OVERWRITE_IF + 1), STATUS_INVALID_PARAMETER);
    std::filesystem::create_directory("folder");
    EXPECT_EQ(create(u"\\??\\C:\\folder", GENERIC_READ, FILE_OPEN), STATUS_FILE_IS_A_DIRECTORY);
    std::ofstream("there") << "old";
    EXPECT_EQ(create(u"\\??\\C:\\there", GENERIC_WRITE, FILE_CREATE), STATUS_OBJECT_NAME_COLLISION);
    ASSERT_EQ(create(u"\\??\\C:\\there", GENERIC_WRITE, FILE_OVERWRITE), STATUS_SUCCESS);
    EXPECT_EQ(block_.Information, static_cast<ULONG_PTR>(FILE_OVERWRITTEN));
    ZwClose(handle_);
    EXPECT_EQ(content("there"), "");
    ASSERT_EQ(create(u"\\??\\C:\\folder\\made", GENERIC_ALL, FILE_SUPERSEDE), STATUS_SUCCESS);
    EXPECT_EQ(ZwSetSecurityObject(handle_, DACL_SECURITY_INFORMATION, nullptr), STATUS_SUCCESS);
    ZwClose(handle_);
    EXPECT_EQ(ZwSetSecurityObject(handle_, DACL_SECURITY_INFORMATION, nullptr), STATUS_INVALID_HANDLE);
    EXPECT_TRUE(std::filesystem::exists("folder/made"));
}

// A driver's device, opened by another driver.
TEST_F(ZwFile, may_be_a_device_whose_driver_answers) {
    DRIVER_OBJECT driver;
    initialize_driver_object(driver);
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, reinterpret_cast<PCWSTR>(u"\\Device\\Answers"));
    PDEVICE_OBJECT device = nullptr;
    IoCreateDevice(&driver, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &device);
    device->Flags |= DO_BUFFERED_IO;
    EXPECT_EQ(create(u"\\Device\\Answers", GENERIC_ALL, FILE_OPEN), STATUS_INVALID_DEVICE_REQUEST);
    for (const UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_READ, IRP_MJ_WRITE})
        driver.MajorFunction[major] = [](PDEVICE_OBJECT, PIRP irp) {
            irp->IoStatus.Status = STATUS_SUCCESS;
            irp->IoStatus.Information = 0;
            if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_READ) {
                std::memcpy(irp->AssociatedIrp.SystemBuffer, "pong", 4);
                irp->IoStatus.Information = 4;
            }
            IoCompleteRequest(irp, IO_NO_INCREMENT);
            return STATUS_SUCCESS;
        };
    ASSERT_EQ(create(u"\\Device\\Answers", GENERIC_ALL, FILE_OPEN), STATUS_SUCCESS);
    EXPECT_EQ(write("ping"), STATUS_SUCCESS);
    EXPECT_EQ(read(8), "pong");
    PVOID object = nullptr;
    ASSERT_EQ(ObReferenceObjectByHandle(handle_, 0, nullptr, KernelMode, &object, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(IoGetRelatedDeviceObject(static_cast<PFILE_OBJECT>(object)), device);
    ObDereferenceObject(object);
    IoDeleteDevice(device);
    EXPECT_EQ(read(8), "status " + std::to_string(STATUS_NO_SUCH_DEVICE));
    ZwClose(handle_);
}

TEST_F(ZwFile, that_is_done_sets_the_event_that_was_given) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, reinterpret_cast<PCWSTR>(u"\\BaseNamedObjects\\FileDone"));
    HANDLE event_handle = nullptr;
    const PKEVENT event = IoCreateNotificationEvent(&name, &event_handle);
    KeClearEvent(event);
    ASSERT_EQ(create(u"\\??\\C:\\log.txt", GENERIC_WRITE, FILE_CREATE), STATUS_SUCCESS);
    char text[] = "x";
    EXPECT_EQ(ZwWriteFile(handle_, event_handle, nullptr, nullptr, &block_, text, 1, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_NE(KeReadStateEvent(event), 0);
    ZwClose(handle_);
    ZwClose(event_handle);
}

TEST(SecurityDescriptor, is_what_the_driver_makes_of_it) {
    SECURITY_DESCRIPTOR descriptor;
    EXPECT_EQ(RtlCreateSecurityDescriptor(&descriptor, 2), STATUS_UNKNOWN_REVISION);
    ASSERT_EQ(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    EXPECT_EQ(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE), STATUS_SUCCESS) << "everybody may";
    EXPECT_EQ(descriptor.Control, SE_DACL_PRESENT);
    EXPECT_EQ(descriptor.Dacl, nullptr);
    EXPECT_EQ(RtlSetDaclSecurityDescriptor(&descriptor, FALSE, nullptr, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(descriptor.Control, 0);
}

} // namespace
} // namespace ndispool::nt
