// Device objects and their names.
//   Callers:   PASSIVE, any thread.
//   Holds:     names are compared without case; \DosDevices\X, \??\X and \\.\X are one name. A device keeps its name
//              until it is deleted; a link may point at nothing.
//   Not here:  what is sent to a device (irps.h), one that is open (device_file.h); NdisMRegisterDevice (host).
#pragma once

#include <string_view>
#include <vector>

#include "ndis/io.h"

namespace ndispool::nt {

// Zero, but for what DriverEntry may rely on: every MajorFunction refuses its request with
// STATUS_INVALID_DEVICE_REQUEST.
void initialize_driver_object(DRIVER_OBJECT& driver);

// Follows symbolic links; null when there is no such device.
PDEVICE_OBJECT find_device(std::u16string_view name);

// The highest device that stands upon this one, or itself: where its requests go first.
PDEVICE_OBJECT top_of(PDEVICE_OBJECT device);

// It was made and not deleted. For any pointer.
bool is_device(const DEVICE_OBJECT* device);

// The driver's devices that were not deleted, newest first.
std::vector<PDEVICE_OBJECT> devices_of(const DRIVER_OBJECT& driver);

} // namespace ndispool::nt
