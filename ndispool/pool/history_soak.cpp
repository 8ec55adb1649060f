// Records what threads see of small pools and asks whether one order of their operations explains it (history.h). Then faults
// are planted, each of which must give a history that nothing explains.
//
//   history_soak [HISTORIES]    with seeds 1, 2, 3...; a history that nothing explains is printed, those of faults are not
#include "ndispool/pool.h"
#include "ndispool/pool/history.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

constexpr std::uint64_t enough_for_a_fault = 100000; // most are found in the first hundred

// What could be wrong.
enum class Fault {
    none,
    takes_a_part,     // what is refused in the end had some of the descriptors meanwhile
    refuses_the_last, // a reservation of all that are free
    answers_late,     // in_use says what was true before the call
};

// What a thread did, by address of descriptors; afterwards these become numbers.
struct Seen {
    Operation operation;
    void* descriptor;
};

class Recorder {
  public:
    void start(std::uint64_t seed, Fault fault) {
        fault_ = fault;
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
        Reserved reserved;
        while (seen_[number].size() + mine.size() + reserved.left.size() < most_operations - 2) {
            pause(choose);
            switch (choose() % 8) {
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
            case 4:
                release(number, reserved);
                reserve(number, static_cast<std::uint32_t>(1 + choose() % 3), mine, reserved);
                break;
            case 5:
                allocate_reserved(reserved, mine);
                break;
            default:
                free(number, mine, choose() % 4 == 0 ? 2 : 1);
            }
        }
        pause(choose);
        release(number, reserved);
        free(number, mine, mine.size());
    }

    [[nodiscard]] bool explained(bool show) {
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
        if (show)
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

    struct Reserved {
        Reservation reservation;
        std::vector<void*> left; // in it
    };

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
            seen_[number].push_back({{Operation::refused, 1, begin, end}, nullptr});
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
        const std::uint32_t before = fault_ == Fault::answers_late ? pool_->in_use() : 0;
        if (fault_ == Fault::answers_late)
            sched_yield();
        const std::uint64_t begin = now();
        linger(begin);
        const std::uint32_t answer = fault_ == Fault::answers_late ? before : pool_->in_use();
        seen_[number].push_back({{Operation::in_use, above_ballast(answer), begin, now()}, nullptr});
    }

    // One of them is allocated at once: from there on it can be seen which the others are.
    void reserve(int number, std::uint32_t count, std::vector<void*>& mine, Reserved& to) {
        const std::uint64_t begin = now();
        linger(begin);
        to.reservation = reservation(count);
        const std::uint64_t end = now();
        if (to.reservation.size() != count) {
            seen_[number].push_back({{Operation::refused, static_cast<std::uint8_t>(count), begin, end}, nullptr});
            return;
        }
        void* next = to.reservation.allocate();
        mine.push_back(next);
        while (to.left.size() < to.reservation.size()) {
            std::memcpy(&next, next, sizeof next);
            to.left.push_back(next);
        }
        // The last of them was taken first.
        for (std::size_t i = to.left.size(); i != 0; --i)
            seen_[number].push_back({{Operation::allocate, 0, begin, end}, to.left[i - 1]});
        seen_[number].push_back({{Operation::allocate, 0, begin, end}, mine.back()});
    }

    [[nodiscard]] Reservation reservation(std::uint32_t count) {
        if (fault_ == Fault::takes_a_part) {
            std::array<void*, 3> some{};
            const std::size_t got = pool_->allocate(std::span(some).first(count));
            sched_yield();
            pool_->free(std::span(some).first(got));
            return got < count ? Reservation() : pool_->reserve(count);
        }
        if (fault_ == Fault::refuses_the_last && above_ballast(pool_->in_use()) + count >= capacity_)
            return {};
        return pool_->reserve(count);
    }

    static void allocate_reserved(Reserved& from, std::vector<void*>& mine) {
        if (from.left.empty())
            return;
        mine.push_back(from.reservation.allocate());
        if (mine.back() != from.left.front())
            std::abort();
        from.left.erase(from.left.begin());
    }

    void release(int number, Reserved& reserved) {
        if (reserved.left.empty())
            return;
        const std::uint64_t begin = now();
        reserved.reservation.release();
        const std::uint64_t end = now();
        for (void* descriptor : reserved.left)
            seen_[number].push_back({{Operation::free, 0, begin, end}, descriptor});
        reserved.left.clear();
    }

    [[nodiscard]] std::uint8_t above_ballast(std::uint32_t used) const {
        return static_cast<std::uint8_t>(used - ballast_.size());
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
    Fault fault_ = Fault::none;
};

struct Result {
    std::uint64_t histories = 0, unexplained = 0, overlaps = 0;
};

// Until that many were made, or some could not be explained.
Result record(std::uint64_t histories, Fault fault) {
    std::vector<Recorder> recorders(batch);
    Result result;
    while (result.histories < histories && result.unexplained < (fault == Fault::none ? 5 : 1)) {
        for (Recorder& recorder : recorders)
            recorder.start(++result.histories, fault);
        {
            std::vector<std::jthread> threads; // new ones each time, so slots come and go
            for (int number = 0; number < most_threads; ++number)
                threads.emplace_back([&, number] {
                    for (Recorder& recorder : recorders)
                        recorder.thread(number);
                });
        }
        for (Recorder& recorder : recorders) {
            result.unexplained += !recorder.explained(fault == Fault::none);
            result.overlaps += recorder.overlaps();
        }
    }
    return result;
}

// The exit code of the program.
int soak(std::uint64_t histories) {
    const Result found = record(histories, Fault::none);
    std::printf("%llu histories, %llu unexplained; %.1f pairs of operations at the same time in each\n",
                static_cast<unsigned long long>(found.histories), static_cast<unsigned long long>(found.unexplained),
                static_cast<double>(found.overlaps) / static_cast<double>(found.histories));
    bool right = found.unexplained == 0;
    for (const Fault fault : {Fault::takes_a_part, Fault::refuses_the_last, Fault::answers_late}) {
        const Result planted = record(enough_for_a_fault, fault);
        static constexpr const char* names[] = {"none", "takes_a_part", "refuses_the_last", "answers_late"};
        std::printf("%-16s %llu of %llu histories unexplained%s\n", names[static_cast<int>(fault)],
                    static_cast<unsigned long long>(planted.unexplained),
                    static_cast<unsigned long long>(planted.histories), planted.unexplained != 0 ? "" : ": NOT FOUND");
        right = right && planted.unexplained != 0;
    }
    return right ? 0 : 1;
}

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    return ndispool::pool::soak(count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 4000);
}
