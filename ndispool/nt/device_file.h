// A device that somebody in this process has open: a driver by ZwCreateFile, the user by a command.
//   Callers:   PASSIVE, any thread.
//   Holds:     the driver got IRP_MJ_CREATE and answered with success; when the last owner lets go, it gets IRP_MJ_CLEANUP and
//              IRP_MJ_CLOSE, unless its device is gone.
//   Not here:  requests (irps.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ndis/io.h"
#include "ndispool/nt/handles.h"

namespace ndispool::nt {

class DeviceFile final : public Object {
  public:
    DeviceFile(PDEVICE_OBJECT device, std::u16string_view rest);
    ~DeviceFile() override;
    DeviceFile(const DeviceFile&) = delete;
    DeviceFile& operator=(const DeviceFile&) = delete;

    void* body() override { return &file_; }
    FILE_OBJECT& file() { return file_; }
    // Null: it was deleted.
    PDEVICE_OBJECT device() const;
    NTSTATUS open();

  private:
    const std::u16string rest_;
    FILE_OBJECT file_{};
    bool opened_ = false;
};

struct OpenedDevice {
    NTSTATUS status; // STATUS_OBJECT_NAME_NOT_FOUND, or what the driver answered to IRP_MJ_CREATE
    std::shared_ptr<DeviceFile> file;
};

// `name` may go on behind the device's: \Device\Name\more.
OpenedDevice open_device(std::u16string_view name);

} // namespace ndispool::nt
