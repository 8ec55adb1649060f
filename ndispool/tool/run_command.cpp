#include "ndispool/tool/run_command.h"

#include "ndispool/host/place.h"
#include "ndispool/monitor/service.h"
#include "ndispool/observe/progress_bar.h"
#include "ndispool/tool/checked_run.h"
#include "ndispool/tool/command_file.h"
#include "ndispool/tool/driver_setup.h"
#include "ndispool/tool/ending_watch.h"
#include "ndispool/tool/publish.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/stop_signals.h"
#include "ndispool/verify/crash.h"

#include <atomic>
#include <cstdlib>
#include <optional>
#include <unistd.h>

namespace ndispool::tool {

namespace {

// A driver may call exit() of the C library: that is no clean end, and nobody takes it for one. On the checked door it is a finding
// before this (verify/crash.h).
class Unfinished {
  public:
    Unfinished() {
        running.store(true, std::memory_order_relaxed); // a flag; orders no other data
        static const int once = std::atexit(at_exit);
        (void)once;
    }
    ~Unfinished() { running.store(false, std::memory_order_relaxed); }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;

  private:
    static void at_exit() {
        if (!running.load(std::memory_order_relaxed))
            return;
        say("the driver called exit() before the run was over, so there is no report; --verify says where");
        ::_exit(static_cast<int>(ExitCode::findings));
    }
    static inline std::atomic<bool> running{false};
};

host::Report run_with_progress(const RunOptions& options) {
    const StopSignals signals;
    const monitor::Service watchable("run " + options.driver, host::place);
    observe::ProgressBar bar(STDERR_FILENO, observe::progress_wanted(STDERR_FILENO, options.report.quiet));
    EndingWatch ending(options.driver);
    host::Setup setup = options.setup;
    setup.ending = [&] { ending.begin(); };
    return host::run(setup, signals.flag(), [&](const host::Progress& now) { bar.show(now); });
}

// On the checked door. Should the driver crash, what is known by then is published and the process ends.
ExitCode run_checked(RunOptions& options, const Publisher& publisher) {
    CheckedRun checker;
    options.setup.checker = &checker;
    struct Watch {
        ~Watch() { verify::stop_watching_for_crashes(); }
    };
    verify::watch_for_crashes(
        [&publisher](verify::Ending) {
            observe::CheckReport report;
            report.run = host::unfinished_report();
            publisher.publish(report);
        },
        static_cast<int>(ExitCode::findings));
    observe::CheckReport report;
    try {
        const Watch watch;
        report.run = run_with_progress(options);
    } catch (const host::Failed& failed) { // why may be among the findings
        report.run = failed.report();
        if (report.run.findings.empty())
            throw;
        say(failed.what());
    }
    return publisher.publish(report);
}

} // namespace

ExitCode run(RunOptions options) {
    complete(options);
    const Publisher publisher(options);
    const Unfinished unfinished;
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
