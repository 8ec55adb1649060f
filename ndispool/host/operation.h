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
    Operation();
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
};

// Called for every adapter that a driver has started, at the end of the operation that led to it.
void on_adapter_started(std::function<void(Adapter&)> action);
void announce(Adapter& adapter);
void forget_announcements();

} // namespace ndispool::host
