#include "ndispool/tool/driver_path.h"

#include "ndispool/tool/exit_code.h"
#include "ndispool/wire/spelling.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ndispool::tool {

namespace fs = std::filesystem;

namespace {

// NDISPOOL_LIBDIR: where an installation has libraries, relative to its prefix ("lib", "lib/x86_64-linux-gnu").
constexpr std::array<std::string_view, 3> places_beside_program = {"../" NDISPOOL_LIBDIR "/ndispool/drivers",
                                                                   "../lib/ndispool/drivers", "../drivers"};

bool is_path(std::string_view driver) {
    return driver.find('/') != std::string_view::npos || driver.ends_with(".so") || driver.ends_with(".sys");
}

bool is_shipped(std::string_view driver) {
    return std::find(shipped_drivers.begin(), shipped_drivers.end(), driver) != shipped_drivers.end();
}

fs::path shipped(std::string_view driver, const std::vector<fs::path>& folders) {
    std::error_code ignored;
    for (const fs::path& folder : folders)
        if (fs::path file = folder / fmt::format("{}.so", driver); fs::is_regular_file(file, ignored))
            return file;
    std::vector<std::string> looked_in;
    looked_in.reserve(folders.size());
    for (const fs::path& folder : folders)
        looked_in.push_back(folder.string());
    throw UsageError(fmt::format("{}: this driver ships with ndispool but is in none of {}; install it or set "
                                 "NDISPOOL_DRIVERS to its folder",
                                 driver, fmt::join(looked_in, ", ")));
}

} // namespace

std::vector<fs::path> driver_folders() {
    std::vector<fs::path> folders;
    if (const char* const variable = std::getenv("NDISPOOL_DRIVERS")) {
        std::string_view rest = variable;
        while (!rest.empty()) {
            const std::string_view folder = rest.substr(0, rest.find(':'));
            rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
            if (!folder.empty())
                folders.emplace_back(folder);
        }
    }
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    for (const std::string_view place : places_beside_program)
        if (const fs::path folder = (program / place).lexically_normal();
            std::find(folders.begin(), folders.end(), folder) == folders.end())
            folders.push_back(folder);
    return folders;
}

fs::path find_driver(std::string_view driver, const std::vector<fs::path>& folders) {
    if (driver.empty())
        throw UsageError("DRIVER is empty; give a .so file or the name of a shipped driver");
    if (is_path(driver))
        return driver;
    if (is_shipped(driver))
        return shipped(driver, folders);
    std::error_code ignored;
    if (fs::exists(driver, ignored))
        return driver;
    const std::string_view meant = wire::nearest(driver, shipped_drivers);
    throw UsageError(
        fmt::format("{}: there is no such file and no such shipped driver (there are {}){}", driver,
                    fmt::join(shipped_drivers, ", "),
                    meant.empty() ? "; give the path of a .so file" : fmt::format("; did you mean {}?", meant)));
}

} // namespace ndispool::tool
