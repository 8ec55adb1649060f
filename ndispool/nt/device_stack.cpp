// Devices that stand upon others, and devices opened by name.
#include "ndis/device.h"

#include <algorithm>
#include <memory>

#include "ndis/thread.h"
#include "ndispool/machine/bug.h"
#include "ndispool/nt/device_file.h"
#include "ndispool/nt/devices.h"
#include "ndispool/nt/handles.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

// For ObDereferenceObject: whoever references a device does not keep it, IoDeleteDevice ends it.
class DeviceReference final : public Object {
  public:
    explicit DeviceReference(PDEVICE_OBJECT device) : device_(device) {}
    void* body() override { return device_; }

  private:
    const PDEVICE_OBJECT device_;
};

} // namespace
} // namespace ndispool::nt

using namespace ndispool;

extern "C" {

PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice) {
    const PDEVICE_OBJECT below = nt::top_of(TargetDevice);
    below->AttachedDevice = SourceDevice;
    SourceDevice->StackSize = static_cast<CCHAR>(below->StackSize + 1);
    SourceDevice->AlignmentRequirement = std::max(SourceDevice->AlignmentRequirement, below->AlignmentRequirement);
    return below;
}

void IoDetachDevice(PDEVICE_OBJECT TargetDevice) {
    if (!TargetDevice->AttachedDevice)
        machine::report_bug("IoDetachDevice: nothing is attached to the device", TargetDevice);
    TargetDevice->AttachedDevice = nullptr;
}

PDEVICE_OBJECT IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject) {
    return static_cast<PDEVICE_OBJECT>(nt::reference(std::make_shared<nt::DeviceReference>(nt::top_of(DeviceObject))));
}

PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT FileObject) {
    return nt::top_of(FileObject->DeviceObject);
}

NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK, PFILE_OBJECT* FileObject,
                                  PDEVICE_OBJECT* DeviceObject) {
    const nt::OpenedDevice opened = nt::open_device(nt::view(*ObjectName));
    if (!opened.file)
        return opened.status;
    *FileObject = static_cast<PFILE_OBJECT>(nt::reference(opened.file));
    *DeviceObject = nt::top_of((*FileObject)->DeviceObject);
    return STATUS_SUCCESS;
}

NTSTATUS IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                              DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive, PCUNICODE_STRING,
                              LPCGUID, PDEVICE_OBJECT* DeviceObject) {
    return IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive,
                          DeviceObject);
}

NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT, DEVICE_REGISTRY_PROPERTY, ULONG, PVOID, PULONG ResultLength) {
    *ResultLength = 0;
    return STATUS_INVALID_DEVICE_REQUEST;
}

void IoInvalidateDeviceRelations(PDEVICE_OBJECT, DEVICE_RELATION_TYPE) {}

BOOLEAN IoIs32bitProcess(PIRP) {
    return FALSE;
}

} // extern "C"
