// Ctrl-C and SIGTERM while a run is on: the first asks it to end in order, the second ends the program at once.
//   Callers:   one at a time in a process. SIGPIPE is ignored meanwhile: a reader that went away is a write that fails.
#pragma once

#include "ndispool/host/run.h"

#include <csignal>

namespace ndispool::tool {

class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    const host::StopFlag& flag() const;
    static void next_ends(); // as if one had come already

  private:
    struct sigaction interrupt_ {
    }, terminate_{}, pipe_{}; // what was there before
};

} // namespace ndispool::tool
