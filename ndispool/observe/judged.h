// The findings of a whole check in one list, each with what identifies it from run to run and whether it counts.
//   Holds:     a finding has the same fingerprint in every run of the same source, whatever the driver is built with: rule,
//              places as module and function. Different places in one function that look alike are numbered.
//   Not here:  which findings are known or suppressed (baseline.h, suppressions.h).
#pragma once

#include "ndispool/observe/check_report.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ndispool::observe {

enum class State : std::uint8_t { fresh, known, suppressed };

struct Judged {
    host::Finding finding;
    std::string fingerprint;            // "9f3c...:1"
    std::optional<std::size_t> in_case; // which of CheckReport::cases; none: the first run
    std::string repeat;                 // the command that shows it again
    State state = State::fresh;
};

std::vector<Judged> judged(const CheckReport& report);

std::size_t count(const std::vector<Judged>& findings, State state);

} // namespace ndispool::observe
