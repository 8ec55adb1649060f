// What an operation costs with many threads, beside DPDK's pool, and with many pools.
//
//   growth_bench [--json FILE]
//
// Processor time of the thread that does an operation, so that threads which have to take turns on a processor are not charged for
// each other; of several threads the mean. Who visits many pools misses the processor's caches, whatever a pool is made of: an array stack beside says how
// much that is.
#include "bench/peers/contender.h"
#include "bench/peers/peers.h"
#include "bench/peers/rounds.h"
#include "bench/peers/work.h"

#include <array>
#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <string>

namespace ndispool::bench {
namespace {

constexpr std::size_t operations = 640'000;
// So many that 64 threads can have 100 each while DPDK keeps 1.5 x 512 in the cache of each.
constexpr unsigned shared_capacity = 60'000;
constexpr unsigned thread_counts[] = {1, 2, 4, 8, 16, 64};
constexpr unsigned pool_counts[] = {1, 10, 100, 1'000, 10'000};

double thread_nanoseconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

template <class Work> double cost(std::size_t count, Work work) {
    const double begin = thread_nanoseconds();
    work();
    return (thread_nanoseconds() - begin) / static_cast<double>(count);
}

template <class Contender> void rise_and_fall(Contender& pool, std::size_t pairs) {
    std::array<void*, 100> held;
    for (std::size_t i = 0; i < pairs / held.size(); ++i) {
        for (void*& descriptor : held) {
            descriptor = pool.allocate();
            touch(descriptor);
        }
        for (void* descriptor : held)
            pool.free(descriptor);
    }
}

// All do their part of `count` in one pool at once.
template <class Contender, class Work> double threads_cost(unsigned threads, std::size_t count, Work work) {
    Contender pool(shared_capacity);
    std::barrier<> start(threads);
    std::vector<double> costs(threads);
    std::vector<std::jthread> all;
    for (unsigned i = 0; i < threads; ++i)
        all.emplace_back([&, i] {
            pool.thread_begins();
            work(pool, 100); // it has its slot, or its cache
            start.arrive_and_wait();
            costs[i] = cost(count / threads, [&] { work(pool, count / threads); });
            start.arrive_and_wait(); // none ends while another works
            pool.thread_ends();
        });
    all.clear();
    return std::accumulate(costs.begin(), costs.end(), 0.0) / threads;
}

template <class Contender> double asking_cost(unsigned threads, std::size_t count) {
    Contender pool(shared_capacity);
    std::barrier<> there(threads), asked(threads);
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i)
        others.emplace_back([&] {
            pool.thread_begins();
            pairs(pool, 100);
            there.arrive_and_wait();
            asked.arrive_and_wait();
            pool.thread_ends();
        });
    pairs(pool, 100);
    there.arrive_and_wait();
    std::size_t sum = 0;
    const double found = cost(count, [&] {
        for (std::size_t i = 0; i < count; ++i)
            sum += pool.in_use();
    });
    asked.arrive_and_wait();
    if (sum != 0)
        std::abort();
    return found;
}

template <class Contender> class Many {
  public:
    explicit Many(unsigned pools) : order_(pools) {
        while (pools_.size() < pools)
            pools_.push_back(std::make_unique<Contender>(64));
        std::iota(order_.begin(), order_.end(), 0);
        std::shuffle(order_.begin(), order_.end(), std::minstd_rand(1));
        visit(pools, [](Contender& pool) { pairs(pool, 1); });
    }
    template <class Work> double visit(std::size_t count, Work work) {
        return cost(count, [&] {
            for (std::size_t i = 0, at = 0; i < count; ++i, at = at + 1 == order_.size() ? 0 : at + 1)
                work(*pools_[order_[at]]);
        });
    }

  private:
    std::vector<std::unique_ptr<Contender>> pools_;
    std::vector<std::uint32_t> order_;
};

using Dpdk = DpdkMempool<512>;
using Table = std::map<unsigned, std::map<std::string, Rounds>>;

void threads_round(Table& table) {
    for (const unsigned threads : thread_counts) {
        auto& row = table[threads];
        row["allocate + free"].add(threads_cost<Ndispool>(threads, operations, pairs<Ndispool>));
        row["allocate + free, DPDK"].add(threads_cost<Dpdk>(threads, operations, pairs<Dpdk>));
        row["100 and 100"].add(threads_cost<Ndispool>(threads, operations, rise_and_fall<Ndispool>));
        row["100 and 100, DPDK"].add(threads_cost<Dpdk>(threads, operations, rise_and_fall<Dpdk>));
        row["in_use"].add(asking_cost<Ndispool>(threads, operations / 10));
        row["in_use, DPDK"].add(asking_cost<Dpdk>(threads, operations / 100));
    }
}

void pools_round(Table& table) {
    for (const unsigned pools : pool_counts) {
        auto& row = table[pools];
        Many<Ndispool> ours(pools);
        row["allocate + free"].add(ours.visit(operations, [](Ndispool& pool) { pairs(pool, 1); }));
        row["in_use"].add(ours.visit(operations, [](Ndispool& pool) { (void)pool.in_use(); }));
        Many<ArrayStack> floor(pools);
        row["floor: array stack"].add(floor.visit(operations, [](ArrayStack& pool) { pairs(pool, 1); }));
    }
}

void print(const char* of_what, const Table& table) {
    std::printf("\n%-10s", of_what);
    for (const auto& [work, rounds] : table.begin()->second)
        std::printf("%26s", (work + ", ns").c_str());
    std::printf("\n");
    for (const auto& [count, row] : table) {
        std::printf("%-10u", count);
        for (const auto& [work, rounds] : row)
            std::printf("%14.2f  +-%5.1f %%", rounds.median(), 100 * rounds.spread());
        std::printf("\n");
    }
}

nlohmann::json to_json(const Table& table) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& [count, row] : table) {
        nlohmann::json works;
        for (const auto& [work, rounds] : row)
            works[work] = {{"median_ns", rounds.median()}, {"low_ns", rounds.low()}, {"high_ns", rounds.high()}};
        rows.push_back({{"count", count}, {"works", works}});
    }
    return rows;
}

} // namespace
} // namespace ndispool::bench

int main(int argc, char** argv) {
    using namespace ndispool::bench;
    if (argc != 1 && (argc != 3 || std::string(argv[1]) != "--json")) {
        std::fprintf(stderr, "usage: growth_bench [--json FILE]\n");
        return 2;
    }
    const std::string json = argc == 3 ? argv[2] : "";
    constexpr int rounds = 9;
    try {
        start_dpdk();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "growth_bench: %s\n", error.what());
        return 3;
    }
    Table threads, pools;
    for (int round = 0; round < rounds; ++round) {
        threads_round(threads);
        pools_round(pools);
    }
    print("threads", threads);
    std::printf("(more than %u have to take turns on the processors)\n", std::thread::hardware_concurrency());
    print("pools", pools);
    if (!json.empty())
        std::ofstream(json) << nlohmann::json{{"schema", "ndispool-bench-growth"},
                                              {"version", 1},
                                              {"rounds", rounds},
                                              {"processors", std::thread::hardware_concurrency()},
                                              {"threads", to_json(threads)},
                                              {"pools", to_json(pools)}}
                                   .dump(1)
                            << '\n';
}
