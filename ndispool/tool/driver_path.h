// DRIVER as the user writes it: a file, or the name of a driver that ships with ndispool.
#pragma once

#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

namespace ndispool::tool {

inline constexpr std::array<std::string_view, 3> shipped_drivers = {"passthru", "netvmini", "ndisprot"};

// Where shipped drivers may be: the folders of $NDISPOOL_DRIVERS, then places relative to this program (installed, then
// in its build tree).
std::vector<std::filesystem::path> driver_folders();

// The file that `driver` means. A bare name of a shipped driver is that driver, whatever is in the current folder.
// Throws UsageError; a path that leads nowhere is left to the loader, which says so.
std::filesystem::path find_driver(std::string_view driver, const std::vector<std::filesystem::path>& folders);

} // namespace ndispool::tool
