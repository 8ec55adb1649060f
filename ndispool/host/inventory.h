// What a driver holds at the end that it ought to have given back, and what it printed and logged meanwhile.
//   Callers:   the run, at PASSIVE_LEVEL: begin before the driver is loaded, end when it is unloaded and still mapped.
//   Holds:     only what code of the driver allocated counts; the host's own pools and memory do not appear.
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/report.h"

#include <string>
#include <vector>

namespace ndispool::host {

void begin_inventory();

// `was_called`: DriverEntry was. One that fails has to give everything back by itself, so it is judged too.
void end_inventory(Driver& driver, bool was_called, std::vector<PoolReport>& pools, std::vector<Finding>& findings);

// The driver's entries in the error and event log, one line each, since the last call.
std::vector<std::string> take_log();

} // namespace ndispool::host
