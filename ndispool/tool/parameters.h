// The driver's registry parameters as the user writes them.
//   Holds:     names are unlike each other without regard to case, as in the registry; what was set last counts.
#pragma once

#include "ndispool/host/run.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::tool {

// [DRIVER:][ADAPTER:]NAME=VALUE. Throws UsageError.
host::Parameter parse_parameter(std::string_view text);

// "passthru:2:Buffers", as the user would write it.
std::string name_of(const host::Parameter& parameter);

// A name that is a number stands for the adapter with that number, from 1; nothing: another name.
std::optional<unsigned> adapter_number(std::string_view name);

void set_parameter(std::vector<host::Parameter>& parameters, host::Parameter parameter);

} // namespace ndispool::tool
