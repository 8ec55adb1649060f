// The checked door: the same exports, each of which checks, records, and calls the plain form of the same name.
//   Callers:   whoever loads a driver: open_door() before, watch_driver() when it is mapped, judge_...() when it was unloaded and
//              is still mapped, close_door() at the end. One driver at a time in a process.
//   Holds:     a function that has no checked form (plain_functions.txt says why) is given as it is. Both calling conventions, as
//              with the plain door.
//   Not here:  which driver gets which door (host); faults are armed by the caller (faults.h).
#pragma once

#include "ndispool/nt/door.h"
#include "ndispool/verify/findings.h"
#include "ndispool/verify/unfinished.h"

#include <cstdint>
#include <string_view>

namespace ndispool::verify {

// Forgets everything of an earlier driver. `plain` finds the plain exports, which checked forms call, also ones that the driver
// does not import.
void open_door(const nt::Export* (*plain)(std::string_view name));

// The checked form of this plain function; null: there is none.
const nt::Export* checked_form(std::string_view name, const nt::Export& plain);

void watch_driver(std::uintptr_t begin, std::uintptr_t end);

// The unload routine has returned: what is still to come of the driver.
void judge_pending();
// Nothing of the driver runs any more: what it left behind.
void judge_leaks();

// The driver crashed or goes on no more, and its threads stand where they stand: what was written where nothing should be, and what
// the run may be waiting for. `when`: "when it crashed".
void inspect(const char* when);
std::vector<Unfinished> unfinished();

void close_door();

// The driver's call that runs on this thread was reported: what the core says about it says nothing new.
bool call_is_reported() noexcept;

} // namespace ndispool::verify
