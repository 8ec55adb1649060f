// How fast frames of 256 bytes are recorded to a file and replayed from it.
#include <cstdio>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "ndispool/wire/wire.h"

using namespace ndispool::wire;

namespace {

constexpr std::size_t batch = 256;
constexpr std::size_t batches = 400;

std::string capture() {
    return "/tmp/ndispool-replay-bench." + std::to_string(::getpid()) + ".pcap";
}

void record(const std::string& name) {
    const auto source = open("null:256");
    const auto sink = open("record:" + name);
    std::vector<Frame> frames(batch);
    for (std::size_t i = 0; i < batches; ++i)
        benchmark::DoNotOptimize(sink->transmit(std::span<const Frame>(frames).first(source->receive(frames))));
    sink->close();
}

void record_to_file(benchmark::State& state) {
    const std::string name = capture();
    for (auto _ : state)
        record(name);
    std::remove(name.c_str());
    state.SetItemsProcessed(state.iterations() * batch * batches);
}
BENCHMARK(record_to_file)->UseRealTime();

void replay_from_file(benchmark::State& state) {
    const std::string name = capture();
    record(name);
    std::vector<Frame> frames(batch);
    for (auto _ : state)
        for (const auto wire = open("replay:" + name); !wire->ended();)
            benchmark::DoNotOptimize(wire->receive(frames));
    std::remove(name.c_str());
    state.SetItemsProcessed(state.iterations() * batch * batches);
}
BENCHMARK(replay_from_file)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
