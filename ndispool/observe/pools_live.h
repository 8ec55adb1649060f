// One round of `ndispool top`: every pool that is alive on a line, with what happened since the round before.
#pragma once

#include "ndispool/observe/watched.h"

#include <chrono>
#include <string>

namespace ndispool::observe {

struct Round {
    std::chrono::steady_clock::time_point when;
    std::vector<Watched> processes;
};

// `before`: empty in the first round; rates are then "-". A pool that is new counts from nothing.
std::string round_text(const Round& before, const Round& now);

// Cut to a terminal's size, ready to be drawn over what it shows; lines and columns of a terminal are at least 1.
std::string drawn(std::string_view text, std::size_t lines, std::size_t columns);

} // namespace ndispool::observe
