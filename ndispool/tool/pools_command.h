// `ndispool pools`: the packet pools of running processes, once.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

ExitCode show_pools(const PoolsOptions& options);

} // namespace ndispool::tool
