// What drivers hold at the end that they ought to have given back, and what they printed and logged meanwhile.
//   Callers:   the run, at PASSIVE_LEVEL: begin before a driver is loaded, end when they are unloaded and still mapped.
//   Holds:     only what code of a driver allocated counts; the host's own pools and memory do not appear.
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/report.h"

#include <span>
#include <string>
#include <vector>

namespace ndispool::host {

void begin_inventory();

// `judged`: DriverEntry was called, and nobody else judges it. One that fails has to give everything back by itself, so it is judged too.
struct Account {
    const Driver* driver;
    bool judged;
};
void end_inventory(std::span<const Account> accounts, std::vector<PoolReport>& pools, std::vector<Finding>& findings);

// The driver's entries in the error and event log, one line each, since the last call.
std::vector<std::string> take_log();

} // namespace ndispool::host
