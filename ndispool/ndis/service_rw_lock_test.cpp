#include "ndispool/ndis/service_rw_lock.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "ndispool/machine/processor.h"
#include "ndispool/nt/testing.h"

namespace ndispool::ndis {
namespace {

// Several processors, so that several threads can be at DISPATCH.
class ReadWriteLock : public testing::Test {
  protected:
    void SetUp() override {
        machine::start({.processors = 4});
        NdisInitializeReadWriteLock(&lock_);
    }
    void TearDown() override { machine::stop(); }

    NDIS_RW_LOCK lock_;
    LOCK_STATE state_{};
};

TEST_F(ReadWriteLock, raises_to_dispatch_level_and_back) {
    for (const BOOLEAN write : {FALSE, TRUE}) {
        NdisAcquireReadWriteLock(&lock_, write, &state_);
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        NdisReleaseReadWriteLock(&lock_, &state_);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

TEST_F(ReadWriteLock, of_the_dpr_calls_changes_no_irql) {
    const KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisDprAcquireReadWriteLock(&lock_, TRUE, &state_);
    NdisDprReleaseReadWriteLock(&lock_, &state_);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

TEST_F(ReadWriteLock, lets_several_readers_in_at_once) {
    NdisAcquireReadWriteLock(&lock_, FALSE, &state_);
    // Would hang if one reader kept another out.
    std::jthread([this] {
        LOCK_STATE state;
        NdisAcquireReadWriteLock(&lock_, FALSE, &state);
        NdisReleaseReadWriteLock(&lock_, &state);
    }).join();
    NdisReleaseReadWriteLock(&lock_, &state_);
}

TEST_F(ReadWriteLock, keeps_readers_and_writers_out_while_it_is_written) {
    std::atomic<int> started = 0;
    bool finished = false; // plain: the lock must order the threads
    NdisAcquireReadWriteLock(&lock_, TRUE, &state_);
    std::vector<std::jthread> others;
    for (const BOOLEAN write : {FALSE, TRUE})
        others.emplace_back([&, write] {
            LOCK_STATE state;
            ++started;
            NdisAcquireReadWriteLock(&lock_, write, &state);
            EXPECT_TRUE(finished);
            NdisReleaseReadWriteLock(&lock_, &state);
        });
    while (started < 2)
        std::this_thread::yield();
    KeStallExecutionProcessor(2000); // time to come in, for a lock that lets them
    finished = true;
    NdisReleaseReadWriteLock(&lock_, &state_);
}

TEST_F(ReadWriteLock, lets_a_reader_read_again_although_a_writer_waits) {
    NdisAcquireReadWriteLock(&lock_, FALSE, &state_);
    std::jthread writer([this] {
        LOCK_STATE state;
        NdisAcquireReadWriteLock(&lock_, TRUE, &state);
        NdisReleaseReadWriteLock(&lock_, &state);
    });
    while (std::atomic_ref(lock_.Context).load() == nullptr)
        std::this_thread::yield(); // until the writer waits
    LOCK_STATE again;
    NdisAcquireReadWriteLock(&lock_, FALSE, &again);
    NdisReleaseReadWriteLock(&lock_, &again);
    NdisReleaseReadWriteLock(&lock_, &state_);
}

TEST_F(ReadWriteLock, lets_the_writer_write_and_read_again) {
    LOCK_STATE write, read;
    NdisAcquireReadWriteLock(&lock_, TRUE, &state_);
    NdisAcquireReadWriteLock(&lock_, TRUE, &write);
    NdisAcquireReadWriteLock(&lock_, FALSE, &read);
    NdisReleaseReadWriteLock(&lock_, &read);
    NdisReleaseReadWriteLock(&lock_, &write);
    EXPECT_NE(lock_.SpinLock, 0u) << "the first acquisition still holds it";
    NdisReleaseReadWriteLock(&lock_, &state_);
    EXPECT_EQ(lock_.SpinLock, 0u);
    EXPECT_EQ(lock_.Context, nullptr);
}

TEST_F(ReadWriteLock, reports_a_reader_that_asks_to_write_and_does_not_hang) {
    nt::BugTrap bugs;
    LOCK_STATE write;
    NdisAcquireReadWriteLock(&lock_, FALSE, &state_);
    NdisAcquireReadWriteLock(&lock_, TRUE, &write);
    EXPECT_EQ(bugs.reports().size(), 1u);
    NdisReleaseReadWriteLock(&lock_, &write);
    NdisReleaseReadWriteLock(&lock_, &state_);
}

TEST_F(ReadWriteLock, never_writes_beyond_its_size) {
    struct {
        NDIS_RW_LOCK lock;
        ULONGLONG behind = 0x1122334455667788;
    } guarded;
    NdisInitializeReadWriteLock(&guarded.lock);
    for (const BOOLEAN write : {FALSE, TRUE}) {
        NdisAcquireReadWriteLock(&guarded.lock, write, &state_);
        NdisReleaseReadWriteLock(&guarded.lock, &state_);
    }
    EXPECT_EQ(guarded.behind, 0x1122334455667788u);
}

TEST_F(ReadWriteLock, shows_readers_all_of_a_write_or_nothing) {
    int first = 0, second = 0; // plain: the lock must order the threads
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 2; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 500; ++i) {
                    LOCK_STATE state;
                    NdisAcquireReadWriteLock(&lock_, TRUE, &state);
                    ++first;
                    ++second;
                    NdisReleaseReadWriteLock(&lock_, &state);
                }
            });
            threads.emplace_back([&] {
                for (int i = 0; i < 500; ++i) {
                    LOCK_STATE state;
                    NdisAcquireReadWriteLock(&lock_, FALSE, &state);
                    EXPECT_EQ(first, second);
                    NdisReleaseReadWriteLock(&lock_, &state);
                }
            });
        }
    }
    EXPECT_EQ(first, 1000);
}

} // namespace
} // namespace ndispool::ndis
