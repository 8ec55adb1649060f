#include "ndispool/nt/devices.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <string>

#include "ndis/text.h"
#include "ndispool/nt/testing.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

class Devices : public testing::Test {
  protected:
    Devices() { initialize_driver_object(driver_); }
    ~Devices() override {
        for (const PDEVICE_OBJECT device : devices_of(driver_))
            IoDeleteDevice(device);
    }

    NTSTATUS create(const std::u16string& name, PDEVICE_OBJECT& device, ULONG extension = 0) {
        UNICODE_STRING counted_name = counted(name);
        return IoCreateDevice(&driver_, extension, name.empty() ? nullptr : &counted_name, FILE_DEVICE_NETWORK, 0,
                              FALSE, &device);
    }
    static NTSTATUS link(const std::u16string& name, const std::u16string& target) {
        UNICODE_STRING from = counted(name), to = counted(target);
        return IoCreateSymbolicLink(&from, &to);
    }
    static NTSTATUS unlink(const std::u16string& name) {
        UNICODE_STRING counted_name = counted(name);
        return IoDeleteSymbolicLink(&counted_name);
    }

    DRIVER_OBJECT driver_;
    PDEVICE_OBJECT device_ = nullptr;
};

TEST_F(Devices, are_made_with_a_zeroed_extension_and_are_initializing) {
    ASSERT_EQ(create(u"\\Device\\A", device_, 100), STATUS_SUCCESS);
    ASSERT_NE(device_->DeviceExtension, nullptr);
    const auto* const bytes = static_cast<const char*>(device_->DeviceExtension);
    EXPECT_TRUE(std::all_of(bytes, bytes + 100, [](char byte) { return byte == 0; }));
    EXPECT_TRUE(device_->Flags & DO_DEVICE_INITIALIZING);
    EXPECT_EQ(device_->DriverObject, &driver_);
    EXPECT_EQ(device_->DeviceType, ULONG{FILE_DEVICE_NETWORK});
    EXPECT_EQ(device_->StackSize, 1);
}

TEST_F(Devices, are_found_by_name_whatever_its_case) {
    ASSERT_EQ(create(u"\\Device\\Found", device_), STATUS_SUCCESS);
    EXPECT_EQ(find_device(u"\\DEVICE\\found"), device_);
    EXPECT_EQ(find_device(u"\\Device\\Foun"), nullptr);
}

TEST_F(Devices, cannot_share_a_name) {
    PDEVICE_OBJECT other = device_;
    ASSERT_EQ(create(u"\\Device\\One", device_), STATUS_SUCCESS);
    EXPECT_EQ(create(u"\\device\\ONE", other), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(other, nullptr);
    EXPECT_EQ(devices_of(driver_).size(), 1u);
}

TEST_F(Devices, need_no_name) {
    ASSERT_EQ(create(u"", device_), STATUS_SUCCESS);
    PDEVICE_OBJECT other;
    ASSERT_EQ(create(u"", other), STATUS_SUCCESS);
    EXPECT_EQ(devices_of(driver_), (std::vector{other, device_}));
}

TEST_F(Devices, lose_name_and_place_in_the_drivers_list_when_they_are_deleted) {
    PDEVICE_OBJECT other;
    ASSERT_EQ(create(u"\\Device\\Gone", device_), STATUS_SUCCESS);
    ASSERT_EQ(create(u"\\Device\\Stays", other), STATUS_SUCCESS);
    IoDeleteDevice(device_);
    EXPECT_EQ(find_device(u"\\Device\\Gone"), nullptr);
    EXPECT_EQ(devices_of(driver_), std::vector{other});
    EXPECT_EQ(create(u"\\Device\\Gone", device_), STATUS_SUCCESS);
}

TEST_F(Devices, deleted_twice_are_reported) {
    BugTrap bugs;
    ASSERT_EQ(create(u"", device_), STATUS_SUCCESS);
    IoDeleteDevice(device_);
    IoDeleteDevice(device_);
    EXPECT_EQ(bugs.reports().size(), 1u);
}

TEST_F(Devices, are_found_through_links_in_all_their_spellings) {
    ASSERT_EQ(create(u"\\Device\\Linked", device_), STATUS_SUCCESS);
    ASSERT_EQ(link(u"\\DosDevices\\Name", u"\\Device\\Linked"), STATUS_SUCCESS);
    EXPECT_EQ(link(u"\\??\\Name", u"\\Device\\Other"), STATUS_OBJECT_NAME_COLLISION);
    for (const char16_t* name : {u"\\DosDevices\\Name", u"\\??\\name", u"\\\\.\\NAME"})
        EXPECT_EQ(find_device(name), device_) << to_utf8(name);
    EXPECT_EQ(unlink(u"\\??\\Name"), STATUS_SUCCESS);
    EXPECT_EQ(unlink(u"\\??\\Name"), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(find_device(u"\\??\\Name"), nullptr);
}

TEST_F(Devices, are_not_found_through_a_ring_of_links) {
    ASSERT_EQ(link(u"\\??\\X", u"\\??\\Y"), STATUS_SUCCESS);
    ASSERT_EQ(link(u"\\??\\Y", u"\\??\\X"), STATUS_SUCCESS);
    EXPECT_EQ(find_device(u"\\??\\X"), nullptr);
    unlink(u"\\??\\X");
    unlink(u"\\??\\Y");
}

} // namespace
} // namespace ndispool::nt
