#include "ndispool/tool/pools_command.h"

#include "ndispool/observe/output_file.h"
#include "ndispool/observe/pools_json.h"
#include "ndispool/observe/pools_text.h"
#include "ndispool/tool/manual.h"
#include "ndispool/tool/watching.h"

#include <sstream>

namespace ndispool::tool {

ExitCode show_pools(const PoolsOptions& options) {
    const std::vector<observe::Watched> processes = watch(options.process);
    if (!options.json || !observe::is_standard_output(*options.json))
        observe::write_whole("-", observe::pools_text(processes, options.all));
    if (options.json) {
        std::ostringstream document;
        observe::write_pools_json(document, processes, version);
        observe::write_whole(*options.json, document.view());
    }
    return ExitCode::clean;
}

} // namespace ndispool::tool
