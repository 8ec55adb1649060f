// Findings that are one mistake made many times: same rule, same place.
#pragma once

#include "ndispool/host/report.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ndispool::observe {

struct FindingGroup {
    std::string rule;
    std::string where;
    std::size_t count = 0;
    std::vector<std::string> messages; // the different ones, each once, in the order they came
};

// The largest group first; of equal ones the one that came first.
std::vector<FindingGroup> grouped(const std::vector<host::Finding>& findings);

} // namespace ndispool::observe
