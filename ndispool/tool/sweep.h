// The runs of a sweep, several at once, each in a process of its own.
//   Callers:   one thread of a process that has no other.
//   Holds:     the reports come in the order of the plan, whichever run ends first; when it throws or is stopped no process
//              of it is left.
#pragma once

#include "ndispool/observe/check_report.h"
#include "ndispool/tool/case_outcome.h"
#include "ndispool/tool/sweep_plan.h"

#include <functional>
#include <string>
#include <vector>

namespace ndispool::tool {

struct SweepSetup {
    CaseRun run;       // of each case, without its faults
    std::string words; // the command line up to --faults
    unsigned jobs = 1;
    ChildLimits limits;
    const host::Report& first;
    const DriverNames& names;
};

// Called after each run and about ten times a second. False: stop; what is not done then is left out.
using SweepProgress = std::function<bool(std::size_t done, std::size_t failed)>;

std::vector<observe::CaseReport> sweep(const SweepSetup& setup, const std::vector<PlannedCase>& cases,
                                       const SweepProgress& progress);

} // namespace ndispool::tool
