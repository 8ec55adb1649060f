// How fast null:BYTES gives frames: the rate at which a host can be fed at most.
#include <vector>

#include <benchmark/benchmark.h>

#include "ndispool/wire/wire.h"

namespace {

void null_gives_batches(benchmark::State& state) {
    const auto wire = ndispool::wire::open("null:64");
    std::vector<ndispool::wire::Frame> frames(static_cast<std::size_t>(state.range(0)));
    std::size_t given = 0;
    for (auto _ : state) {
        given += wire->receive(frames);
        benchmark::DoNotOptimize(frames.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(given));
}
BENCHMARK(null_gives_batches)->Arg(1)->Arg(32)->Arg(256);

} // namespace

BENCHMARK_MAIN();
