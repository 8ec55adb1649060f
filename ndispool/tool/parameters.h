// Registry parameters for a driver, from the command line and from a file.
//   Holds:     every problem is thrown as one line that names the argument or the file and its line.
#pragma once

#include "ndispool/host/run.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ndispool::tool {

// "NAME=VALUE". The value is a string; the driver that asks for an integer gets one.
host::Parameter parse_parameter(const std::string& argument);

// TOML: NAME = "string", an integer from 0 to 4294967295, or ["a", "list", "of strings"].
std::vector<host::Parameter> read_parameters(const std::filesystem::path& file);

} // namespace ndispool::tool
