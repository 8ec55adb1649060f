// What one run of a check comes to: its ending and its result, judged against the first run.
//   Callers:   one thread of the tool.
//   Holds:     every ending has an outcome, and all but `passed` have a finding. What the first run has already is not found
//              again.
#pragma once

#include "ndispool/observe/check_report.h"
#include "ndispool/tool/case_run.h"
#include "ndispool/tool/child_process.h"
#include "ndispool/tool/driver_names.h"

#include <optional>

namespace ndispool::tool {

// The finding that an ending without a result is: a crash, a hang, a lost process.
host::Finding finding_of(const ChildEnding& ending, const DriverNames& names, const ChildLimits& limits);

// A report of a run that hung, whose first finding is the hang as the child sees it.
void complete_hang(host::Report& report, const ChildEnding& ending, const DriverNames& names,
                   const ChildLimits& limits);

// `report` has its name and its command; the rest is filled in.
void judge(observe::CaseReport& report, const ChildEnding& ending, const host::Report& first, const DriverNames& names,
           const ChildLimits& limits);

} // namespace ndispool::tool
