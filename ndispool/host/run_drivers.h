// The drivers of one run, from their files to their end.
//   Callers:   the thread of the run, at PASSIVE_LEVEL; each step once, in the order below. What can fail throws Error (run.h), or
//              load::Error for a file; leave() and unregister_code() are safe after any step.
//   Holds:     the first one is what the run is about: parameters that name no driver are its, and a checker watches it alone. A driver
//              stands on the nearest one before it that has adapters.
//   Not here:  adapters, bindings and wires (run.cpp).
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/place.h"
#include "ndispool/host/run.h"

#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace ndispool::host {

struct RunDriver {
    std::filesystem::path file;
    Driver driver;
    std::optional<NamedImage> named = {}; // goes before the driver does
    Kind kind = Kind::protocol;           // from here on: once it was entered
    const RunDriver* base = nullptr;      // what it stands on; null: the adapters below
    bool entered = false;                 // DriverEntry succeeded
    bool threads_left = false;

    bool has_adapters() const { return kind != Kind::protocol; }
};

class RunDrivers {
  public:
    explicit RunDrivers(const Setup& setup);

    // Loads the images and sets the parameters.
    void load();
    // The machine runs from here on.
    void register_code();
    // DriverEntry of each.
    void enter();
    // `bottoms`: the devices of the run's adapters. A driver's own on top of them get the same.
    void set_adapter_parameters(std::span<const std::u16string> bottoms);
    // The last one first: removes what still is there, unloads, waits for threads.
    void leave();
    // The machine has stopped.
    void unregister_code();

    std::deque<RunDriver>& all() { return drivers_; } // in the order of loading
    const std::deque<RunDriver>& all() const { return drivers_; }
    RunDriver& first() { return drivers_.front(); }
    const RunDriver& first() const { return drivers_.front(); }
    // The last one that has adapters; null: none has.
    const RunDriver* top() const;

  private:
    void load(RunDriver& one);
    void enter(RunDriver& one);
    void leave(RunDriver& one);

    const Setup& setup_;
    std::deque<RunDriver> drivers_; // each stays where it is
};

} // namespace ndispool::host
