#include "whole.h"

#include "ndispool/wire/wire.h"

#include <thread>

namespace ndispool::whole {
namespace {

host::Report pass_up(const std::vector<OwnedFrame>& sent, std::vector<Parameter> parameters, unsigned processors,
                     std::vector<OwnedFrame>& got) {
    const auto below = wire::memory_source(sent);
    const auto above = wire::memory_source({}, 1, MemorySource::Taken::kept);
    host::Report report = run(NDISPOOL_PASSTHRU, *below, *above, std::move(parameters), processors);
    got = above->kept();
    return report;
}

host::Report pass_down(const std::vector<OwnedFrame>& sent, std::vector<Parameter> parameters, unsigned processors,
                       std::vector<OwnedFrame>& got) {
    const auto below = wire::memory_source({}, 1, MemorySource::Taken::kept);
    const auto above = wire::memory_source(sent);
    host::Report report = run(NDISPOOL_PASSTHRU, *below, *above, std::move(parameters), processors);
    got = below->kept();
    return report;
}

std::vector<Parameter> pools_of_one() {
    return {{"SendPackets", std::uint32_t{1}},
            {"SendOverflow", std::uint32_t{0}},
            {"ReceivePackets", std::uint32_t{1}},
            {"ReceiveOverflow", std::uint32_t{0}}};
}

TEST(Passthru, frames_from_below_arrive_above_byte_for_byte_in_order_with_their_times) {
    for (unsigned processors : {1u, 2u}) {
        const auto sent = frames(3000);
        std::vector<OwnedFrame> got;
        const host::Report report = pass_up(sent, {}, processors, got);
        expect_same(got, sent);
        expect_clean(report);
        EXPECT_EQ(report.kind, host::Kind::intermediate);
        EXPECT_EQ(report.packets, 3000u);
        ASSERT_EQ(report.pools.size(), 2u);
        EXPECT_TRUE(report.pools[0].record.peak > 0 || report.pools[1].record.peak > 0);
        EXPECT_TRUE(report.pools[0].allocator.starts_with("passthru!")) << report.pools[0].allocator;
    }
}

TEST(Passthru, frames_from_above_go_out_below_byte_for_byte_in_order) {
    for (unsigned processors : {1u, 2u}) {
        const auto sent = frames(3000, 2);
        std::vector<OwnedFrame> got;
        const host::Report report = pass_down(sent, {}, processors, got);
        expect_same(got, sent);
        expect_clean(report);
        EXPECT_EQ(report.wires.at(1).refused, 0u);
    }
}

TEST(Passthru, pools_of_one_descriptor_lose_nothing_that_was_accepted) {
    for (unsigned processors : {1u, 2u}) {
        const auto sent = frames(2000, 3);
        std::vector<OwnedFrame> got;
        host::Report report = pass_up(sent, pools_of_one(), processors, got);
        expect_same_bytes(got, sent);
        expect_clean(report);
        bool dry = false;
        for (const host::PoolReport& pool : report.pools) {
            EXPECT_LE(pool.record.peak, 1u);
            dry = dry || pool.record.refusals > 0;
        }
        EXPECT_TRUE(dry) << "this test is about pools that run dry";

        report = pass_down(sent, pools_of_one(), processors, got);
        expect_same(got, sent);
        expect_clean(report);
        EXPECT_EQ(report.wires.at(1).refused, 0u);
    }
}

TEST(Passthru, packet_stacking_passes_the_lower_drivers_packets_and_uses_no_pool) {
    const auto sent = frames(1000, 4);
    std::vector<OwnedFrame> got;
    host::Report report = pass_up(sent, {{"PacketStacking", std::uint32_t{1}}}, 1, got);
    expect_same(got, sent);
    expect_clean(report);
    for (const host::PoolReport& pool : report.pools)
        EXPECT_EQ(pool.record.allocations, 0u);
    report = pass_down(sent, {{"PacketStacking", std::uint32_t{1}}}, 1, got);
    expect_same(got, sent);
    expect_clean(report);
}

TEST(Passthru, a_run_can_be_repeated_in_one_process) {
    const auto sent = frames(200, 5);
    for (int i = 0; i < 5; ++i) {
        std::vector<OwnedFrame> got;
        expect_clean(pass_up(sent, {}, 1, got));
        expect_same(got, sent);
    }
}

TEST(Passthru, the_stop_flag_ends_an_endless_run_in_order) {
    host::Setup setup;
    setup.driver = NDISPOOL_PASSTHRU;
    const auto below = wire::open("null:64");
    const auto above = wire::open("null:64");
    host::StopFlag stop{false};
    std::atomic<bool> moving{false};
    std::thread stopper([&] {
        while (!moving)
            std::this_thread::yield();
        stop = true;
    });
    const host::Report report = host::run(setup, *below, *above, stop,
                                          [&](const host::Progress& progress) { moving = progress.packets > 1000; });
    stopper.join();
    EXPECT_TRUE(report.interrupted);
    EXPECT_EQ(below->counters().frames_in, above->counters().frames_out);
    EXPECT_EQ(above->counters().frames_in, below->counters().frames_out);
    expect_clean(report);
}

TEST(Passthru, a_count_ends_the_run_after_exactly_so_many_frames) {
    host::Setup setup;
    setup.driver = NDISPOOL_PASSTHRU;
    setup.processors = 2;
    setup.count = 12'345;
    const auto below = wire::open("null:100");
    const auto above = wire::open("null:100");
    const host::StopFlag go_on{false};
    const host::Report report = host::run(setup, *below, *above, go_on);
    EXPECT_EQ(report.packets, 12'345u);
    EXPECT_EQ(below->counters().frames_out + above->counters().frames_out, 12'345u);
    expect_clean(report);
}

} // namespace
} // namespace ndispool::whole
