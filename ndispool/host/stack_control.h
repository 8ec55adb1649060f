// Carries out the commands of a user on a running stack (command.h), the way the system would when a machine suspends, a card is
// pulled or somebody changes the network settings.
//   Callers:   the run's own thread, PASSIVE_LEVEL.
//   Holds:     when a command returns it is done: sends and requests that it ended are back, bindings that it closed are closed.
#pragma once

#include "ndispool/host/command.h"
#include "ndispool/host/control_devices.h"
#include "ndispool/host/report.h"

#include <functional>
#include <ndis.h>
#include <string>

namespace ndispool::host {

struct Adapter;
struct Driver;
class Traffic;
class WireAdapter;

// The stack as the run made it. What does not belong to the driver's kind is null.
struct StackParts {
    Kind kind = Kind::protocol;
    Driver* driver = nullptr;
    Traffic* traffic = nullptr;
    WireAdapter* wire_adapter = nullptr;
    Adapter* bottom = nullptr;    // the adapter below a protocol or intermediate driver, the driver's own of a miniport
    std::function<void()> settle; // returns when everything in flight is back
    std::function<Adapter*()> start_bottom;    // a new one; null when it does not start
    std::function<NDIS_STATUS(Adapter&)> bind; // what is to be bound to the bottom
    std::function<void()> wake;                // the wires may have frames
};

class StackControl {
  public:
    explicit StackControl(StackParts parts) : parts_(std::move(parts)) {}

    // Everything but `sleep` and `end`. Says what came of it, in one line.
    std::string perform(const Command& command);
    bool paused() const { return paused_; }
    Adapter* bottom() const { return parts_.bottom; }

  private:
    std::string pause();
    std::string resume();
    std::string power(bool up, Side side);
    std::string reset();
    std::string connect(bool connected);
    std::string unbind();
    std::string bind();
    std::string reconfigure();
    std::string remove(bool surprise);
    std::string insert();

    StackParts parts_;
    ControlDevices devices_;
    bool paused_ = false;
};

} // namespace ndispool::host
