// The machine: one thread for each virtual processor, and the worker threads for PASSIVE work.
//
// A processor's thread works in rounds. A round holds its processor at DISPATCH and runs due timers, the DPCs that were
// queued when it began, then every poller once; between rounds the thread is at PASSIVE, so that threads which wait for
// the processor, and synchronize(), get their turn. A processor with nothing to do sleeps.
//
// The first timer, DPC, poller or work item starts the machine with default Settings if nobody did.
// IRQL and processor numbers (irql.h, included here) need no running machine.
// Not here: what the rounds run (dpc.h, timer.h, poller.h) and PASSIVE work (work.h).
#pragma once

#include "ndispool/machine/irql.h"

namespace ndispool::machine {

enum class Clock : std::uint8_t {
    real,
    virtual_, // jumps to the next event when nothing can run, and one thread runs at a time: schedule.h
};

struct Settings {
    unsigned processors = 1; // 1 to max_processors
    Clock clock = Clock::real;
    std::uint64_t seed = 1; // with a virtual clock: which of the possible orders it is
};

// PASSIVE. Throws std::invalid_argument for a bad number, std::system_error when the system refuses threads, and
// std::logic_error when start() was called before without stop(). A machine that started by itself only gains
// processors.
void start(const Settings&);

// PASSIVE, from the thread that called start(), with no other thread of the program at DISPATCH. Runs all work items to
// their end, then every DPC queued before the call, then joins all threads. What is still registered afterwards is
// forgotten, never called: timers, DPCs queued meanwhile, pollers. Nothing happens when the machine does not run.
// After it the machine can be started again.
void stop();

bool running() noexcept;

} // namespace ndispool::machine
