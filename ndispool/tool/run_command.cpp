#include "ndispool/tool/run_command.h"

#include "ndispool/observe/output_file.h"
#include "ndispool/observe/progress_bar.h"
#include "ndispool/observe/report_json.h"
#include "ndispool/observe/report_text.h"
#include "ndispool/tool/driver_file.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/signals.h"

#include <iostream>
#include <sstream>
#include <unistd.h>

namespace ndispool::tool {

namespace {

std::string as_json(const host::Report& report) {
    std::ostringstream document;
    observe::write_report_json(document, report, NDISPOOL_VERSION);
    return document.str();
}

// One line for each wire that could not give or take everything.
bool complain_of_wires(const host::Report& report) {
    bool any = false;
    for (const host::WireReport& wire : report.wires)
        if (wire.trouble) {
            say(*wire.trouble);
            any = true;
        }
    return any;
}

} // namespace

ExitCode run(RunCommand command) {
    command.setup.driver = find_driver(command.driver);
    if (command.json)
        observe::require_writable(*command.json);
    observe::ProgressBar bar(STDERR_FILENO, observe::progress_wanted(STDERR_FILENO, command.quiet));
    const StopOnSignal stop;
    const host::Report report =
        host::run(command.setup, stop.flag(), [&](const host::Progress& now) { bar.show(now); });
    bar.erase();
    const bool json_on_stdout = command.json && observe::is_standard_output(*command.json);
    if (!command.quiet && !json_on_stdout)
        std::cout << observe::report_text(report) << std::flush;
    if (command.json)
        observe::write_whole(*command.json, as_json(report));
    if (complain_of_wires(report))
        return ExitCode::usage;
    return report.findings.empty() ? ExitCode::clean : ExitCode::findings;
}

} // namespace ndispool::tool
