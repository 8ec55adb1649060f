// Which file a DRIVER argument means.
#pragma once

#include <filesystem>
#include <string>

namespace ndispool::tool {

// A name without a slash that is one of the drivers that ship with ndispool is looked for where drivers are installed or
// built (first in the folder that the environment's NDISPOOL_DRIVERS names); everything else is a path. Throws Problem.
std::filesystem::path find_driver(const std::string& argument);

} // namespace ndispool::tool
