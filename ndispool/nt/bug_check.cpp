#include "ndispool/nt/bug_check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "ndis/debug.h"
#include "ndispool/nt/caller.h"

namespace ndispool::nt {
namespace {

void to_standard_error(const BugCheck& check) {
    std::fprintf(
        stderr, "ndispool: the driver stopped the system: bug check 0x%08x (0x%zx, 0x%zx, 0x%zx, 0x%zx) at %p\n",
        check.code, check.parameters[0], check.parameters[1], check.parameters[2], check.parameters[3], check.caller);
}

std::atomic<BugCheckHook> bug_check_hook = to_standard_error;

[[noreturn]] void stop(const BugCheck& check) {
    bug_check_hook.load(std::memory_order_acquire)(check);
    std::abort();
}

} // namespace

BugCheckHook set_bug_check_hook(BugCheckHook hook) noexcept {
    return bug_check_hook.exchange(hook != nullptr ? hook : to_standard_error, std::memory_order_acq_rel);
}

} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

void KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) {
    stop({BugCheckCode,
          {BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4},
          caller(__builtin_return_address(0))});
}

void KeBugCheck(ULONG BugCheckCode) {
    stop({BugCheckCode, {}, caller(__builtin_return_address(0))});
}

} // extern "C"
