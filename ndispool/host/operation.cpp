#include "ndispool/host/operation.h"

#include "ndispool/host/adapter.h"
#include "ndispool/machine/event.h"

#include <array>
#include <atomic>
#include <exception>
#include <optional>
#include <span>
#include <vector>

namespace ndispool::host {

namespace {

// Locks that the machine knows as waits, so that a virtual clock and its schedule see them.
std::int32_t nobody_operates = 1;
std::int32_t open_to_parts = 0;                    // who operates waits, and nobody does a part
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

bool operates_here() {
    return operator_thread.load(std::memory_order_relaxed) == &this_thread; // only this thread stores its own mark
}

void enter() {
    operator_thread.store(&this_thread, std::memory_order_relaxed);
}

void leave(std::int32_t& to) {
    operator_thread.store(nullptr, std::memory_order_relaxed);
    machine::set(to);
}

} // namespace

Operation::Operation(bool may_be_a_part) {
    if (!operates_here()) {
        const std::array<machine::Waited, 2> either = {{{&nobody_operates, true}, {&open_to_parts, true}}};
        part_ = machine::wait_for_one(std::span(either).first(may_be_a_part ? 2 : 1), std::nullopt) == 1;
        entered_ = true;
        enter();
    }
    ++depth;
}

Operation::~Operation() {
    if (depth == 1 && std::uncaught_exceptions() == 0)
        announce_all();
    --depth;
    if (entered_)
        leave(part_ ? open_to_parts : nobody_operates);
}

WaitingOperation::WaitingOperation() : operates_(operates_here()) {
    if (operates_)
        leave(open_to_parts);
}

WaitingOperation::~WaitingOperation() {
    if (!operates_)
        return;
    machine::wait(open_to_parts, true, std::nullopt); // a part that goes on ends first
    enter();
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
