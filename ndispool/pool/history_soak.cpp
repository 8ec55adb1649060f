// Records what threads see of small pools and asks whether one order of their operations explains it (history.h).
//
//   history_soak [HISTORIES]    with seeds 1, 2, 3...; a history that nothing explains is printed
#include "ndispool/pool.h"
#include "ndispool/pool/history.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <sched.h>
#include <thread>

namespace ndispool::pool {
namespace {

constexpr int batch = 100; // histories that the same threads make
constexpr int most_threads = 4;
constexpr int most_operations = 9; // of a thread, bulks counted as what they consist of, and one for what was kept

// What a thread did, by address of descriptors; afterwards these become numbers.
struct Seen {
    Operation operation;
    void* descriptor;
};

class Recorder {
  public:
    void start(std::uint64_t seed) {
        Seeded choose(seed);
        const auto capacity = static_cast<std::uint32_t>(1 + choose() % 4);
        const auto statics = static_cast<std::uint32_t>(choose() % (capacity + 1));
        // Every other is large enough that threads keep stocks, and all but few of its descriptors are out all the time.
        ballast_.resize(choose() % 2 == 0 ? 0 : 96);
        pool_ = Pool::create({.descriptors = statics + static_cast<std::uint32_t>(ballast_.size()),
                              .overflow = capacity - statics,
                              .size = 64});
        capacity_ = capacity;
        if (pool_->allocate(ballast_) != ballast_.size())
            std::abort();
        clock_ = 0;
        here_ = 0;
        for (auto& seen : seen_)
            seen.clear();
        seed_ = seed;
        threads_ = static_cast<int>(2 + choose() % (most_threads - 1));
    }

    void thread(int number) {
        if (number >= threads_)
            return;
        // Best begun together; but a thread may have to wait for its processor.
        here_.fetch_add(1);
        for (int i = 0; i < 2000 && here_.load() < threads_; ++i)
            if (i % 64 == 63)
                sched_yield();
        Seeded choose(seed_ * most_threads + static_cast<std::uint64_t>(number));
        std::vector<void*> mine;
        while (seen_[number].size() + mine.size() < most_operations - 2) {
            pause(choose);
            switch (choose() % 6) {
            case 0:
            case 1:
                allocate(number, 1, mine);
                break;
            case 2:
                allocate(number, 2, mine);
                break;
            case 3:
                ask(number);
                break;
            default:
                free(number, mine, choose() % 4 == 0 ? 2 : 1);
            }
        }
        pause(choose);
        free(number, mine, mine.size());
    }

    [[nodiscard]] bool explained() {
        std::map<void*, std::uint8_t> numbers;
        History history;
        for (const auto& seen : seen_) {
            history.emplace_back();
            for (Seen one : seen) {
                if (one.descriptor != nullptr)
                    one.operation.value =
                        numbers.try_emplace(one.descriptor, static_cast<std::uint8_t>(numbers.size())).first->second;
                history.back().push_back(one.operation);
            }
        }
        if (pool_->in_use() == ballast_.size() && Explanation(history, capacity_).exists())
            return true;
        print(history);
        return false;
    }

    // Pairs of calls of different threads of which neither ended before the other began.
    [[nodiscard]] std::uint64_t overlaps() const {
        std::uint64_t pairs = 0;
        for (std::size_t thread = 0; thread < seen_.size(); ++thread)
            for (std::size_t other = 0; other < thread; ++other)
                for (const Seen& one : seen_[thread])
                    for (const Seen& two : seen_[other])
                        pairs += one.operation.begin < two.operation.end && two.operation.begin < one.operation.end;
        return pairs;
    }

  private:
    using Seeded = std::mt19937_64;

    // Each instant is another. The order of these is one that all threads agree on.
    std::uint64_t now() { return clock_.fetch_add(1, std::memory_order_seq_cst); }

