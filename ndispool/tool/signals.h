// Ctrl-C and SIGTERM: the first one ends the run in order, a second one ends the program at once.
//   Callers:   main's thread, one at a time.
#pragma once

#include "ndispool/host/run.h"

namespace ndispool::tool {

class StopOnSignal {
  public:
    StopOnSignal();
    ~StopOnSignal(); // signals do what they did before
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
    const host::StopFlag& flag() const;
};

} // namespace ndispool::tool
