// A document that --json wrote, read back.
//   Callers:   one thread. Throws InputError: one line that names the file and says what is wrong with it.
//   Holds:     what a report of this version holds comes back as it was, but for the fingerprints, which are made anew.
#pragma once

#include "ndispool/observe/check_report.h"
#include "ndispool/observe/input_file.h"

#include <string>

namespace ndispool::observe {

CheckReport parse_report(const std::string& text, const std::string& name);

} // namespace ndispool::observe
