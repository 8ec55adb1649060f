// What a run that does not come to an end may be waiting for, as the ledger knows it.
//   Callers:   the reporter of crash.h, while the driver's threads stand where they stand.
//   Not here:  where the threads are (the tool asks them).
#pragma once

#include "ndispool/verify/findings.h"

#include <string>
#include <vector>

namespace ndispool::verify {

struct Unfinished {
    std::string text; // "3 packets received not returned"
    std::vector<Evidence> places;
};

std::vector<Unfinished> unfinished_traffic();
std::vector<Unfinished> unfinished_packets(); // of the driver's own pools
std::vector<Unfinished> unfinished_waits();

} // namespace ndispool::verify
