#include "ndispool/tool/signals.h"

#include <csignal>

namespace ndispool::tool {

namespace {

host::StopFlag stop{false};
static_assert(host::StopFlag::is_always_lock_free, "a signal handler writes it");

void ask_to_stop(int signal) {
    stop.store(true);
    std::signal(signal, SIG_DFL); // the next one is final
}

} // namespace

StopOnSignal::StopOnSignal() {
    stop.store(false);
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
}

StopOnSignal::~StopOnSignal() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

const host::StopFlag& StopOnSignal::flag() const {
    return stop;
}

} // namespace ndispool::tool
