#include "ndispool/tool/stop_signals.h"

#include <unistd.h>

namespace ndispool::tool {

namespace {

// A signal handler reaches nothing but this. Lock-free, or it could not be used there.
host::StopFlag stop_asked{false};
static_assert(host::StopFlag::is_always_lock_free, "written by a signal handler");

void on_signal(int number) {
    constexpr int ended_by_signal = 128;
    if (stop_asked.exchange(true))
        ::_exit(ended_by_signal + number);
}

void install(int number, void (*handler)(int), struct sigaction& before) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART; // the run looks at the flag; no call of it need be cut short
    ::sigaction(number, &action, &before);
}

} // namespace

StopSignals::StopSignals() {
    stop_asked = false;
    install(SIGINT, on_signal, interrupt_);
    install(SIGTERM, on_signal, terminate_);
    install(SIGPIPE, SIG_IGN, pipe_);
}

StopSignals::~StopSignals() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
    ::sigaction(SIGPIPE, &pipe_, nullptr);
}

void StopSignals::next_ends() {
    stop_asked = true;
}

const host::StopFlag& StopSignals::flag() const {
    return stop_asked;
}

} // namespace ndispool::tool
