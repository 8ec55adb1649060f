// The driver's control devices as a program uses them: opened, read, written, asked, closed (commands of the user).
//   Callers:   the run's own thread, PASSIVE_LEVEL.
//   Holds:     what is open at the end is closed: before the driver is unloaded.
//   Not here:  how a command is written (command.h), what a device is (nt).
#pragma once

#include "ndispool/host/command.h"
#include "ndispool/nt/device_file.h"

#include <map>
#include <memory>
#include <string>

namespace ndispool::host {

class ControlDevices {
  public:
    // open, close, read, write, ioctl. What came of it, in one line; throws std::invalid_argument for a device that is not there.
    std::string perform(const Command& command);

  private:
    std::string open(const Command& command);
    std::string close(const Command& command);
    std::string send(const Command& command);

    std::map<std::string, std::shared_ptr<nt::DeviceFile>> open_; // by what the user calls it
};

} // namespace ndispool::host
