// Says so when a driver does not come to its end: a run that hangs in an unload would otherwise be silent for ever.
//   Callers:   begin() once, from the run's own thread; destroyed when the run is over.
//   Holds:     one line, after `patience`; from then on a first Ctrl-C ends the program.
//   Not here:  what the driver waits for (the checked door, `ndispool check`).
#pragma once

#include "ndispool/tool/stop_signals.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace ndispool::tool {

class EndingWatch {
  public:
    static constexpr std::chrono::seconds patience{
        20}; // what the host waits for lent packets and sends is over by then

    explicit EndingWatch(std::string driver) : driver_(std::move(driver)) {}
    ~EndingWatch() = default;
    EndingWatch(const EndingWatch&) = delete;
    EndingWatch& operator=(const EndingWatch&) = delete;

    void begin(std::chrono::milliseconds wait = patience);

  private:
    void look(const std::stop_token& over, std::chrono::milliseconds wait);

    const std::string driver_;
    std::mutex lock_; // guards nothing: the wait needs one
    std::condition_variable_any ended_;
    std::jthread thread_; // last: it is over before the rest goes
};

} // namespace ndispool::tool
