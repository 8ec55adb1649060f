// What happens when a driver says that it cannot go on.
#pragma once

#include <array>
#include <cstdint>

namespace ndispool::nt {

struct BugCheck {
    std::uint32_t code;
    std::array<std::uintptr_t, 4> parameters;
    const void* caller; // the driver's call site
};

// Called first; when it returns, the program is aborted. Null is the default: one line on standard error. Returns the
// hook before.
using BugCheckHook = void (*)(const BugCheck& check);
BugCheckHook set_bug_check_hook(BugCheckHook hook) noexcept;

} // namespace ndispool::nt
