#include "ndispool/tool/driver_setup.h"

#include "ndispool/tool/config_file.h"
#include "ndispool/tool/driver_path.h"
#include "ndispool/tool/parameters.h"

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

} // namespace

void complete(RunOptions& options) {
    add_config(options);
    options.setup.driver = find_driver(options.driver, driver_folders());
}

} // namespace ndispool::tool
