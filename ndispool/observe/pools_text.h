// The packet pools of running processes as tables, one for each process.
#pragma once

#include "ndispool/observe/watched.h"

#include <string>
#include <string_view>

namespace ndispool::observe {

// `all`: also pools that were freed and are empty.
std::string pools_text(const std::vector<Watched>& processes, bool all);

// "no", "empty", or how many were out.
std::string freed_text(const ndis::PoolRecord& record);

} // namespace ndispool::observe
