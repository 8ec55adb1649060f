// Zeroes whole cache lines where that is most of what a function does.
//   Callers:   any thread. `from` and `to` are multiples of 64.
#pragma once

#include <cstddef>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NDISPOOL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NDISPOOL_SANITIZED 1
#endif
#endif

namespace ndispool::ndis {

// Stores of 32 bytes: half as many. False until the program's static objects are made, and where a sanitizer is to see them.
#ifdef NDISPOOL_SANITIZED
inline constexpr bool wide_stores = false;
#else
inline const bool wide_stores = __builtin_cpu_supports("avx");
#endif

// Inline, so that no register needs saving; memset would first think about how long.
[[gnu::always_inline]] inline void clear_lines(std::byte* from, const std::byte* to) noexcept {
    if (wide_stores) {
        for (; from != to; from += 64)
            asm volatile("vpxor %%xmm0, %%xmm0, %%xmm0\n\t"
                         "vmovdqa %%ymm0, (%0)\n\t"
                         "vmovdqa %%ymm0, 32(%0)"
                         :
                         : "r"(from)
                         : "xmm0", "memory");
        return;
    }
    for (; from != to; from += 64)
        std::memset(from, 0, 64);
}

} // namespace ndispool::ndis
