// The whole program but for main(): every way it can end, as an exit code.
#pragma once

#include "ndispool/tool/exit_code.h"

#include <functional>
#include <string>
#include <vector>

namespace ndispool::tool {

// `arguments`: without the program's name.
ExitCode program(const std::vector<std::string>& arguments);

// Does `work`; what it throws becomes one line on standard error and the exit code that belongs to it.
ExitCode guarded(const std::function<ExitCode()>& work);

} // namespace ndispool::tool
