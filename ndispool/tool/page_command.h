// `ndispool report`: a recorded run as an HTML page.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

ExitCode write_page(const PageOptions& options);

} // namespace ndispool::tool
