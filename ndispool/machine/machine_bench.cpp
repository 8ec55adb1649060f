// What the data path pays for acting out IRQL and locks, uncontended unless the name says otherwise.
#include "ndispool/machine/irql.h"
#include "ndispool/machine/poller.h"
#include "ndispool/machine/processor.h"
#include "ndispool/machine/spin_lock.h"
#include <benchmark/benchmark.h>

namespace ndispool::machine {
namespace {

void raise_and_lower(benchmark::State& state) {
    for (auto _ : state)
        lower_irql(raise_irql(dispatch_level));
}
BENCHMARK(raise_and_lower);

void dispatch_scope_when_already_there(benchmark::State& state) {
    const DispatchScope outer;
    for (auto _ : state) {
        const DispatchScope scope;
        benchmark::ClobberMemory();
    }
}
BENCHMARK(dispatch_scope_when_already_there);

void current_processor_at_dispatch(benchmark::State& state) {
    const DispatchScope outer;
    for (auto _ : state)
        benchmark::DoNotOptimize(current_processor());
}
BENCHMARK(current_processor_at_dispatch);

void acquire_and_release(benchmark::State& state) {
    std::uintptr_t word = 0;
    for (auto _ : state) {
        acquire(word);
        release(word);
    }
}
BENCHMARK(acquire_and_release);

void synchronize_when_all_are_passive(benchmark::State& state) {
    for (auto _ : state)
        synchronize();
}
BENCHMARK(synchronize_when_all_are_passive);

void raise_and_lower_of_threads_that_share_one_processor(benchmark::State& state) {
    for (auto _ : state)
        lower_irql(raise_irql(dispatch_level));
}
BENCHMARK(raise_and_lower_of_threads_that_share_one_processor)->ThreadRange(2, 4)->UseRealTime();

struct BusyPoller final : Poller {
    bool poll() noexcept override { return true; }
};

void raise_and_lower_beside_a_busy_poller_on_the_only_processor(benchmark::State& state) {
    start({1});
    BusyPoller poller;
    add_poller(poller, 0);
    for (auto _ : state)
        lower_irql(raise_irql(dispatch_level));
    remove_poller(poller);
    stop();
}
BENCHMARK(raise_and_lower_beside_a_busy_poller_on_the_only_processor)->UseRealTime();

} // namespace
} // namespace ndispool::machine

BENCHMARK_MAIN();
