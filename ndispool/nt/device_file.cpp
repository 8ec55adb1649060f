#include "ndispool/nt/device_file.h"

#include "ndispool/nt/devices.h"
#include "ndispool/nt/irps.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {

DeviceFile::DeviceFile(PDEVICE_OBJECT device, std::u16string_view rest) : rest_(rest) {
    constexpr CSHORT file_object = 5;
    file_.Type = file_object;
    file_.Size = sizeof file_;
    file_.DeviceObject = device;
    file_.FileName = counted(rest_);
    file_.ReadAccess = file_.WriteAccess = TRUE;
}

DeviceFile::~DeviceFile() {
    for (const UCHAR major : {IRP_MJ_CLEANUP, IRP_MJ_CLOSE})
        if (PDEVICE_OBJECT const device = this->device(); opened_ && device)
            send_request(*device, file_, {.major = major});
}

PDEVICE_OBJECT DeviceFile::device() const {
    return is_device(file_.DeviceObject) ? file_.DeviceObject : nullptr;
}

NTSTATUS DeviceFile::open() {
    const NTSTATUS status = send_request(*file_.DeviceObject, file_, {.major = IRP_MJ_CREATE}).status;
    opened_ = NT_SUCCESS(status);
    return status;
}

OpenedDevice open_device(std::u16string_view name) {
    std::u16string_view front = name;
    PDEVICE_OBJECT device = find_device(front);
    for (std::size_t cut = front.rfind(u'\\'); !device && cut != front.npos && cut > 0; cut = front.rfind(u'\\')) {
        front = front.substr(0, cut);
        device = find_device(front);
    }
    if (!device)
        return {STATUS_OBJECT_NAME_NOT_FOUND, nullptr};
    auto file = std::make_shared<DeviceFile>(device, name.substr(front.size()));
    const NTSTATUS status = file->open();
    return {status, NT_SUCCESS(status) ? file : nullptr};
}

} // namespace ndispool::nt
