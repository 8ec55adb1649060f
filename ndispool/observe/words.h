// The words for states and outcomes, the same in every form of a report, and counted nouns.
#pragma once

#include "ndispool/observe/judged.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ndispool::observe {

constexpr std::string_view state_name(State state) {
    switch (state) {
    case State::fresh:
        return "new";
    case State::known:
        return "known";
    case State::suppressed:
        return "suppressed";
    }
    return "new";
}

constexpr std::string_view outcome_name(Outcome outcome) {
    switch (outcome) {
    case Outcome::passed:
        return "passed";
    case Outcome::findings:
        return "findings";
    case Outcome::crashed:
        return "crashed";
    case Outcome::hung:
        return "hung";
    case Outcome::lost:
        return "lost";
    }
    return "lost";
}

inline std::string counted(std::uint64_t count, std::string_view singular, std::string_view ending = "s") {
    std::string text = std::to_string(count) + " " + std::string(singular);
    return count == 1 ? text : text + std::string(ending);
}

} // namespace ndispool::observe
