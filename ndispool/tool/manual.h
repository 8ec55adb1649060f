// The manual pages, which are also the help: ndispool.txt and run.txt, compiled in (cmake/tool.cmake).
#pragma once

#include <string_view>

namespace ndispool::tool {

extern const std::string_view program_manual;
extern const std::string_view run_manual;
extern const std::string_view version; // "0.1.0"

} // namespace ndispool::tool
