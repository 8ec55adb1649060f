#include "ndispool/tool/run_command.h"

#include "ndispool/observe/output_file.h"
#include "ndispool/observe/progress_bar.h"
#include "ndispool/observe/report_json.h"
#include "ndispool/observe/report_text.h"
#include "ndispool/tool/config_file.h"
#include "ndispool/tool/driver_path.h"
#include "ndispool/tool/manual.h"
#include "ndispool/tool/parameters.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/stop_signals.h"
#include "ndispool/wire/same_file.h"

#include <fmt/format.h>
#include <sstream>
#include <unistd.h>

namespace ndispool::tool {

namespace {

// What --param says goes before what the file says.
void add_config(RunOptions& options) {
    if (!options.config)
        return;
    std::vector<host::Parameter> parameters;
    for (host::Parameter& parameter : read_config(*options.config))
        set_parameter(parameters, std::move(parameter));
    for (host::Parameter& parameter : options.setup.parameters)
        set_parameter(parameters, std::move(parameter));
    options.setup.parameters = std::move(parameters);
}

// Before the run: a report that cannot be written at its end, or that would take the place of a capture, is refused
// now.
void require_json_place(const RunOptions& options) {
    if (!options.json)
        return;
    for (const std::string& wire : {options.setup.below, options.setup.above})
        if (wire::same_file("record:" + options.json->string(), wire))
            throw UsageError(
                fmt::format("--json: {} is also the file of {}; name another file", options.json->string(), wire));
    observe::require_writable(*options.json);
}

host::Report run_with_progress(const RunOptions& options) {
    const StopSignals signals;
    observe::ProgressBar bar(STDERR_FILENO, observe::progress_wanted(STDERR_FILENO, options.quiet));
    return host::run(options.setup, signals.flag(), [&](const host::Progress& now) { bar.show(now); });
}

void publish(const RunOptions& options, const host::Report& report) {
    const bool json_is_the_output = options.json && observe::is_standard_output(*options.json);
    if (!options.quiet && !json_is_the_output)
        observe::write_whole("-", observe::report_text(report));
    if (!options.json)
        return;
    std::ostringstream document;
    observe::write_report_json(document, report, version);
    observe::write_whole(*options.json, document.view());
}

} // namespace

ExitCode run(RunOptions options) {
    add_config(options);
    options.setup.driver = find_driver(options.driver, driver_folders());
    require_json_place(options);
    const host::Report report = run_with_progress(options);
    publish(options, report);
    bool trouble = false;
    for (const host::WireReport& wire : report.wires)
        if (wire.trouble) {
            say(*wire.trouble);
            trouble = true;
        }
    if (trouble)
        return ExitCode::usage;
    return report.findings.empty() ? ExitCode::clean : ExitCode::findings;
}

} // namespace ndispool::tool
