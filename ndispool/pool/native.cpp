#include "ndispool/pool/native.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace ndispool::pool {
namespace {

// The thread sanitizer does not know barriers: there the operations around them are sequentially consistent themselves.
#ifdef NDISPOOL_THREAD_SANITIZER
constexpr bool barriers = false;
#else
constexpr bool barriers = true;
#endif

long membarrier(int command) noexcept {
    return syscall(SYS_membarrier, command, 0, 0);
}

} // namespace

bool heavy_barrier_works() noexcept {
    static const bool works = !barriers || membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
    return works;
}

namespace detail {

void Native::full_barrier() noexcept {
    if constexpr (barriers)
        std::atomic_thread_fence(std::memory_order_seq_cst);
}

// About a microsecond: an interrupt on every processor that runs a thread of this process. Without it a descriptor might get two
// holders, and owners that entered without a barrier cannot be kept out in another way: so it works or the process ends.
void Native::heavy_barrier() noexcept {
    if constexpr (!barriers)
        return;
    while (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) {
        if (errno == ENOMEM) {
            relax(); // passes: it wants a bit for each processor
            continue;
        }
        std::fprintf(
            stderr,
            "ndispool: membarrier(2), which worked when the first pool was made, fails now: %s; a seccomp filter must "
            "allow it, or be installed before\n",
            std::strerror(errno));
        std::abort();
    }
}

void Native::Lock::wait() noexcept {
    constexpr int spins = 200, yields = spins + 50;
    constexpr timespec moment{.tv_sec = 0, .tv_nsec = 50'000};
    for (int turn = 0;; ++turn) {
        // Relaxed: the exchange is what counts.
        if (!taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_seq_cst))
            return;
        if (turn < spins)
            __builtin_ia32_pause();
        else if (turn < yields)
            sched_yield();
        else
            nanosleep(&moment, nullptr);
    }
}

void Native::relax() noexcept {
    sched_yield();
}

} // namespace detail
} // namespace ndispool::pool
