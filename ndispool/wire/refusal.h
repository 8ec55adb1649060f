// What the machine says no to, as an Error: the call that failed, the system's words, and what helps.
#pragma once

#include <string_view>

#include "ndispool/wire/spec.h"

namespace ndispool::wire {

// `call` failed with `error` (an errno). Whoever lacks a right is told which. Always Kind::environment.
[[noreturn]] void refuse_call(const Spec& spec, std::string_view call, int error);

// The result of a system call, or refuse_call() with errno.
int must(int result, const Spec& spec, std::string_view call);

} // namespace ndispool::wire
