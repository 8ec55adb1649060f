// Carries out the commands of a user on a running stack (command.h), the way the system would when a machine suspends, a card is
// pulled or somebody changes the network settings.
//   Callers:   the run's own thread, PASSIVE_LEVEL.
//   Holds:     a command is for every adapter of the run; when it returns it is done: sends and requests that it ended are back, bindings that it closed are closed.
#pragma once

#include "ndispool/host/command.h"
#include "ndispool/host/control_devices.h"
#include "ndispool/host/report.h"

#include <functional>
#include <ndis.h>
#include <string>
#include <vector>

namespace ndispool::host {

struct Adapter;
struct Driver;
class Traffic;
class WireAdapter;

// The stack as the run made it. What does not belong to the driver's kind is null.
struct StackParts {
    Kind kind = Kind::protocol;
    std::vector<Driver*> drivers; // each stands on one before it, or on the bottoms
    Traffic* traffic = nullptr;
    std::vector<WireAdapter*> wire_adapters;
    std::vector<Adapter*>* bottoms = nullptr; // the adapters below a protocol or intermediate driver, a miniport's own
    std::function<bool()> settle;             // everything in flight is back; false: it is sent again and again
    std::function<Adapter*(std::size_t)> start_bottom; // a new one in its place; null when it does not start
    std::function<NDIS_STATUS(std::size_t)> bind;      // what is to be bound to that bottom
    std::function<void()> wake;                        // the wires may have frames
};

class StackControl {
  public:
    explicit StackControl(StackParts parts) : parts_(std::move(parts)) {}

    // Everything but `sleep` and `end`. Says what came of it, in one line.
    std::string perform(const Command& command);
    // An adapter that its driver says has failed: removed by surprise and, at the bottom of a stack, put anew in its place and bound.
    void replace(Adapter& adapter);
    bool paused() const { return paused_; }

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
