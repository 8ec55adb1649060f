#include "ndispool/tool/ending_watch.h"

#include "ndispool/tool/say.h"

#include <fmt/format.h>

namespace ndispool::tool {

void EndingWatch::begin(std::chrono::milliseconds wait) {
    thread_ = std::jthread([this, wait](const std::stop_token& over) { look(over, wait); });
}

void EndingWatch::look(const std::stop_token& over, std::chrono::milliseconds wait) {
    std::unique_lock lock(lock_);
    ended_.wait_for(lock, over, wait, [] { return false; });
    if (over.stop_requested())
        return;
    say(fmt::format(
        "{}: is still not unloaded {} s after the last frame; Ctrl-C ends the program, 'ndispool check' says what "
        "the driver waits for",
        driver_, wait.count() / 1000));
    StopSignals::next_ends();
}

} // namespace ndispool::tool
