// Threads and pools that come and go: what a thread keeps of a pool lives as long as both.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <climits>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <pthread.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace ndispool::pool {
namespace {

std::unique_ptr<Pool> pool_of(std::uint32_t descriptors) {
    return Pool::create({.descriptors = descriptors, .size = 64});
}

TEST(ThreadSlots, what_a_thread_kept_is_there_when_it_ended) {
    const auto pool = pool_of(64);
    for (int turn = 0; turn < 20; ++turn) {
        std::jthread([&] {
            std::vector<void*> some(40);
            EXPECT_EQ(pool->allocate(some), 40u);
            EXPECT_EQ(pool->free(some), 40u);
        }).join();
        std::vector<void*> all(64);
        ASSERT_EQ(pool->allocate(all), 64u);
        ASSERT_EQ(pool->free(all), 64u);
    }
    const std::size_t bytes = pool->snapshot().bytes;
    std::jthread([&] { pool->free(pool->allocate()); }).join();
    EXPECT_EQ(pool->snapshot().bytes, bytes) << "one slot serves one thread after the other";
}

TEST(ThreadSlots, a_pool_that_took_the_place_of_another_has_nothing_of_it) {
    std::latch used(1), replaced(1);
    auto pool = pool_of(4);
    std::unique_ptr<Pool> other;
    std::jthread user([&] {
        pool->free(pool->allocate());
        used.count_down();
        replaced.wait();
        std::vector<void*> all(9);
        EXPECT_EQ(other->allocate(all), 8u);
        for (void* descriptor : std::span(all).first(8))
            EXPECT_TRUE(other->is_static(descriptor));
        EXPECT_EQ(other->in_use(), 8u);
    });
    used.wait();
    pool.reset();
    other = pool_of(8); // most likely with the number, and at the address, of the first
    replaced.count_down();
    user.join();
    EXPECT_EQ(other->in_use(), 8u) << "also of a thread that ended";
}

TEST(ThreadSlots, threads_use_a_thousand_pools_and_end) {
    std::vector<std::unique_ptr<Pool>> pools(1000);
    for (auto& pool : pools)
        pool = pool_of(4);
    for (int turn = 0; turn < 2; ++turn) {
        std::vector<std::jthread> threads(3);
        for (std::size_t number = 0; number < threads.size(); ++number)
            threads[number] = std::jthread([&, number] {
                for (std::size_t i = 0; i < pools.size(); ++i) {
                    Pool& pool = *pools[(i + number * 333) % pools.size()];
                    void* descriptor = pool.allocate();
                    EXPECT_NE(descriptor, nullptr); // 4 for 3 threads
                    EXPECT_TRUE(pool.free(descriptor));
                }
            });
        threads.clear();
        for (std::size_t i = 0; i < pools.size(); i += 2)
            pools[i] = pool_of(4);
    }
    for (const auto& pool : pools)
        EXPECT_EQ(pool->in_use(), 0u);
}

// Holds a descriptor until its destructor.
struct Holder {
    Pool* pool = nullptr;
    void* descriptor = nullptr;
    ~Holder() {
        if (pool == nullptr)
            return;
        pool->free(descriptor);
        pool->free(pool->allocate());
    }
};
thread_local Holder before_first_use, after_first_use;

TEST(ThreadSlots, destructors_of_thread_locals_may_use_a_pool) {
    const auto pool = pool_of(3);
    for (int turn = 0; turn < 10; ++turn) {
        std::jthread([&] {
            before_first_use.descriptor = pool->allocate();
            before_first_use.pool = pool.get();
            after_first_use.descriptor = pool->allocate();
            after_first_use.pool = pool.get();
        }).join();
        ASSERT_EQ(pool->in_use(), 0u);
        std::vector<void*> all(3);
        ASSERT_EQ(pool->allocate(all), 3u);
        ASSERT_EQ(pool->free(all), 3u);
    }
}

// Destructors of pthread keys may run after the one that gave back what the thread kept.
TEST(ThreadSlots, destructors_of_pthread_keys_may_use_a_pool) {
    const auto pool = pool_of(3);
    static Pool* used_by_key;
    used_by_key = pool.get();
    pthread_key_t key;
    ASSERT_EQ(pthread_key_create(&key,
                                 [](void* descriptor) {
                                     used_by_key->free(descriptor);
                                     used_by_key->free(used_by_key->allocate());
                                 }),
              0);
    for (int turn = 0; turn < 10; ++turn) {
        std::jthread([&] { EXPECT_EQ(pthread_setspecific(key, pool->allocate()), 0); }).join();
        ASSERT_EQ(pool->in_use(), 0u);
        std::vector<void*> all(3);
        ASSERT_EQ(pool->allocate(all), 3u);
        ASSERT_EQ(pool->free(all), 3u);
    }
    pthread_key_delete(key);
}

#ifdef NDISPOOL_THREAD_SANITIZER
constexpr bool last_moment_is_watched = false;
#else
constexpr bool last_moment_is_watched = true;
#endif

// A key of pthreads whose destructor calls use(round) in each round that an ending thread gives destructors.
class UseAtTheEnd {
  public:
    explicit UseAtTheEnd(std::function<void(int)> use) : use_(std::move(use)) {
        EXPECT_EQ(pthread_key_create(&key_, end), 0);
    }
    ~UseAtTheEnd() { pthread_key_delete(key_); }
    UseAtTheEnd(const UseAtTheEnd&) = delete;
    UseAtTheEnd& operator=(const UseAtTheEnd&) = delete;

