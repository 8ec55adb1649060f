#include "whole.h"

namespace ndispool::whole {
namespace {

TEST(Netvmini, what_is_sent_on_a_lone_port_comes_back_in_order) {
    for (unsigned processors : {1u, 2u}) {
        std::vector<OwnedFrame> sent;
        for (const OwnedFrame& frame : frames(2000, 8))
            if (frame.bytes.size() >= 60 && frame.bytes.size() <= 1514)
                sent.push_back(frame);
        const auto below = wire::open("null");
        const auto above = wire::memory_source(sent, 1, MemorySource::Taken::kept);
        const host::Report report = run(NDISPOOL_NETVMINI, *below, *above, {}, processors);
        EXPECT_EQ(report.kind, host::Kind::miniport);
        expect_same_bytes(above->kept(), sent);
        expect_clean(report);
    }
}

TEST(Netvmini, generated_frames_are_numbered_and_all_arrive) {
    const auto below = wire::open("null");
    // Offers nothing and has no end: a second in which nothing moves ends the run.
    class Sink final : public wire::Wire {
      public:
        Sink() : Wire("sink") {}
        std::size_t receive(std::span<wire::Frame>) override { return 0; }
        std::size_t transmit(std::span<const wire::Frame> given) override {
            for (const wire::Frame& frame : given)
                taken.push_back({{frame.bytes.begin(), frame.bytes.end()}, frame.time_100ns});
            count_out(given);
            return given.size();
        }
        bool ended() const override { return false; }
        bool finite() const override { return false; }
        bool offers() const override { return false; }
        void close() override {}
        std::vector<OwnedFrame> taken;
    } sink;
    const host::Report report = run(NDISPOOL_NETVMINI, *below, sink, {{"Generate", std::uint32_t{5000}}});
    ASSERT_EQ(sink.taken.size(), 5000u);
    for (std::size_t i = 0; i < sink.taken.size(); ++i) {
        const auto& frame = sink.taken[i].bytes;
        const std::size_t number =
            std::to_integer<std::size_t>(frame[14]) << 24 | std::to_integer<std::size_t>(frame[15]) << 16 |
            std::to_integer<std::size_t>(frame[16]) << 8 | std::to_integer<std::size_t>(frame[17]);
        ASSERT_EQ(number, i);
    }
    expect_clean(report);
}

TEST(Netvmini, a_run_that_no_wire_feeds_does_not_wait_for_a_driver_that_never_stops_generating) {
    host::Setup setup;
    setup.driver = NDISPOOL_NETVMINI;
    setup.parameters = {{"Generate", std::uint32_t{0xFFFFFFFF}}};
    setup.duration_seconds = 0.1;
    const host::StopFlag go_on{false};
    const auto below = wire::open("null"), above = wire::open("null");
    const host::Report report = host::run(setup, *below, *above, go_on);
    EXPECT_GT(above->counters().frames_out, 0u);
    EXPECT_LT(report.seconds, 4.0) << "5 s is how long a run waits for what is in flight";
    expect_clean(report);
}

} // namespace
} // namespace ndispool::whole
