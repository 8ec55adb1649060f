// Random operations on pools of many sizes by threads that come and go, while pools are made and destroyed; for the thread
// and address sanitizers.
//
//   pool_soak [OPERATIONS [SEED]]
#include "ndispool/pool.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace ndispool::pool {
namespace {

constexpr int groups = 2;          // each with pools of its own
constexpr int lanes = 3;           // of a group: so many threads at a time
constexpr int threads_in_lane = 5; // one after the other
constexpr int operations = 400;    // of a thread
constexpr std::array shapes{Shape{1, 0, 64},  Shape{0, 3, 64},     Shape{4, 4, 384},
                            Shape{64, 0, 64}, Shape{300, 40, 128}, Shape{2000, 0, 64}};

std::atomic<std::uint64_t> made{0}, violations{0};

void expect(bool holds) {
    violations.fetch_add(!holds, std::memory_order_relaxed);
}

// What threads hand to each other.
class Box {
  public:
    void put(void* descriptor) {
        std::lock_guard held(lock_);
        inside_.push_back(descriptor);
    }
    void* take() {
        std::lock_guard held(lock_);
        if (inside_.empty())
            return nullptr;
        void* descriptor = inside_.back();
        inside_.pop_back();
        return descriptor;
    }

  private:
    std::mutex lock_;
    std::vector<void*> inside_;
};

struct Shared {
    std::unique_ptr<Pool> pool;
    Box box;
};

// A thread that uses one pool after the other, and gives all back or hands it over before it ends.
class Worker {
  public:
    Worker(std::span<Shared> all, std::uint64_t seed) : all_(all), random_(seed) {}

    void work() {
        for (int i = 0; i < operations; ++i) {
            if (i % 50 == 0) {
                end();
                shared_ = &all_[random_() % all_.size()];
            }
            step(*shared_->pool);
        }
        end();
        made.fetch_add(operations, std::memory_order_relaxed);
    }

  private:
    void step(Pool& pool) {
        switch (random_() % 64) {
        case 0:
            reserve(pool);
            break;
        case 1:
            if (random_() % 8 == 0 && mine_.empty())
                static_cast<void>(pool.wait_until_empty(std::chrono::microseconds(20)));
            break;
        case 2:
            own_pool();
            break;
        case 3:
            ask(pool);
            break;
        case 4:
        case 5:
        case 6:
        case 7:
            bulk(pool);
            break;
        case 8:
        case 9:
            if (!mine_.empty())
                shared_->box.put(pop());
            if (void* descriptor = shared_->box.take())
                mine_.push_back(descriptor);
            break;
        case 10:
            std::this_thread::yield();
            break;
        default:
            one(pool);
        }
    }

    void one(Pool& pool) {
        if (mine_.empty() || (mine_.size() < 80 && random_() % 2 == 0)) {
            if (void* descriptor = pool.allocate())
                took(descriptor);
        } else {
            expect(pool.free(pop()));
        }
    }

    void bulk(Pool& pool) {
        std::array<void*, 40> some;
        const auto wanted = std::span(some).first(1 + random_() % some.size());
        if (mine_.size() < wanted.size()) {
            for (void* descriptor : wanted.first(pool.allocate(wanted)))
                took(descriptor);
        } else {
            for (void*& descriptor : wanted)
                descriptor = pop();
            expect(pool.free(wanted) == wanted.size());
        }
    }

    void reserve(Pool& pool) {
        Reservation reserved = pool.reserve(static_cast<std::uint32_t>(1 + random_() % 40));
        if (reserved)
            expect(pool.in_use() >= reserved.size());
        for (auto left = reserved.size() / 2; left != 0; --left) {
            void* descriptor = reserved.allocate();
            expect(descriptor != nullptr);
            if (descriptor != nullptr)
                took(descriptor);
        }
    }

    void ask(Pool& pool) {
        const Snapshot now = pool.snapshot();
        expect(now.in_use == now.allocations - now.frees && now.in_use <= pool.capacity() &&
               now.in_use >= mine_.size() && pool.in_use() >= mine_.size());
        if (!mine_.empty())
            expect(pool.is_allocated(mine_.front()));
    }

    void own_pool() {
        const auto pool = Pool::create(shapes[random_() % shapes.size()]);
        expect(pool != nullptr);
        void* descriptor = pool->allocate();
        expect(descriptor != nullptr && pool->in_use() == 1);
        if (random_() % 2 == 0)
            expect(pool->free(descriptor) && pool->in_use() == 0);
    }

    // Nobody else has it: a second holder would write at the same time, or find this.
    void took(void* descriptor) {
        *static_cast<void**>(descriptor) = descriptor;
        mine_.push_back(descriptor);
    }
    void* pop() {
        void* descriptor = mine_.back();
        mine_.pop_back();
        expect(*static_cast<void**>(descriptor) == descriptor);
        return descriptor;
    }

    // Some it hands over, so that they are out when it is gone.
    void end() {
        while (!mine_.empty())
            if (random_() % 4 == 0)
                shared_->box.put(pop());
            else
                expect(shared_->pool->free(pop()));
    }

    std::span<Shared> all_;
    Shared* shared_ = nullptr;
    std::vector<void*> mine_;
    std::minstd_rand random_;
};

// One life of a group's pools.
void live(std::uint64_t seed) {
    std::array<Shared, shapes.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].pool = Pool::create(shapes[i]);
    {
        std::vector<std::jthread> running;
        for (int lane = 0; lane < lanes; ++lane)
            running.emplace_back([&, lane] {
                for (int i = 0; i < threads_in_lane; ++i)
                    std::jthread([&] { Worker(all, (seed * lanes + lane) * threads_in_lane + i + 1).work(); });
            });
    }
    for (Shared& shared : all) {
        while (void* descriptor = shared.box.take())
            expect(shared.pool->free(descriptor));
        expect(shared.pool->in_use() == 0 && shared.pool->wait_until_empty({}));
        std::vector<void*> every(shared.pool->capacity());
        expect(shared.pool->allocate(every) == every.size()); // nothing was lost
        std::sort(every.begin(), every.end());
        expect(std::adjacent_find(every.begin(), every.end()) == every.end());
    }
}

int soak(std::uint64_t count, std::uint64_t seed) {
    std::atomic<std::uint64_t> next = seed;
    {
        std::vector<std::jthread> running;
        for (int group = 0; group < groups; ++group)
            running.emplace_back([&] {
                while (made.load(std::memory_order_relaxed) < count && violations == 0)
                    live(next++);
            });
    }
    std::printf("%llu operations in %llu lives of %zu pools, %llu violations (seed %llu)\n",
                static_cast<unsigned long long>(made.load()), static_cast<unsigned long long>(next - seed),
                shapes.size(), static_cast<unsigned long long>(violations.load()),
                static_cast<unsigned long long>(seed));
    return violations == 0 ? 0 : 1;
}

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    const std::uint64_t operations = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 200000;
    return ndispool::pool::soak(operations, count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1);
}
