// `ndispool top`: the packet pools of running processes, live.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

ExitCode top(const TopOptions& options);

} // namespace ndispool::tool
