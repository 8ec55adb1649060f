// What was found against the driver, taken down at the moment it was made, with the places that explain it.
//   Callers:   found(): any thread, any IRQL. The rest: the run, while no driver runs.
//   Holds:     findings of one rule with the same places are one, with a count. At most most_findings are kept.
//   Not here:  names of functions (naming.h), reports (host, observe).
#pragma once

#include "ndispool/verify/rules.h"
#include "ndispool/verify/stack.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ndispool::verify {

// A place in the driver and the moment it was there.
struct Site {
    StackId stack = StackId::none;
    std::uint8_t processor = 0;
    std::uint8_t irql = 0;
    bool known = false;
    std::uint64_t time = 0; // ticks (ticks.h)

    explicit operator bool() const { return known; }
};

// "allocated", "passed on", "freed", "found"
struct Evidence {
    const char* what;
    Site site;
};

struct RawFinding {
    const Rule* rule = nullptr;
    std::string message;
    std::vector<Evidence> evidence; // in the order of time, the finding's own place last
    std::uint64_t count = 1;
};

inline constexpr std::size_t most_findings = 1000;

// Evidence whose site is not known is left out.
void found(const Rule& rule, std::string message, std::vector<Evidence> evidence);

void forget_findings();
std::vector<RawFinding> take_findings();

} // namespace ndispool::verify
