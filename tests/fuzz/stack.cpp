#include "stack.h"

#include <cstdio>
#include <cstdlib>

namespace ndispool::fuzz {

namespace {

void require_clean(const host::Report& report) {
    for (const host::Finding& finding : report.findings)
        require(false, finding.message.c_str());
    for (const host::PoolReport& pool : report.pools)
        require(pool.record.freed && pool.record.in_use_when_freed == 0, "a pool was not empty when it was freed");
}

} // namespace

void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

Stack::Stack(const char* driver, wire::Wire& below, wire::Wire& above) {
    static Stack* only = nullptr;
    require(!only, "there is one run at a time in a process");
    only = this;
    setup_.driver = driver;
    setup_.processors = 2;
    setup_.commands = this;
    setup_.completions = host::Completions::mixed;
    setup_.parameters = {{"Promiscuous", "1"}}; // ndisprot then sees frames to others too
    thread_ = std::thread([this, &below, &above] {
        const host::StopFlag go_on{false};
        require_clean(host::run(setup_, below, above, go_on));
    });
    call([] {}); // what is made during the run's first steps is then destroyed after its end
    std::atexit([] { only->end(); });
}

void Stack::call(const std::function<void()>& work) {
    std::unique_lock guard(lock_);
    work_ = &work;
    changed_.notify_all();
    changed_.wait(guard, [&] { return !work_; });
}

std::optional<std::string> Stack::next() {
    std::unique_lock guard(lock_);
    while (!ended_) {
        changed_.wait(guard, [&] { return work_ || ended_; });
        if (!work_)
            break;
        guard.unlock();
        (*work_)();
        guard.lock();
        work_ = nullptr;
        changed_.notify_all();
    }
    return "end";
}

void Stack::end() {
    {
        const std::scoped_lock guard(lock_);
        ended_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

} // namespace ndispool::fuzz
