// Where this room reports what a caller did wrong, once each time, with the object it did it to. Then it goes on as the
// reported function's contract says; it never ends the process.
#pragma once

namespace ndispool::machine {

using BugHook = void (*)(const char* what, const void* object);

// Any thread; null is the default, which prints one line to stderr. Returns the hook before. The hook is called in the
// thread that is at fault, at whatever IRQL it is.
BugHook set_bug_hook(BugHook hook) noexcept;

void report_bug(const char* what, const void* object) noexcept;

} // namespace ndispool::machine
