// What the tests of this room share: a machine for the length of a test, a net for bug reports, and waiting.
#pragma once

#include "ndispool/machine/bug.h"
#include "ndispool/machine/processor.h"
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ndispool::machine::testing {

class RunningMachine {
  public:
    explicit RunningMachine(unsigned processors = 1) { start({processors}); }
    ~RunningMachine() { stop(); }
};

// Collects reports instead of printing them.
class BugNet {
  public:
    BugNet() : old_(set_bug_hook(note)) { take(); }
    ~BugNet() { set_bug_hook(old_); }

    // The reports since the last call.
    std::vector<std::string> take() {
        const std::scoped_lock locked(mutex_);
        return std::move(caught_);
    }

  private:
    static void note(const char* what, const void*) {
        const std::scoped_lock locked(mutex_);
        caught_.emplace_back(what);
    }

    static inline std::mutex mutex_;
    static inline std::vector<std::string> caught_;
    const BugHook old_;
};

using Reports = std::vector<std::string>;

template <class Condition> void wait_until(Condition condition) {
    while (!condition())
        std::this_thread::yield();
}

// A routine and context of this room that counts its calls.
struct Counter {
    std::atomic<int> calls = 0;

    static void count(void* counter) { static_cast<Counter*>(counter)->calls.fetch_add(1); }
    void wait_for(int n) const {
        wait_until([&] { return calls.load() >= n; });
    }
};

// Runs `body(thread number)` in so many threads, to its end.
template <class Body> void in_threads(unsigned count, Body body) {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < count; ++i)
        threads.emplace_back([&body, i] { body(i); });
}

} // namespace ndispool::machine::testing
