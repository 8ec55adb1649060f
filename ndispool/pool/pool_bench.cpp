// What taking and giving back costs. Every benchmark writes to the descriptor, as whoever takes one does.
#include "ndispool/pool.h"

#include <benchmark/benchmark.h>

#include <array>
#include <memory>

namespace {

using ndispool::pool::Pool;

constexpr std::size_t burst = 32;

std::unique_ptr<Pool> usual_pool() {
    return Pool::create({.descriptors = 1024, .overflow = 0, .size = 384});
}

void touch(void* descriptor) {
    *static_cast<volatile std::uint64_t*>(descriptor) = 1;
}

void count(benchmark::State& state, std::size_t pairs_each) {
    state.SetItemsProcessed(static_cast<std::int64_t>(pairs_each) * static_cast<std::int64_t>(state.iterations()));
    state.counters["pair"] = benchmark::Counter(static_cast<double>(pairs_each),
                                                benchmark::Counter::kIsIterationInvariantRate |
                                                    benchmark::Counter::kInvert | benchmark::Counter::kAvgThreads);
}

void one_pair(benchmark::State& state) {
    const auto pool = usual_pool();
    for (auto _ : state) {
        void* descriptor = pool->allocate();
        touch(descriptor);
        pool->free(descriptor);
    }
    count(state, 1);
}
BENCHMARK(one_pair);

void thirty_two_then_thirty_two(benchmark::State& state) {
    const auto pool = usual_pool();
    std::array<void*, burst> held{};
    for (auto _ : state) {
        for (void*& descriptor : held) {
            descriptor = pool->allocate();
            touch(descriptor);
        }
        for (void* descriptor : held)
            pool->free(descriptor);
    }
    count(state, burst);
}
BENCHMARK(thirty_two_then_thirty_two);

void bulk_of_thirty_two(benchmark::State& state) {
    const auto pool = usual_pool();
    std::array<void*, burst> held{};
    for (auto _ : state) {
        const std::size_t got = pool->allocate(held);
        for (void* descriptor : std::span(held).first(got))
            touch(descriptor);
        pool->free(std::span(held).first(got));
    }
    count(state, burst);
}
BENCHMARK(bulk_of_thirty_two);

void overflow_pair_with_a_chunk_each(benchmark::State& state) {
    const auto pool = Pool::create({.descriptors = 0, .overflow = 1024, .size = 384});
    for (auto _ : state) {
        void* descriptor = pool->allocate();
        touch(descriptor);
        pool->free(descriptor);
    }
    count(state, 1);
}
BENCHMARK(overflow_pair_with_a_chunk_each);

void one_pair_in_each_of_two_threads(benchmark::State& state) {
    static const auto pool = usual_pool();
    for (auto _ : state) {
        void* descriptor = pool->allocate();
        touch(descriptor);
        pool->free(descriptor);
    }
    count(state, 1);
}
BENCHMARK(one_pair_in_each_of_two_threads)->Threads(2)->UseRealTime();

void bulk_of_thirty_two_in_each_of_two_threads(benchmark::State& state) {
    static const auto pool = usual_pool();
    std::array<void*, burst> held{};
    for (auto _ : state) {
        const std::size_t got = pool->allocate(held);
        for (void* descriptor : std::span(held).first(got))
            touch(descriptor);
        pool->free(std::span(held).first(got));
    }
    count(state, burst);
}
BENCHMARK(bulk_of_thirty_two_in_each_of_two_threads)->Threads(2)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
