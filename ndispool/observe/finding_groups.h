// Findings that are one mistake made many times: same rule, same place.
#pragma once

#include "ndispool/observe/judged.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ndispool::observe {

struct FindingGroup {
    std::string rule;
    std::string where;
    std::string verifier;
    std::size_t count = 0;
    std::vector<std::string> messages; // the different ones, each once, in the order they came
    std::vector<host::Site> sites;     // of the first finding that has any
    std::vector<std::string> repeats;  // the different commands that show it, each once
    std::string fingerprint;           // of the first
};

// Of the findings in one state. The largest group first; of equal ones the one that came first.
std::vector<FindingGroup> grouped(const std::vector<Judged>& findings, State state = State::fresh);

} // namespace ndispool::observe
