// `ndispool run`: from options to exit code.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

// Prints the report. Throws what program.cpp turns into one line.
ExitCode run(RunOptions options);

} // namespace ndispool::tool
