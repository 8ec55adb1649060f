#include "ndispool/machine/clock.h"
#include "ndispool/machine/spin_lock.h"
#include "ndispool/machine/testing.h"
#include <gtest/gtest.h>
#include <memory>

namespace ndispool::machine {

using namespace testing;

TEST(SpinLock, a_zero_word_is_free_and_is_zero_again_after_release) {
    std::uintptr_t word = 0;
    acquire(word);
    EXPECT_NE(word, 0u);
    release(word);
    EXPECT_EQ(word, 0u);
}

TEST(SpinLock, word_tells_its_owner) {
    std::uintptr_t word = 0;
    EXPECT_FALSE(owned_by_caller(word));
    acquire(word);
    EXPECT_TRUE(owned_by_caller(word));
    in_threads(1, [&](unsigned) { EXPECT_FALSE(owned_by_caller(word)); });
    release(word);
    EXPECT_FALSE(owned_by_caller(word));
}

TEST(SpinLock, try_acquire_takes_only_a_free_one) {
    std::uintptr_t word = 0;
    EXPECT_TRUE(try_acquire(word));
    EXPECT_FALSE(try_acquire(word));
    in_threads(1, [&](unsigned) { EXPECT_FALSE(try_acquire(word)); });
    release(word);
}

TEST(SpinLock, excludes) {
    std::uintptr_t word = 0;
    int plain = 0;
    in_threads(4, [&](unsigned) {
        for (int i = 0; i < 10'000; ++i) {
            acquire(word);
            ++plain;
            release(word);
        }
    });
    EXPECT_EQ(plain, 40'000);
}

TEST(SpinLock, holder_may_be_away_for_long) {
    std::uintptr_t word = 0;
    int plain = 0;
    in_threads(4, [&](unsigned) {
        for (int i = 0; i < 20; ++i) {
            acquire(word);
            stall_us(200); // longer than anybody spins: the rest sleep
            ++plain;
            release(word);
        }
    });
    EXPECT_EQ(plain, 80);
    EXPECT_EQ(word, 0u);
}

TEST(SpinLock, is_still_its_owners_when_others_wait) {
    std::uintptr_t word = 0;
    BugNet net;
    acquire(word);
    const auto read = [&] { return std::atomic_ref(word).load(); };
    const auto alone = read(); // before there is another thread, which may mark it at once
    std::atomic<bool> done = false;
    std::jthread other([&] {
        acquire(word);
        release(word);
        done = true;
    });
    wait_until([&] { return read() != alone; }); // the other has marked it
    EXPECT_TRUE(owned_by_caller(read()));
    release(word);
    wait_until([&] { return done.load(); });
    EXPECT_EQ(net.take(), Reports{});
}

TEST(SpinLock, taken_twice_by_a_thread_is_reported_and_does_not_hang) {
    BugNet net;
    std::uintptr_t word = 0;
    acquire(word);
    acquire(word);
    EXPECT_EQ(net.take(), Reports{"spin lock taken by the thread that owns it"});
    EXPECT_TRUE(owned_by_caller(word));
    release(word);
    EXPECT_EQ(word, 0u);
    EXPECT_EQ(net.take(), Reports{});
}

TEST(SpinLock, given_back_when_free_is_reported) {
    BugNet net;
    std::uintptr_t word = 0;
    release(word);
    EXPECT_EQ(net.take(), Reports{"free spin lock given back"});
    EXPECT_EQ(word, 0u);
}

TEST(SpinLock, given_back_by_another_thread_is_reported_and_done) {
    BugNet net;
    std::uintptr_t word = 0;
    acquire(word);
    in_threads(1, [&](unsigned) { release(word); });
    EXPECT_EQ(net.take(), Reports{"spin lock given back by a thread that does not own it"});
    EXPECT_EQ(word, 0u);
}

TEST(SpinLock, may_be_freed_by_its_next_owner) {
    for (int i = 0; i < 300; ++i) {
        auto word = std::make_unique<std::uintptr_t>(0);
        acquire(*word);
        std::jthread next([&] {
            acquire(*word);
            word.reset();
        });
        release(*word.get());
    }
}

// 4.2: NdisAcquireSpinLock raises first; on one processor the raise alone excludes.
TEST(SpinLock, raise_and_acquire_on_a_busy_machine) {
    const RunningMachine machine(2);
    std::uintptr_t word = 0;
    int plain = 0;
    in_threads(4, [&](unsigned) {
        for (int i = 0; i < 2'000; ++i) {
            const DispatchScope scope;
            acquire(word);
            ++plain;
            release(word);
        }
    });
    EXPECT_EQ(plain, 8'000);
}

} // namespace ndispool::machine
