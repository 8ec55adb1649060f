// `ndispool check`: the first run on the checked door, the sweep, the report.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

// Throws what program.cpp turns into one line.
ExitCode check(CheckOptions options);

} // namespace ndispool::tool
