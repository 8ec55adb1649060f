// A reason not to go on: one line that names the thing, says what is wrong and what to do, and the exit code it means.
#pragma once

#include "ndispool/tool/exit_code.h"

#include <stdexcept>
#include <string>

namespace ndispool::tool {

class Problem : public std::runtime_error {
  public:
    Problem(ExitCode code, const std::string& line) : std::runtime_error(line), code_(code) {}
    ExitCode code() const { return code_; }

  private:
    const ExitCode code_;
};

inline Problem usage(const std::string& line) {
    return {ExitCode::usage, line};
}

} // namespace ndispool::tool
