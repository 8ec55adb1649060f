// Frames a second through drivers/passthru, from an in-memory replay below to a wire above that swallows, one virtual processor.
// Each frame is received in a packet, wrapped in one of the driver's own, delivered above, and everything given back.
#include "ndispool/host/run.h"
#include "ndispool/wire/memory_source.h"
#include "ndispool/wire/wire.h"

#include <benchmark/benchmark.h>

namespace {

using namespace ndispool;

// Sizes as in real traffic: half of the frames small, a quarter near the maximum.
std::vector<wire::OwnedFrame> mixed_frames() {
    std::vector<wire::OwnedFrame> frames;
    for (std::size_t i = 0; i < 1024; ++i) {
        const std::size_t bytes = i % 4 == 0 ? 1514 : i % 4 == 1 ? 576 : 66 + i % 60;
        frames.push_back({std::vector<std::byte>(bytes, std::byte{0x55}), 1 + i});
    }
    return frames;
}

void through_passthru(benchmark::State& state, std::vector<host::Parameter> parameters) {
    host::Setup setup;
    setup.driver = NDISPOOL_PASSTHRU;
    setup.parameters = std::move(parameters);
    const host::StopFlag go_on{false};
    std::uint64_t frames = 0;
    for (auto _ : state) {
        const auto below = wire::memory_source(mixed_frames(), 1000);
        const auto above = wire::open("null");
        const host::Report report = host::run(setup, *below, *above, go_on);
        if (above->counters().frames_out != report.packets)
            state.SkipWithError("frames were lost");
        state.SetIterationTime(report.seconds);
        frames += report.packets;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(frames));
}

} // namespace

BENCHMARK_CAPTURE(through_passthru, own_descriptors, {})->UseManualTime()->Iterations(1);
BENCHMARK_CAPTURE(through_passthru, packet_stacking, {{"PacketStacking", std::uint32_t{1}}})
    ->UseManualTime()
    ->Iterations(1);

BENCHMARK_MAIN();
