// Where a report goes: standard output and the files that the options name, and what it makes of the exit code.
//   Callers:   the commands that end in a report, one thread.
//   Holds:     what cannot be read or written is refused before the run (prepare), not after it.
#pragma once

#include "ndispool/observe/baseline.h"
#include "ndispool/observe/check_report.h"
#include "ndispool/observe/suppressions.h"
#include "ndispool/tool/command_line.h"
#include "ndispool/tool/exit_code.h"

#include <ctime>
#include <vector>

namespace ndispool::tool {

class Publisher {
  public:
    // Reads --suppressions and --baseline, asks whether every file can be written. Throws UsageError and others.
    explicit Publisher(const RunOptions& options);

    // Writes everything, says what trouble the wires had. The exit code of the whole program.
    ExitCode publish(const observe::CheckReport& report) const;

  private:
    const ReportOptions& options_;
    std::vector<observe::Suppression> suppressions_;
    observe::Baseline baseline_;
    std::time_t began_;
};

} // namespace ndispool::tool
