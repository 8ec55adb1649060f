#include "ndispool/tool/publish.h"

#include "ndispool/observe/junit.h"
#include "ndispool/observe/output_file.h"
#include "ndispool/observe/report_json.h"
#include "ndispool/observe/report_text.h"
#include "ndispool/observe/sarif.h"
#include "ndispool/tool/manual.h"
#include "ndispool/tool/rules.h"
#include "ndispool/tool/say.h"
#include "ndispool/wire/same_file.h"

#include <fmt/format.h>
#include <sstream>

namespace ndispool::tool {

namespace {

struct Output {
    std::string_view option;
    const std::optional<std::filesystem::path>& file;
};

std::array<Output, 3> outputs(const ReportOptions& options) {
    return {{{"--json", options.json}, {"--junit", options.junit}, {"--sarif", options.sarif}}};
}

// A report that would take the place of a capture or of another report is refused before the run.
void require_place(const Output& output, const RunOptions& options) {
    if (!output.file)
        return;
    const std::string& file = output.file->string();
    for (const std::string& wire : host::wire_specs(options.setup))
        if (wire::same_file("record:" + file, wire))
            throw UsageError(
                fmt::format("{}: {} is also the file of {}; name another file", output.option, file, wire));
    for (const Output& other : outputs(options.report))
        if (other.file && other.option != output.option && *other.file == *output.file)
            throw UsageError(
                fmt::format("{}: {} is also the file of {}; name another file", output.option, file, other.option));
    observe::require_writable(*output.file);
}

void write(const std::optional<std::filesystem::path>& file, auto make) {
    if (!file)
        return;
    std::ostringstream document;
    make(document);
    observe::write_whole(*file, document.view());
}

bool has_standard_output(const ReportOptions& options) {
    for (const Output& output : outputs(options))
        if (output.file && observe::is_standard_output(*output.file))
            return true;
    return false;
}

} // namespace

Publisher::Publisher(const RunOptions& options) : options_(options.report), began_(std::time(nullptr)) {
    observe::keep_standard_output();
    if (options_.suppressions)
        suppressions_ = observe::read_suppressions(*options_.suppressions);
    if (options_.baseline)
        baseline_ = observe::read_baseline(*options_.baseline);
    for (const Output& output : outputs(options_))
        require_place(output, options);
}

ExitCode Publisher::publish(const observe::CheckReport& report) const {
    std::vector<observe::Judged> findings = observe::judged(report);
    observe::suppress(findings, suppressions_);
    observe::mark_known(findings, baseline_);
    if (!options_.quiet && !has_standard_output(options_))
        observe::write_whole("-", observe::report_text(report, findings));
    if (options_.gen_suppressions)
        observe::write_whole("-", observe::suppressions_for(findings));
    write(options_.json, [&](auto& out) { observe::write_report_json(out, report, findings, version); });
    write(options_.junit, [&](auto& out) { observe::write_junit(out, report, findings, began_); });
    write(options_.sarif, [&](auto& out) { observe::write_sarif(out, report, findings, rule_texts(), version); });
    bool trouble = !report.run.trouble.empty(); // commands: that was said when they came
    for (const host::WireReport& wire : report.run.wires)
        if (wire.trouble) {
            say(*wire.trouble);
            trouble = true;
        }
    if (trouble)
        return ExitCode::usage;
    return observe::count(findings, observe::State::fresh) == 0 ? ExitCode::clean : ExitCode::findings;
}

} // namespace ndispool::tool
