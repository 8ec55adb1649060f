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

} // namespace
} // namespace ndispool::whole
