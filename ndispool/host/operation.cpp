#include "ndispool/host/operation.h"

#include "ndispool/host/adapter.h"
#include "ndispool/machine/event.h"

#include <atomic>
#include <exception>
#include <optional>
#include <vector>

namespace ndispool::host {

namespace {

// A lock that the machine knows as a wait, so that a virtual clock and its schedule see it.
std::int32_t nobody_operates = 1;
std::atomic<const void*> operator_thread{nullptr}; // only its own thread compares equal
thread_local const char this_thread = 0;

// Of whoever operates.
unsigned depth = 0;
std::vector<Adapter*> unannounced;
std::function<void(Adapter&)> announced_to;

void announce_all() {
    while (!unannounced.empty()) {
        Adapter* const adapter = unannounced.front();
        unannounced.erase(unannounced.begin());
        if (announced_to && adapter->running())
            announced_to(*adapter);
    }
}

} // namespace

Operation::Operation() {
    if (operator_thread.load(std::memory_order_relaxed) != &this_thread) { // only this thread stores its own mark
        machine::wait(nobody_operates, true, std::nullopt);
        operator_thread.store(&this_thread, std::memory_order_relaxed);
    }
    ++depth;
}

Operation::~Operation() {
    if (depth == 1 && std::uncaught_exceptions() == 0)
        announce_all();
    if (--depth == 0) {
        operator_thread.store(nullptr, std::memory_order_relaxed);
        machine::set(nobody_operates);
    }
}

void on_adapter_started(std::function<void(Adapter&)> action) {
    const Operation operation;
    announced_to = std::move(action);
}

void announce(Adapter& adapter) {
    const Operation operation;
    unannounced.push_back(&adapter);
}

void forget_announcements() {
    const Operation operation;
    unannounced.clear();
    announced_to = nullptr;
}

} // namespace ndispool::host
