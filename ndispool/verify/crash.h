// A crash of the driver is a finding: what it did, where, what the address belonged to.
//   Callers:   watch_for_crashes() before the driver runs; use_alternate_stack() once in every thread that runs its code.
//   Holds:     the report is made by a thread that was there before, while the thread that crashed waits; should that thread
//              not finish within report_seconds, the crash is told in one line and the process ends all the same.
//   Not here:  what the report is (the tool's `finish`).
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>

namespace ndispool::verify {

inline constexpr unsigned report_seconds = 20;

enum class Ending : std::uint8_t { crash, hang };

// `finish` makes the report; when it returns the process ends with `exit_code`. It is not called for a crash in code that
// the driver did not call.
void watch_for_crashes(std::function<void(Ending)> finish, int exit_code);

// The first thing a handler of faults does: true when the fault was an access to memory of the driver that is watched for it, which
// is taken down. The thread goes on.
bool goes_on_after(int signal, const siginfo_t* info, const void* context) noexcept;

// From a signal handler: the run does not come to an end. The report is made as after a crash, while the driver goes on.
void give_up() noexcept;
void stop_watching_for_crashes();

void use_alternate_stack() noexcept;

} // namespace ndispool::verify
