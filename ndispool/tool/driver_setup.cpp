#include "ndispool/tool/driver_setup.h"

#include "ndispool/observe/utf8.h"
#include "ndispool/tool/config_file.h"
#include "ndispool/tool/driver_path.h"
#include "ndispool/tool/exit_code.h"
#include "ndispool/tool/parameters.h"

#include <algorithm>
#include <fmt/format.h>

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

std::string called(const std::filesystem::path& driver) {
    return driver.stem().string();
}

// A driver is loaded once, and called by its name.
void add_drivers(RunOptions& options, const std::vector<std::filesystem::path>& folders) {
    std::vector<std::string> names{called(options.setup.driver)};
    for (const std::string& driver : options.with) {
        const std::filesystem::path file = find_driver(driver, folders);
        if (std::ranges::find(names, called(file)) != names.end())
            throw UsageError(
                fmt::format("--with: a driver {} is in this run already; each is loaded once, give another",
                            observe::printable(called(file))));
        names.push_back(called(file));
        options.setup.more_drivers.push_back(file);
    }
}

// Those of the first driver by its name become those without a driver.
void sort_parameters(host::Setup& setup) {
    std::vector<host::Parameter> sorted;
    for (host::Parameter parameter : setup.parameters) {
        if (parameter.driver == called(setup.driver))
            parameter.driver.clear();
        else if (!parameter.driver.empty() && std::ranges::none_of(setup.more_drivers, [&](const auto& driver) {
                     return called(driver) == parameter.driver;
                 }))
            throw UsageError(
                fmt::format("parameter {}: this run has no driver {}; name the driver, one of --with, or none "
                            "for the driver",
                            observe::printable(name_of(parameter)), observe::printable(parameter.driver)));
        set_parameter(sorted, std::move(parameter));
    }
    setup.parameters = std::move(sorted);
}

} // namespace

void complete(RunOptions& options) {
    add_config(options);
    const auto folders = driver_folders();
    options.setup.driver = find_driver(options.driver, folders);
    add_drivers(options, folders);
    sort_parameters(options.setup);
}

} // namespace ndispool::tool
