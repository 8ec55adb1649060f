// The driver's registry parameters as the user writes them.
//   Holds:     names are unlike each other without regard to case, as in the registry; what was set last counts.
#pragma once

#include "ndispool/host/run.h"

#include <string_view>
#include <vector>

namespace ndispool::tool {

// NAME=VALUE. Throws UsageError.
host::Parameter parse_parameter(std::string_view text);

void set_parameter(std::vector<host::Parameter>& parameters, host::Parameter parameter);

} // namespace ndispool::tool
