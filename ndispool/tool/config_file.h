// A TOML file whose top-level keys are the driver's parameters: strings, integers of 32 bits, arrays of strings. A table is for the
// driver it names, [ndisprot], or for the adapter with that number, [2]; [ndisprot.2] for both.
#pragma once

#include "ndispool/host/run.h"

#include <filesystem>
#include <vector>

namespace ndispool::tool {

// Throws UsageError, which names the file and, where there is one, the line.
std::vector<host::Parameter> read_config(const std::filesystem::path& file);

} // namespace ndispool::tool
