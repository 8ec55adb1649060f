// What a run has against its driver, collected while it runs.
//   Callers:   any thread, any IRQL: a finding is rare and taking one down is short.
//   Holds:     findings with the same rule and place are one, with a count.
#pragma once

#include "ndispool/host/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace ndispool::host {

// `where` is a code address in the driver, or null.
void report(std::string_view rule, std::string_view message, const void* where = nullptr);

struct RawFinding {
    std::string rule;
    std::string message;
    const void* where = nullptr;
    std::uint64_t count = 1;
};

// Everything taken down since the last call.
std::vector<RawFinding> take_findings();

} // namespace ndispool::host
