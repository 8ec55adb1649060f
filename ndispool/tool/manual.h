// The manual pages, which are also the help: the .txt files of this folder, compiled in (cmake/tool.cmake).
#pragma once

#include <string_view>

namespace ndispool::tool {

extern const std::string_view program_manual;
extern const std::string_view run_manual;
extern const std::string_view check_manual;
extern const std::string_view pools_manual;
extern const std::string_view top_manual;
extern const std::string_view inspect_manual;
extern const std::string_view report_manual;
extern const std::string_view doctor_manual;
extern const std::string_view version; // "0.1.0"

} // namespace ndispool::tool
