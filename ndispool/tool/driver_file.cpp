#include "ndispool/tool/driver_file.h"

#include "ndispool/tool/problem.h"
#include "ndispool/wire/spelling.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <vector>

namespace ndispool::tool {

namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr std::array shipped = {"passthru"sv, "netvmini"sv, "ndisprot"sv};

// Where drivers are, seen from the command's own file: installed under a prefix, or built.
std::vector<fs::path> folders() {
    std::vector<fs::path> all;
    if (const char* const folder = std::getenv("NDISPOOL_DRIVERS"))
        all.emplace_back(folder);
    std::error_code error;
    const fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const char* relative : {"../lib/ndispool/drivers", "../drivers"})
        all.push_back(bin / relative);
    return all;
}

bool is_there(const fs::path& file) {
    std::error_code error;
    return fs::exists(file, error);
}

} // namespace

std::filesystem::path find_driver(const std::string& argument) {
    if (argument.find('/') != std::string::npos || is_there(argument))
        return argument;
    if (std::find(shipped.begin(), shipped.end(), argument) != shipped.end()) {
        for (const fs::path& folder : folders())
            if (const fs::path file = (folder / (argument + ".so")).lexically_normal(); is_there(file))
                return file;
        throw usage(argument + ": this driver ships with ndispool but is not where it is installed; set NDISPOOL_DRIVERS to its folder");
    }
    const std::string_view meant = wire::nearest(argument, shipped);
    throw usage(argument + ": there is no such file, and it is none of the drivers that ship with ndispool (passthru, netvmini, ndisprot)" +
                (meant.empty() ? "" : "; did you mean " + std::string(meant) + "?"));
}

} // namespace ndispool::tool
