// One turn of a busy wait: tells the processor so.
#pragma once

namespace ndispool::machine {

#if defined(__x86_64__) || defined(__i386__)
inline void relax() noexcept {
    __builtin_ia32_pause();
}
#else
inline void relax() noexcept {
    asm volatile("yield" ::: "memory");
}
#endif

} // namespace ndispool::machine
