// `ndispool run`: one driver, one run, its report.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

// Prints the report and whatever there is to complain about. Throws Problem and what the rooms throw.
ExitCode run(RunCommand command);

} // namespace ndispool::tool
