#include "ndispool/tool/run_command.h"

#include "ndispool/host/place.h"
#include "ndispool/monitor/service.h"
#include "ndispool/observe/progress_bar.h"
#include "ndispool/tool/checked_run.h"
#include "ndispool/tool/command_file.h"
#include "ndispool/tool/driver_setup.h"
#include "ndispool/tool/publish.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/stop_signals.h"
#include "ndispool/verify/crash.h"

#include <optional>
#include <unistd.h>

namespace ndispool::tool {

namespace {

host::Report run_with_progress(const RunOptions& options) {
    const StopSignals signals;
    const monitor::Service watchable("run " + options.driver, host::place);
    observe::ProgressBar bar(STDERR_FILENO, observe::progress_wanted(STDERR_FILENO, options.report.quiet));
    return host::run(options.setup, signals.flag(), [&](const host::Progress& now) { bar.show(now); });
}

// On the checked door. Should the driver crash, what is known by then is published and the process ends.
ExitCode run_checked(RunOptions& options, const Publisher& publisher) {
    CheckedRun checker;
    options.setup.checker = &checker;
    verify::watch_for_crashes(
        [&publisher](verify::Ending) {
            observe::CheckReport report;
            report.run = host::unfinished_report();
            publisher.publish(report);
        },
        static_cast<int>(ExitCode::findings));
    observe::CheckReport report;
    try {
        report.run = run_with_progress(options);
    } catch (const host::Failed& failed) { // why may be among the findings
        report.run = failed.report();
        if (report.run.findings.empty())
            throw;
        say(failed.what());
    }
    verify::stop_watching_for_crashes();
    return publisher.publish(report);
}

} // namespace

ExitCode run(RunOptions options) {
    complete(options);
    const Publisher publisher(options);
    std::optional<CommandFile> commands;
    if (options.control)
        options.setup.commands = &commands.emplace(*options.control);
    if (options.verify)
        return run_checked(options, publisher);
    observe::CheckReport report;
    report.run = run_with_progress(options);
    return publisher.publish(report);
}

} // namespace ndispool::tool
