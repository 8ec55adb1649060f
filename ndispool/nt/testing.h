// For tests: catches what the code under test reports as a bug of its caller.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ndispool/machine/bug.h"

namespace ndispool::nt {

// While one lives, reports go into it; one at a time.
class BugTrap {
  public:
    struct Report {
        std::string what;
        const void* object;
    };

    BugTrap() {
        reports();
        outer_ = machine::set_bug_hook(note);
    }
    ~BugTrap() { machine::set_bug_hook(outer_); }
    BugTrap(const BugTrap&) = delete;
    BugTrap& operator=(const BugTrap&) = delete;

    // What was reported since the last call.
    static std::vector<Report> reports() {
        const std::lock_guard guard(lock_);
        return std::exchange(reports_, {});
    }

  private:
    static void note(const char* what, const void* object) {
        const std::lock_guard guard(lock_);
        reports_.push_back({what, object});
    }

    static inline std::mutex lock_;
    static inline std::vector<Report> reports_;
    machine::BugHook outer_;
};

} // namespace ndispool::nt
