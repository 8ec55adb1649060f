// The processes whose pools are to be shown, asked.
//   Callers:   the commands pools and top, one thread.
#pragma once

#include "ndispool/observe/watched.h"

#include <optional>

namespace ndispool::tool {

// Of `process`, or of all that can be asked; who does not answer among many is named on standard error and left out. Throws UsageError
// for a process that is not there, LackError for one that cannot be asked or when there is none at all.
std::vector<observe::Watched> watch(std::optional<int> process);

// The same later on: nothing when none of them is there any more.
std::vector<observe::Watched> watch_again(std::optional<int> process);

} // namespace ndispool::tool