    // Of the calling thread.
    void arm() {
        round_ = 0;
        EXPECT_EQ(pthread_setspecific(key_, this), 0);
    }

  private:
    static void end(void* of) {
        auto& self = *static_cast<UseAtTheEnd*>(of);
        self.use_(++self.round_);
        EXPECT_EQ(pthread_setspecific(self.key_, of), 0);
    }

    std::function<void(int)> use_;
    pthread_key_t key_{};
    int round_ = 0;
};

// In the last of them nothing of the pool's runs after it.
TEST(ThreadSlots, a_thread_that_uses_a_pool_to_its_last_moment_leaves_nothing) {
    if (!last_moment_is_watched)
        GTEST_SKIP() << "the thread sanitizer has left a thread before its last moment";
    const auto pool = pool_of(8);
    pool->free(pool->allocate()); // this thread's slot
    int rounds = 0;
    UseAtTheEnd use([&](int round) {
        rounds = round;
        EXPECT_TRUE(pool->free(pool->allocate()));
    });
    std::jthread([&] { pool->free(pool->allocate()); }).join();
    const std::size_t bytes = pool->snapshot().bytes;
    for (int turn = 0; turn < 3; ++turn) {
        std::jthread([&] {
            pool->free(pool->allocate());
            use.arm();
        }).join();
        EXPECT_GE(rounds, 4);
        EXPECT_EQ(pool->in_use(), 0u);
        EXPECT_EQ(pool->snapshot().bytes, bytes) << "the slot of one that ended serves the next";
    }
}

// Whose table nobody takes away then. Its own memory is gone when the pool is destroyed: stacks of that size are not kept.
TEST(ThreadSlots, a_thread_that_uses_a_pool_first_in_its_last_moment_does_no_harm) {
    if (!last_moment_is_watched)
        GTEST_SKIP() << "the thread sanitizer has left a thread before its last moment";
    auto pool = pool_of(8);
    pool->free(pool->allocate());
    UseAtTheEnd use([&](int round) {
        if (round == PTHREAD_DESTRUCTOR_ITERATIONS) {
            EXPECT_TRUE(pool->free(pool->allocate()));
        }
    });
    pthread_attr_t large;
    ASSERT_EQ(pthread_attr_init(&large), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&large, std::size_t{64} << 20), 0);
    const auto body = [](void* use) -> void* {
        static_cast<UseAtTheEnd*>(use)->arm();
        return nullptr;
    };
    pthread_t thread{};
    ASSERT_EQ(pthread_create(&thread, &large, body, &use), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    pthread_attr_destroy(&large);
    std::vector<void*> all(8);
    EXPECT_EQ(pool->allocate(all), 8u);
    EXPECT_EQ(pool->free(all), 8u);
    pool.reset();
}

// Of the mapping that has the address, as the kernel shows them.
std::string flags_of_mapping(const void* address) {
    std::ifstream maps("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0, end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
            here = begin <= reinterpret_cast<unsigned long>(address) && reinterpret_cast<unsigned long>(address) < end;
        else if (here && line.starts_with("VmFlags:"))
            return line + ' ';
    }
    return {};
}

// Of four megabytes each, some bytes are used.
TEST(ThreadSlots, no_huge_page_is_taken_for_a_thread_or_for_the_places_of_pools) {
    if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage"))
        GTEST_SKIP() << "this kernel has no huge pages that come by themselves";
    const auto pool = pool_of(8);
    pool->free(pool->allocate());
    const void* const entry = reinterpret_cast<const std::byte*>(pool.get()) + detail::to_this_threads_entry;
    for (const void* address : {entry, static_cast<const void*>(pool.get())})
        EXPECT_NE(flags_of_mapping(address).find(" nh "), std::string::npos) << flags_of_mapping(address);
}

// pool.h excludes the pool's use there, not the child's end.
TEST(ThreadSlots, the_child_of_a_fork_can_end) {
    const auto pool = pool_of(8);
    void* out = pool->allocate();
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(pool->free(out));
}

} // namespace
} // namespace ndispool::pool
