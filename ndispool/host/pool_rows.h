// Rows of the pool table, when there are many of the same code: a driver makes its pools anew for each bind.
//   Callers:   whoever makes a report, once every number is final.
//   Holds:     nothing is lost: allocations, frees and refusals are summed up, peaks are the highest of any one pool. A pool that is
//              not over, or was freed with packets out, keeps a row of its own; so do those of code that made few.
#pragma once

#include "ndispool/host/report.h"

#include <cstddef>
#include <vector>

namespace ndispool::host {

// More finished pools than these, of one call site and asked for alike, share the row of the first of them.
inline constexpr std::size_t rows_of_one_place = 16;

std::vector<PoolReport> merged_rows(std::vector<PoolReport> pools);

} // namespace ndispool::host
