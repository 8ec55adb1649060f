#include "ndispool/tool/page_command.h"

#include "ndispool/observe/output_file.h"
#include "ndispool/observe/report_html.h"
#include "ndispool/observe/report_read.h"

namespace ndispool::tool {

ExitCode write_page(const PageOptions& options) {
    const observe::CheckReport report =
        observe::parse_report(observe::read_input(options.run, "report"), options.run.string());
    observe::write_whole(options.output, observe::report_html(report, observe::judged(report)));
    return ExitCode::clean;
}

} // namespace ndispool::tool
