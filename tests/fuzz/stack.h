// A driver that runs as long as the fuzzer does, and takes one input after another.
//   Callers:   one thread, the fuzzer's. The run has a thread of its own.
//   Holds:     the run is ended and joined when the process exits, and must end clean then; else, as with everything that
//              require() does not find true, the process aborts, which is how a fuzzer is told.
#pragma once

#include "ndispool/host/run.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace ndispool::fuzz {

void require(bool holds, const char* what);

class Stack final : public host::CommandSource {
  public:
    // The wires live as long as the process.
    Stack(const char* driver, wire::Wire& below, wire::Wire& above);
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    // Has the thread of the run do it, at PASSIVE_LEVEL, and waits. The stack is up by then.
    void call(const std::function<void()>& work);

    // Of the run's thread: gets its work here.
    std::optional<std::string> next() override;
    bool more() const override { return true; }
    void answer(std::string_view) override {}

  private:
    void end();

    host::Setup setup_;
    std::mutex lock_; // guards work_ and ended_
    std::condition_variable changed_;
    const std::function<void()>* work_ = nullptr;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace ndispool::fuzz
