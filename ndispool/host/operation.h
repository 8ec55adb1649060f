// One plug-and-play operation at a time: binds, unbinds, starts, halts and power changes exclude each other.
//   Callers:   PASSIVE_LEVEL. An operation may be started from inside a handler that another one of the same thread is calling.
//   Holds:     driver code runs inside operations, so nothing that a handler may wait for begins one: completions, returns,
//              requests and closes do not. Adapters that were started meanwhile are announced when the outermost one ends.
#pragma once

#include <functional>

namespace ndispool::host {

struct Adapter;

class Operation {
  public:
    Operation() : Operation(false) {}
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    // What a driver does from another thread for a handler that has pended is a part of the operation that waits for it.
    static Operation part_of_one_that_waits() { return Operation(true); }

  private:
    explicit Operation(bool may_be_a_part);
    bool entered_ = false, part_ = false;
};

// Lives while who operates, if this thread does, waits for a handler that has pended.
class WaitingOperation {
  public:
    WaitingOperation();
    ~WaitingOperation();
    WaitingOperation(const WaitingOperation&) = delete;
    WaitingOperation& operator=(const WaitingOperation&) = delete;

  private:
    const bool operates_;
};

// Called for every adapter that a driver has started, at the end of the operation that led to it.
void on_adapter_started(std::function<void(Adapter&)> action);
void announce(Adapter& adapter);
void forget_announcements();

} // namespace ndispool::host
