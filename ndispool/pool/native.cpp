#include "ndispool/pool/native.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
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

// About a microsecond: an interrupt on every processor that runs a thread of this process.
void Native::heavy_barrier() noexcept {
    if constexpr (barriers)
        membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

void Native::relax() noexcept {
    sched_yield();
}

} // namespace detail
} // namespace ndispool::pool
