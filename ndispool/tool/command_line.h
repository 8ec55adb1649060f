// The command line, as values.
//   Holds:     what parse() returns can be run; anything else is a Problem of one line.
#pragma once

#include "ndispool/host/run.h"

#include <optional>
#include <span>
#include <string>
#include <variant>

namespace ndispool::tool {

struct RunCommand {
    std::string driver;
    host::Setup setup; // all but the driver's file
    std::optional<std::string> json;
    bool quiet = false;
};

// Something to print on standard output, and that is all: help, the version.
struct Text {
    std::string text;
};

using Command = std::variant<Text, RunCommand>;

// Without the program's name.
Command parse(std::span<const std::string> arguments);

} // namespace ndispool::tool
