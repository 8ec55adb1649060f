// How the program ends, and the exceptions that decide it.
#pragma once

#include <stdexcept>

namespace ndispool::tool {

enum class ExitCode : int { clean = 0, findings = 1, usage = 2, lacking = 3 };

// One line for standard error: names the option, argument or file, says what is wrong and what to do.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The same for what this version does not have.
class LackError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

} // namespace ndispool::tool
