// One body for every configuration: threads that take, sign, hand over and give back, while another reads the usage.
#include "ndispool/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace ndispool::pool {
namespace {

constexpr int threads = 8;

struct Load {
    std::uint32_t descriptors;
    std::uint32_t overflow;
    int bursts; // a thread
};

// A descriptor and what its taker wrote into it; 0 is written before it is given back.
struct Held {
    void* descriptor;
    std::uint64_t signature;
};

class Exchange {
  public:
    void put(std::span<const Held> some) {
        std::lock_guard held(lock_);
        waiting_.insert(waiting_.end(), some.begin(), some.end());
    }
    std::vector<Held> take_all() {
        std::lock_guard held(lock_);
        return std::exchange(waiting_, {});
    }

  private:
    std::mutex lock_;
    std::vector<Held> waiting_;
};

class Churn {
  public:
    Churn(Pool& pool, Exchange& exchange, int number)
        : pool_(pool), exchange_(exchange), most_(2 * pool.capacity() / threads + 1),
          next_signature_((static_cast<std::uint64_t>(number) << 32) + 1), random_(static_cast<unsigned>(number) + 1) {}

    // Together the threads want twice what there is, so when all have filled up, every descriptor is out.
    void fill_up() {
        while (mine_.size() < most_ && refused_ == 0)
            take(1 + random_() % std::min<std::size_t>(64, most_));
    }

    // A step of filling up, until the share is reached or some were refused, then of emptying.
    void burst() {
        if (random_() % 8 == 0)
            return swap_some();
        if (filling_)
            take(1 + random_() % std::min<std::size_t>(64, most_));
        else
            give_back(split(1 + random_() % 64));
        if (mine_.size() >= most_ || refused_ == 4 || mine_.empty()) {
            filling_ = mine_.empty();
            refused_ = 0;
        }
    }

    void finish() { give_back(std::move(mine_)); }

    [[nodiscard]] std::uint64_t violations() const { return violations_; }

  private:
    void take(std::size_t count) {
        std::vector<void*> taken(count);
        const std::size_t got = count == 1 ? take_one(taken[0]) : pool_.allocate(taken);
        refused_ += got < count;
        for (void* descriptor : std::span(taken).first(got)) {
            auto* word = static_cast<std::uint64_t*>(descriptor);
            violations_ += *word != 0; // somebody else's signature
            *word = next_signature_++;
            mine_.push_back({descriptor, *word});
        }
    }

    std::size_t take_one(void*& descriptor) {
        descriptor = pool_.allocate();
        return descriptor != nullptr;
    }

    void give_back(std::vector<Held> some) {
        std::vector<void*> back;
        for (const Held& one : some) {
            auto* word = static_cast<std::uint64_t*>(one.descriptor);
            violations_ += *word != one.signature;
            *word = 0;
            back.push_back(one.descriptor);
        }
        violations_ += back.size() == 1 ? !pool_.free(back[0]) : pool_.free(back) != back.size();
    }

    // Puts some up for others to give back, or gives back what others put up; and lets others run.
    void swap_some() {
        if (random_() % 2)
            exchange_.put(split(1 + random_() % 64));
        else
            give_back(exchange_.take_all());
        std::this_thread::yield();
    }

    std::vector<Held> split(std::size_t count) {
        const auto first = mine_.end() - static_cast<std::ptrdiff_t>(std::min(count, mine_.size()));
        std::vector<Held> some(first, mine_.end());
        mine_.erase(first, mine_.end());
        return some;
    }

    Pool& pool_;
    Exchange& exchange_;
    const std::size_t most_;
    std::uint64_t next_signature_;
    std::minstd_rand random_;
    std::vector<Held> mine_;
    bool filling_ = true;
    int refused_ = 0;
    std::uint64_t violations_ = 0;
};

// Reads the usage until told to stop; says how often it was out of range.
std::uint64_t watch(const Pool& pool, const std::atomic<bool>& stop) {
    std::uint64_t violations = 0;
    while (!stop) {
        violations += pool.in_use() > pool.capacity();
        const Snapshot now = pool.snapshot();
        violations += now.in_use != now.allocations - now.frees || now.peak > pool.capacity() ||
                      now.overflow_in_use > std::min(now.in_use, now.shape.overflow);
        std::this_thread::yield();
    }
    return violations;
}

class PoolStress : public testing::TestWithParam<Load> {};

TEST_P(PoolStress, every_descriptor_has_one_holder_and_usage_stays_within_capacity_and_ends_at_zero) {
    const Load load = GetParam();
    const auto pool = Pool::create(
        {.descriptors = load.descriptors, .overflow = load.overflow, .size = 128}); // the first 64 bytes stay
    ASSERT_TRUE(pool);
    const std::size_t bytes_when_empty = pool->snapshot().bytes;
    Exchange exchange;
    std::atomic<std::uint64_t> violations = 0;
    std::atomic<bool> stop = false;
    std::jthread watcher([&] { violations += watch(*pool, stop); });
    std::barrier all(threads);
    {
        std::vector<std::jthread> workers;
        for (int number = 0; number < threads; ++number)
            workers.emplace_back([&, number] {
                Churn churn(*pool, exchange, number);
                churn.fill_up();
                all.arrive_and_wait();
                violations += pool->in_use() != pool->capacity();
                all.arrive_and_wait();
                for (int burst = 0; burst < load.bursts; ++burst)
                    churn.burst();
                churn.finish();
                all.arrive_and_wait(); // nobody hands anything over any more
                for (const Held& left : exchange.take_all())
                    violations += !pool->free(left.descriptor);
                all.arrive_and_wait();
                violations += churn.violations() + pool->in_use(); // every thread reads 0
            });
    }
    stop = true;
    watcher.join();
    EXPECT_EQ(violations, 0u);
    const Snapshot end = pool->snapshot();
    EXPECT_EQ(end.in_use, 0u);
    EXPECT_EQ(end.overflow_in_use, 0u);
    EXPECT_LE(end.bytes, bytes_when_empty + (threads + 1) * 1024); // what remains of the threads' stocks
    EXPECT_EQ(end.peak, pool->capacity());
    EXPECT_GT(end.refusals, 0u);
}

INSTANTIATE_TEST_SUITE_P(Loads, PoolStress,
                         testing::Values(Load{1, 0, 4000}, Load{0, 1, 2000}, Load{64, 0, 5000}, Load{32, 32, 4000},
                                         Load{200, 0, 5000}, Load{100, 100, 4000}, Load{65535, 0, 5000},
                                         Load{32768, 32767, 5000}),
                         [](const auto& test) {
                             return std::to_string(test.param.descriptors) + "_and_" +
                                    std::to_string(test.param.overflow);
                         });

} // namespace
} // namespace ndispool::pool