    static void pause(Seeded& choose) {
        const auto what = choose() % 16;
        if (what == 0)
            sched_yield();
        for (auto left = what < 8 ? 0 : choose() % 200; left != 0; --left)
            std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    // Now and then others run while this thread is about to call.
    void linger(std::uint64_t instant) const {
        if ((instant + seed_) % 3 == 0)
            sched_yield();
    }

    void allocate(int number, std::size_t count, std::vector<void*>& mine) {
        std::array<void*, 2> out{};
        const std::uint64_t begin = now();
        const std::size_t got =
            count == 1 ? (out[0] = pool_->allocate()) != nullptr : pool_->allocate(std::span(out).first(count));
        const std::uint64_t end = now();
        for (std::size_t i = 0; i < got; ++i) {
            seen_[number].push_back({{Operation::allocate, 0, begin, end}, out[i]});
            mine.push_back(out[i]);
        }
        if (got < count)
            seen_[number].push_back({{Operation::refused, 0, begin, end}, nullptr});
    }

    void free(int number, std::vector<void*>& mine, std::size_t count) {
        const auto back = std::span(mine).last(std::min(count, mine.size()));
        if (back.empty())
            return;
        const std::uint64_t begin = now();
        linger(begin);
        if (back.size() == 1 ? !pool_->free(back[0]) : pool_->free(back) != back.size())
            std::abort();
        const std::uint64_t end = now();
        for (void* descriptor : back)
            seen_[number].push_back({{Operation::free, 0, begin, end}, descriptor});
        mine.resize(mine.size() - back.size());
    }

    void ask(int number) {
        const std::uint64_t begin = now();
        linger(begin);
        const auto used = static_cast<std::uint8_t>(pool_->in_use() - ballast_.size());
        seen_[number].push_back({{Operation::in_use, used, begin, now()}, nullptr});
    }

    void print(const History& history) const {
        static constexpr const char* names[] = {"allocate", "refused", "free", "in_use"};
        std::fprintf(stderr, "seed %llu, capacity %u (%u static), in use now %u: nothing explains\n",
                     static_cast<unsigned long long>(seed_), capacity_,
                     pool_->shape().descriptors - static_cast<unsigned>(ballast_.size()),
                     pool_->in_use() - static_cast<unsigned>(ballast_.size()));
        for (std::size_t thread = 0; thread < history.size(); ++thread)
            for (const Operation& one : history[thread])
                std::fprintf(stderr, "  thread %zu  %3llu to %3llu  %s %u\n", thread,
                             static_cast<unsigned long long>(one.begin), static_cast<unsigned long long>(one.end),
                             names[one.kind], one.value);
    }

    std::unique_ptr<Pool> pool_;
    std::uint32_t capacity_ = 0;
    std::vector<void*> ballast_;
    std::atomic<std::uint64_t> clock_{0};
    std::atomic<int> here_{0};
    std::array<std::vector<Seen>, most_threads> seen_;
    std::uint64_t seed_ = 0;
    int threads_ = 0;
};

// The exit code of the program.
int record(std::uint64_t histories) {
    std::vector<Recorder> recorders(batch);
    std::uint64_t seed = 0, unexplained = 0, overlaps = 0;
    while (seed < histories && unexplained < 5) {
        for (Recorder& recorder : recorders)
            recorder.start(++seed);
        {
            std::vector<std::jthread> threads; // new ones each time, so slots come and go
            for (int number = 0; number < most_threads; ++number)
                threads.emplace_back([&, number] {
                    for (Recorder& recorder : recorders)
                        recorder.thread(number);
                });
        }
        for (Recorder& recorder : recorders) {
            unexplained += !recorder.explained();
            overlaps += recorder.overlaps();
        }
    }
    std::printf("%llu histories, %llu unexplained; %.1f pairs of operations at the same time in each\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(unexplained),
                static_cast<double>(overlaps) / static_cast<double>(seed));
    return unexplained == 0 ? 0 : 1;
}

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    return ndispool::pool::record(count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 4000);
}
