#include "ndispool/host/outlet.h"

#include "ndispool/machine/irql.h"
#include "ndispool/machine/processor.h"

#include <gtest/gtest.h>

namespace ndispool::host {
namespace {

// Takes as many frames as it is allowed to.
class SlowWire final : public wire::Wire {
  public:
    SlowWire() : Wire("slow") {}
    std::size_t receive(std::span<wire::Frame>) override { return 0; }
    std::size_t transmit(std::span<const wire::Frame> frames) override {
        const std::size_t count = std::min(frames.size(), allowed);
        for (const wire::Frame& frame : frames.first(count))
            taken.push_back(std::to_integer<int>(frame.bytes[0]) << 8 | std::to_integer<int>(frame.bytes[1]));
        allowed -= count;
        return count;
    }
    bool ended() const override { return false; }
    bool finite() const override { return false; }
    bool offers() const override { return false; }
    void close() override {}

    std::size_t allowed = 0;
    std::vector<int> taken;
};

Outgoing numbered(int number) {
    return outgoing(0, {static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)});
}

class OutletTest : public ::testing::Test {
  protected:
    void push(int from, int to) {
        const machine::DispatchScope dispatch;
        for (int i = from; i < to; ++i)
            outlet_.push(numbered(i));
    }
    bool flush(std::size_t allowed) {
        wire_.allowed = allowed;
        const machine::DispatchScope dispatch;
        return outlet_.flush();
    }

    SlowWire wire_;
    Outlet outlet_{wire_, [](std::span<const PNDIS_PACKET>) {}};
};

TEST_F(OutletTest, frames_leave_in_order_however_few_the_wire_takes_at_a_time) {
    int pushed = 0;
    for (const std::size_t allowed : {0U, 1U, 63U, 64U, 65U, 0U, 200U, 1000U}) {
        push(pushed, pushed + 100);
        pushed += 100;
        EXPECT_EQ(flush(allowed), allowed > 0);
        EXPECT_EQ(outlet_.waiting(), static_cast<std::size_t>(pushed) - wire_.taken.size());
    }
    ASSERT_EQ(wire_.taken.size(), 800U);
    for (int i = 0; i < 800; ++i)
        ASSERT_EQ(wire_.taken[static_cast<std::size_t>(i)], i);
    EXPECT_FALSE(flush(1)) << "nothing waits";
}

TEST_F(OutletTest, a_wire_that_refuses_presses_for_a_while_and_then_is_left_alone) {
    EXPECT_FALSE(outlet_.pressing());
    push(0, 3);
    flush(1);
    EXPECT_FALSE(outlet_.pressing()) << "it took something";
    flush(0);
    EXPECT_TRUE(outlet_.pressing());
    for (int i = 0; i < 10'000; ++i)
        flush(0);
    EXPECT_FALSE(outlet_.pressing());
    flush(10);
    EXPECT_EQ(outlet_.waiting(), 0U);
    EXPECT_FALSE(outlet_.pressing());
}

} // namespace
} // namespace ndispool::host
