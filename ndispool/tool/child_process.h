// A piece of work in a process of its own, with limits: whatever it does to itself, this process learns how it ended.
//   Callers:   one thread of a process that has no other (fork copies only the caller). start(), then poll() until it answers.
//   Holds:     the child, and what it forked, is gone when poll() has answered or the object is destroyed; it does not outlive this process
//              either. What it printed and what it returned are kept apart.
//   Not here:  what the work is (case_run.h).
#pragma once

#include "ndispool/tool/fault_note.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ndispool::tool {

struct ChildLimits {
    double seconds = 20;
    std::uint64_t memory_mib = 2048;
    std::uint64_t printed_mib = 64; // of each file that it writes
};

struct ChildNote {
    std::uint64_t address = 0, stack = 0;
    std::vector<std::uint64_t> frames;
    int signal = 0; // where_signal: asked by us
    unsigned processor = 0, irql = 0;
};

struct ChildEnding {
    enum class How : std::uint8_t { returned, exited, signalled, timed_out };
    How how = How::returned;
    int code = 0; // exit status or signal
    double seconds = 0;
    std::string result;           // what the work returned; only when it returned
    std::string printed;          // standard output and error, the last part
    bool out_of_memory = false;   // it ended for that, or hung while it had no more to get
    std::uint64_t code_begin = 0; // of the driver; 0: not known
    std::vector<ChildNote> notes; // the fault first; of a hang, each thread
};

class ChildProcess {
  public:
    // Throws std::system_error when the system has no more processes or memory.
    ChildProcess(const std::function<std::string()>& work, const ChildLimits& limits);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // Does not wait. Nothing while it still runs.
    std::optional<ChildEnding> poll();

  private:
    [[noreturn]] void become(const std::function<std::string()>& work, const ChildLimits& limits, pid_t parent) const;
    void ask_where() const;
    bool has_used_up(std::uint64_t mib) const;
    ChildEnding ending(int status) const;
    double age() const;

    const ChildLimits limits_;
    std::chrono::steady_clock::time_point began_;
    FaultNotes* notes_ = nullptr;    // shared with the child
    int result_ = -1, printed_ = -1; // files in memory
    pid_t pid_ = -1;
    void watch();

    std::optional<double> asked_, told_, faulted_; // when, in seconds since it began
    bool killed_ = false, memory_used_up_ = false;
};

// Inside the work, from any thread: it has returned this.
[[noreturn]] void end_child(const std::string& result);

// Runs it to its end.
ChildEnding run_in_child(const std::function<std::string()>& work, const ChildLimits& limits);

} // namespace ndispool::tool
