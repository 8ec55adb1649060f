// A TOML file whose top-level keys are the driver's parameters: strings, integers of 32 bits, arrays of strings.
#pragma once

#include "ndispool/host/run.h"

#include <filesystem>
#include <vector>

namespace ndispool::tool {

// Throws UsageError, which names the file and, where there is one, the line.
std::vector<host::Parameter> read_config(const std::filesystem::path& file);

} // namespace ndispool::tool
