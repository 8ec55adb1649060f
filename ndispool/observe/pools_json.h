// The packet pools of running processes as one JSON document, schema "ndispool-pools", version 1.
//   Holds:     a pool has the fields of report_json.h and, besides, `handle` and `owner`; fields are only added.
#pragma once

#include "ndispool/observe/watched.h"

#include <ostream>
#include <string_view>

namespace ndispool::observe {

void write_pools_json(std::ostream& out, const std::vector<Watched>& processes, std::string_view ndispool_version);

} // namespace ndispool::observe
