// membarrier(2) can be taken away from a process, before it made a pool or after.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <vector>

namespace ndispool::pool {
namespace {

// From now on the calling thread, and what it starts, are refused membarrier.
void refuse_membarrier() {
    std::array<sock_filter, 4> filter{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_membarrier},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    }};
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        std::perror("seccomp");
        std::_Exit(2);
    }
}

// Each of two threads has been in the pool; this one needs what the other kept.
std::size_t allocate_all(Pool& pool) {
    std::latch used(1), done(1);
    std::jthread other([&] {
        pool.free(pool.allocate());
        used.count_down();
        done.wait();
    });
    used.wait();
    std::vector<void*> all(pool.capacity());
    const std::size_t got = pool.allocate(all);
    done.count_down();
    return got;
}

class Membarrier : public testing::Test {
  protected:
    void SetUp() override {
#ifdef NDISPOOL_THREAD_SANITIZER
        GTEST_SKIP() << "does without it under the thread sanitizer";
#endif
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr) == 0 || errno != EFAULT)
            GTEST_SKIP() << "this kernel lets nobody take it away";
        GTEST_FLAG_SET(death_test_style, "threadsafe"); // a new process, which has made no pool yet
    }
};

TEST_F(Membarrier, refused_from_the_beginning_is_done_without) {
    const auto without = [] {
        refuse_membarrier();
        const auto pool = Pool::create({.descriptors = 100, .size = 64});
        std::_Exit(allocate_all(*pool) == 100 && pool->in_use() == 100 ? 0 : 1);
    };
    EXPECT_EXIT(without(), testing::ExitedWithCode(0), "");
}

TEST_F(Membarrier, refused_later_ends_the_process_with_one_line) {
    const auto later = [] {
        const auto pool = Pool::create({.descriptors = 100, .size = 64});
        refuse_membarrier();
        allocate_all(*pool);
        std::_Exit(0);
    };
    EXPECT_EXIT(later(), testing::KilledBySignal(SIGABRT),
                "ndispool: membarrier.* fails now: Operation not permitted; ");
}

} // namespace
} // namespace ndispool::pool
