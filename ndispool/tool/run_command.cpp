#include "ndispool/tool/run_command.h"

#include "ndispool/observe/progress_bar.h"
#include "ndispool/tool/driver_setup.h"
#include "ndispool/tool/publish.h"
#include "ndispool/tool/stop_signals.h"

#include <unistd.h>

namespace ndispool::tool {

namespace {

host::Report run_with_progress(const RunOptions& options) {
    const StopSignals signals;
    observe::ProgressBar bar(STDERR_FILENO, observe::progress_wanted(STDERR_FILENO, options.report.quiet));
    return host::run(options.setup, signals.flag(), [&](const host::Progress& now) { bar.show(now); });
}

} // namespace

ExitCode run(RunOptions options) {
    complete(options);
    const Publisher publisher(options);
    observe::CheckReport report;
    report.run = run_with_progress(options);
    return publisher.publish(report);
}

} // namespace ndispool::tool
