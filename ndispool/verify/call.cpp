#include "ndispool/verify/call.h"

#include "ndispool/verify/faults.h"
#include "ndispool/verify/ticks.h"

namespace ndispool::verify {

constinit thread_local Thread this_thread{};

Site site_now(StackId stack) noexcept {
    return {stack, static_cast<std::uint8_t>(machine::current_processor()), machine::current_irql(), true, ticks()};
}

Site site_of_handler(const void* handler) noexcept {
    return site_now(capture(static_cast<const char*>(handler) + 1, nullptr));
}

std::string level_name(unsigned irql) {
    switch (irql) {
    case 0:
        return "PASSIVE_LEVEL";
    case 1:
        return "APC_LEVEL";
    case 2:
        return "DISPATCH_LEVEL";
    default:
        return "IRQL " + std::to_string(irql);
    }
}

Call::Call(const Function& function, const void* return_address, const void* frame) noexcept
    : function_(function), caller_(nt::caller(return_address)), frame_(frame), outer_(this_thread.running),
      scope_(caller_) {
    this_thread.running = {caller_, frame_, this_thread.depth};
    const machine::Irql now = machine::current_irql();
    if (now < function.low || now > function.high) [[unlikely]]
        check_level();
    if ((function.habits & unlocked) && this_thread.lock_count > 0) [[unlikely]]
        check_locks();
}

const Site& Call::site() noexcept {
    if (!site_)
        site_ = site_now(capture(caller_, frame_));
    return site_;
}

void Call::found(const Rule& rule, std::string message, std::vector<Evidence> before) noexcept {
    this_thread.reported = true;
    before.push_back({"found", site()});
    verify::found(rule, std::move(message), std::move(before));
}

void Call::check_level() noexcept {
    const machine::Irql now = machine::current_irql();
    if ((function_.habits & waits) && now >= machine::dispatch_level) {
        std::vector<Evidence> held;
        if (this_thread.lock_count > 0)
            held.push_back({"lock acquired", this_thread.locks[this_thread.lock_count - 1].acquired});
        found(rule::wait_at_dispatch, std::string(function_.name) + " may wait and was called at " + level_name(now),
              std::move(held));
        return;
    }
    const std::string allowed =
        function_.low == function_.high ? level_name(function_.low) : "up to " + level_name(function_.high);
    found(rule::irql, std::string(function_.name) + " was called at " + level_name(now) + "; it is for " + allowed);
}

void Call::check_locks() noexcept {
    const HeldLock& held = this_thread.locks[this_thread.lock_count - 1];
    found(rule::lock_held, std::string(function_.name) + " was called with a spin lock held",
          {{"lock acquired", held.acquired}});
}

std::optional<Thread::Running> running_call() noexcept {
    const Thread& thread = this_thread;
    if (!thread.running.caller || thread.running.depth != thread.depth)
        return std::nullopt;
    return thread.running;
}

bool Call::refused() noexcept {
    if (!fails(function_.name, site().stack))
        return false;
    note_refusal();
    return true;
}

void Call::note_refusal() noexcept {
    this_thread.refused = &function_;
    this_thread.refusal = site();
}

bool Call::null_argument(const void* argument, const char* what) noexcept {
    if (argument)
        return false;
    if (this_thread.refused)
        found(rule::ignored_resources,
              std::string(function_.name) + " was given no " + what + ", after " + this_thread.refused->name +
                  " had been refused",
              {{"refused", this_thread.refusal}});
    return true;
}

} // namespace ndispool::verify
