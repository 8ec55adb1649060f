// `ndispool doctor`: which facilities this machine offers, and what would enable each of those it does not.
#pragma once

#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

namespace ndispool::tool {

// Always clean: a machine without a facility is a healthy one.
ExitCode doctor(const DoctorOptions& options);

} // namespace ndispool::tool
