// `ndispool inspect`: what a driver file is, what it asks for, whether it can run here.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

// Exit code findings: it cannot run here.
ExitCode inspect(const InspectOptions& options);

} // namespace ndispool::tool
