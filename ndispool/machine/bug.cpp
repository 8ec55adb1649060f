#include "ndispool/machine/bug.h"
#include <atomic>
#include <cstdio>

namespace ndispool::machine {

namespace {

void print(const char* what, const void* object) {
    std::fprintf(stderr, "ndispool: bug: %s (%p)\n", what, object);
}

std::atomic<BugHook> current = print;

} // namespace

// acq_rel, partner: the load in report_bug(), so that a hook finds what was written before it was set.
BugHook set_bug_hook(BugHook hook) noexcept {
    const BugHook old = current.exchange(hook ? hook : print, std::memory_order_acq_rel);
    return old == print ? nullptr : old;
}

void report_bug(const char* what, const void* object) noexcept {
    current.load(std::memory_order_acquire)(what, object);
}

} // namespace ndispool::machine
