// From options to what the host needs: the driver's file found, its parameters complete.
#pragma once

#include "ndispool/tool/command_line.h"

namespace ndispool::tool {

// Reads --config, finds the driver. Throws UsageError.
void complete(RunOptions& options);

} // namespace ndispool::tool
