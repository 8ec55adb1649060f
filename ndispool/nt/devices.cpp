#include "ndispool/nt/devices.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>

#include "ndispool/machine/bug.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

using Name = std::u16string;

// \DosDevices\X and what a program writes, \\.\X, are both \??\X.
Name canonical(std::u16string_view name) {
    for (const std::u16string_view prefix : {u"\\DosDevices\\", u"\\\\.\\"})
        if (compare(name.substr(0, prefix.size()), prefix, true) == 0)
            return Name(u"\\??\\").append(name.substr(prefix.size()));
    return Name(name);
}

struct Free {
    void operator()(DEVICE_OBJECT* device) const { std::free(device); }
};
using Device = std::unique_ptr<DEVICE_OBJECT, Free>;

// The object with its extension behind it; null when there is no memory.
Device make_device(DRIVER_OBJECT& driver, ULONG extension_size, DEVICE_TYPE type, ULONG characteristics,
                   bool exclusive) {
    constexpr CSHORT device_object = 3;
    Device device(static_cast<DEVICE_OBJECT*>(std::calloc(1, sizeof(DEVICE_OBJECT) + extension_size)));
    if (device == nullptr)
        return nullptr;
    device->Type = device_object;
    device->Size = static_cast<USHORT>(std::min<std::size_t>(sizeof(DEVICE_OBJECT) + extension_size, 0xFFFF));
    device->DriverObject = &driver;
    device->Flags = DO_DEVICE_INITIALIZING | (exclusive ? DO_EXCLUSIVE : 0);
    device->Characteristics = characteristics;
    device->DeviceType = type;
    device->StackSize = 1;
    device->DeviceExtension = extension_size == 0 ? nullptr : device.get() + 1;
    return device;
}

void unlink_from_driver(DEVICE_OBJECT& device) {
    for (PDEVICE_OBJECT* link = &device.DriverObject->DeviceObject; *link != nullptr; link = &(*link)->NextDevice)
        if (*link == &device) {
            *link = device.NextDevice;
            return;
        }
}

class Namespace {
  public:
    NTSTATUS add(Device device, const Name& name) {
        const machine::Locked locked(lock_);
        if (!name.empty() && !names_.try_emplace(name, device.get()).second)
            return STATUS_OBJECT_NAME_COLLISION;
        DRIVER_OBJECT& driver = *device->DriverObject;
        device->NextDevice = driver.DeviceObject;
        driver.DeviceObject = device.get();
        DEVICE_OBJECT* const key = device.get();
        devices_.emplace(key, std::move(device));
        return STATUS_SUCCESS;
    }

    bool remove(DEVICE_OBJECT* device) {
        const machine::Locked locked(lock_);
        const auto found = devices_.find(device);
        if (found == devices_.end())
            return false;
        std::erase_if(names_, [device](const auto& entry) { return entry.second == device; });
        unlink_from_driver(*device);
        devices_.erase(found);
        return true;
    }

    bool add_link(const Name& link, const Name& target) {
        const machine::Locked locked(lock_);
        return links_.try_emplace(link, target).second;
    }

    bool remove_link(const Name& link) {
        const machine::Locked locked(lock_);
        return links_.erase(link) != 0;
    }

    PDEVICE_OBJECT find(Name name) {
        constexpr int longest_chain = 32; // links may form a ring
        const machine::Locked locked(lock_);
        for (int step = 0; step < longest_chain; ++step) {
            if (const auto device = names_.find(name); device != names_.end())
                return device->second;
            const auto link = links_.find(name);
            if (link == links_.end())
                return nullptr;
            name = link->second;
        }
        return nullptr;
    }

    bool contains(const DEVICE_OBJECT* device) {
        const machine::Locked locked(lock_);
        return devices_.contains(const_cast<DEVICE_OBJECT*>(device));
    }

    std::vector<PDEVICE_OBJECT> of(const DRIVER_OBJECT& driver) {
        const machine::Locked locked(lock_);
        std::vector<PDEVICE_OBJECT> devices;
        for (PDEVICE_OBJECT device = driver.DeviceObject; device != nullptr; device = device->NextDevice)
            devices.push_back(device);
        return devices;
    }

  private:
    machine::Lock lock_;
    std::unordered_map<DEVICE_OBJECT*, Device> devices_ NDISPOOL_GUARDED_BY(lock_);
    std::map<Name, DEVICE_OBJECT*, CaseInsensitiveLess> names_ NDISPOOL_GUARDED_BY(lock_);
    std::map<Name, Name, CaseInsensitiveLess> links_ NDISPOOL_GUARDED_BY(lock_);
};

Namespace& names() {
    static Namespace& all = *new Namespace; // never destroyed: drivers may outlive main()
    return all;
}

NTSTATUS refuse(PDEVICE_OBJECT, PIRP irp) {
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

} // namespace

void initialize_driver_object(DRIVER_OBJECT& driver) {
    constexpr CSHORT driver_object = 4;
    driver = {};
    driver.Type = driver_object;
    driver.Size = sizeof(DRIVER_OBJECT);
    std::ranges::fill(driver.MajorFunction, refuse);
}

PDEVICE_OBJECT find_device(std::u16string_view name) {
    return names().find(canonical(name));
}

PDEVICE_OBJECT top_of(PDEVICE_OBJECT device) {
    while (device->AttachedDevice)
        device = device->AttachedDevice;
    return device;
}

bool is_device(const DEVICE_OBJECT* device) {
    return names().contains(device);
}

std::vector<PDEVICE_OBJECT> devices_of(const DRIVER_OBJECT& driver) {
    return names().of(driver);
}

} // namespace ndispool::nt

using namespace ndispool::nt;
using ndispool::machine::report_bug;

extern "C" {

NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                        DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                        PDEVICE_OBJECT* DeviceObject) {
    *DeviceObject = nullptr;
    Device device = make_device(*DriverObject, DeviceExtensionSize, DeviceType, DeviceCharacteristics, Exclusive);
    if (device == nullptr)
        return STATUS_INSUFFICIENT_RESOURCES;
    const PDEVICE_OBJECT made = device.get();
    const NTSTATUS status =
        names().add(std::move(device), DeviceName == nullptr ? Name() : canonical(view(*DeviceName)));
    if (status == STATUS_SUCCESS)
        *DeviceObject = made;
    return status;
}

void IoDeleteDevice(PDEVICE_OBJECT DeviceObject) {
    if (!names().remove(DeviceObject))
        report_bug("IoDeleteDevice: not a device, or deleted already", DeviceObject);
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
    const bool is_new = names().add_link(canonical(view(*SymbolicLinkName)), canonical(view(*DeviceName)));
    return is_new ? STATUS_SUCCESS : STATUS_OBJECT_NAME_COLLISION;
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) {
    return names().remove_link(canonical(view(*SymbolicLinkName))) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

} // extern "C"
