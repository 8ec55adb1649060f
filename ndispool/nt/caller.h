// Where in a driver the running call came from: the key of every ledger, leak report and pool table.
//   Callers:   caller() from an exported function, in its first line: `caller(__builtin_return_address(0))`.
//   Holds:     a call through a Microsoft door is attributed to the driver's instruction behind its call, not to the
//              door; what a driver's handler calls, never to the driver that made us call the handler.
//   Not here:  turning an address into driver!function+offset (load knows symbols).
#pragma once

namespace ndispool::nt {

// Return address of the innermost Microsoft door this thread is inside; null when the call came in directly. One word
// that only its thread touches; initial-exec because it is read on every call of a driver.
extern constinit thread_local const void* door_return_address __attribute__((tls_model("initial-exec")));

// Doors open one with their own return address; invoke() opens one with null around every call of a driver.
class CallerScope {
  public:
    explicit CallerScope(const void* return_address) noexcept : outer_(door_return_address) {
        door_return_address = return_address;
    }
    ~CallerScope() { door_return_address = outer_; }
    CallerScope(const CallerScope&) = delete;
    CallerScope& operator=(const CallerScope&) = delete;

  private:
    const void* outer_;
};

// The driver's call site. `return_address` is __builtin_return_address(0) of the exported function.
inline const void* caller(const void* return_address) noexcept {
    return door_return_address != nullptr ? door_return_address : return_address;
}

} // namespace ndispool::nt
