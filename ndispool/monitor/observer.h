// Asks other processes which packet pools they have.
//   Callers:   any thread; a call waits two seconds at most for a process that does not answer.
//   Holds:     what comes from another process is read up to a limit and believed in nothing but its numbers and names.
#pragma once

#include "ndispool/monitor/answer.h"

#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ndispool::monitor {

// One line that names the process, says what is wrong and what to do.
class NoAnswer : public std::runtime_error {
  public:
    enum class Kind {
        absent,  // no such process
        gone,    // it could be asked and has ended
        silent,  // it does not publish, or does not any more: it is about to end
        lacking, // it cannot be asked: another user's, or it does not answer
    };
    NoAnswer(Kind kind, const std::string& line) : std::runtime_error(line), kind_(kind) {}
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

// Throws NoAnswer.
Answer ask(pid_t process);

// Those that can be asked by this user, in order of their numbers. Sockets that dead processes left behind are removed.
std::vector<pid_t> processes();

} // namespace ndispool::monitor
