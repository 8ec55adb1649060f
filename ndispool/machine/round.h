// What a processor's thread asks of the queues, and what they ask of the processors: the seam between processor.cpp and
// dpc.cpp, timer.cpp, poller.cpp, work.cpp. Nobody outside this room includes it.
#pragma once

#include "ndispool/machine/bell.h"
#include <cstdint>
#include <optional>

namespace ndispool::machine {

// Of a processor's thread, at DISPATCH. Each returns whether it ran anything.
bool run_due_timers(unsigned processor) noexcept;
bool run_dpcs(unsigned processor) noexcept;
bool run_pollers(unsigned processor) noexcept;

void warn_pollers(unsigned processor) noexcept; // that the processor sleeps if the next round does nothing

std::optional<std::uint64_t> next_timer(unsigned processor) noexcept; // as uptime_100ns()
bool has_pollers(unsigned processor) noexcept;

// Rung when there may be something to do for the processor.
Bell& processor_bell(unsigned processor) noexcept;

// Of stop(), when no processor runs any more: drops what is left without calling it.
void forget_timers() noexcept;
void forget_dpcs() noexcept;
void forget_pollers() noexcept;

void start_workers();
void stop_workers(); // after the last item
void finish_work();  // returns when no item is queued or running

// Of every entry that needs the machine: starts it if nobody did. Cheap when it runs.
void ensure_started();

// `processor` if the machine has it; else reports a bug about `object` and says 0.
unsigned existing_processor(unsigned processor, const void* object) noexcept;

} // namespace ndispool::machine
