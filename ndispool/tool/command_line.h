// What the user asked for, read from the arguments and nothing else: no file is opened here.
#pragma once

#include "ndispool/host/run.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ndispool::tool {

struct RunOptions {
    std::string driver; // as written
    host::Setup setup;  // without driver, and without what `config` holds
    std::optional<std::filesystem::path> config;
    std::optional<std::filesystem::path> json;
    bool quiet = false;
};

// Print this and be done.
struct ShowText {
    std::string text;
};

using Command = std::variant<ShowText, RunOptions>;

// `arguments`: without the program's name. Throws UsageError or LackError.
Command parse_command_line(const std::vector<std::string>& arguments);

} // namespace ndispool::tool
