#include "ndispool/host/outlet.h"

#include "ndispool/machine/clock.h"
#include "ndispool/machine/irql.h"
#include "ndispool/machine/processor.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace ndispool::host {
namespace {

// Takes as many frames as it is allowed to.
class SlowWire final : public wire::Wire {
  public:
    SlowWire() : Wire("slow") {}
    std::size_t receive(std::span<wire::Frame>) override { return 0; }
    std::size_t transmit(std::span<const wire::Frame> frames) override {
        const std::size_t count = std::min(frames.size(), allowed.load());
        for (const wire::Frame& frame : frames.first(count))
            taken.push_back(std::to_integer<int>(frame.bytes[0]) << 8 | std::to_integer<int>(frame.bytes[1]));
        allowed -= count;
        ++asked;
        by = machine::current_processor();
        return count;
    }
    bool ended() const override { return false; }
    bool finite() const override { return false; }
    bool offers() const override { return false; }
    void close() override {}

    std::atomic<std::size_t> allowed = 0, asked = 0;
    std::atomic<unsigned> by = 99;
    std::vector<int> taken; // by whoever flushes; read while nothing waits, or the wire takes nothing
};

Outgoing numbered(int number) {
    return outgoing(0, {static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)});
}

void until(const auto& condition) {
    while (!condition())
        std::this_thread::yield();
}

class OutletTest : public ::testing::Test {
  protected:
    OutletTest() { machine::start({.processors = 2}); }
    ~OutletTest() override { machine::stop(); }

    void push(int from, int to) {
        std::vector<Outgoing> frames;
        for (int i = from; i < to; ++i)
            frames.push_back(numbered(i));
        const machine::DispatchScope dispatch;
        outlet_.push(frames);
    }
    bool look() {
        const machine::DispatchScope dispatch;
        return outlet_.look();
    }
    // What was put off before has been done.
    static void drain() {
        for (unsigned processor = 0; processor < machine::processor_count(); ++processor) {
            std::atomic<bool> ran = false;
            machine::Dpc last;
            last.routine = [](void* context) { static_cast<std::atomic<bool>*>(context)->store(true); };
            last.context = &ran;
            machine::queue_dpc(last, processor);
            until([&] { return ran.load(); });
            machine::synchronize(); // it does not touch `ran` any more
        }
    }

    SlowWire wire_;
    Traffic traffic_;
    Outlet outlet_{wire_, traffic_, [](std::span<const PNDIS_PACKET>) {}};
};

TEST_F(OutletTest, frames_leave_in_order_however_few_the_wire_takes_at_a_time) {
    std::size_t pushed = 0, allowed = 0;
    for (const std::size_t more : {0U, 1U, 63U, 64U, 65U, 0U, 200U, 407U}) {
        push(static_cast<int>(pushed), static_cast<int>(pushed) + 100);
        pushed += 100;
        allowed += more;
        wire_.allowed += more;
        until([&] {
            look();
            return outlet_.waiting() == pushed - std::min(pushed, allowed);
        });
    }
    ASSERT_EQ(wire_.taken.size(), 800U);
    for (int i = 0; i < 800; ++i)
        ASSERT_EQ(wire_.taken[static_cast<std::size_t>(i)], i);
    EXPECT_FALSE(look()) << "nothing waits";
}

TEST_F(OutletTest, the_processor_that_pushed_gives_the_wire_the_frame_afterwards) {
    wire_.allowed = 1000;
    for (int i = 0; i < 100; ++i) {
        unsigned processor;
        {
            const machine::DispatchScope dispatch;
            processor = machine::current_processor();
            Outgoing frame = numbered(i);
            outlet_.push(std::span(&frame, 1));
            EXPECT_EQ(wire_.asked, static_cast<std::size_t>(i)) << "inside push()";
        }
        until([&] { return outlet_.waiting() == 0; });
        machine::synchronize(); // who flushed has looked for more, and would take the next frame too
        EXPECT_EQ(wire_.by, processor);
    }
}

TEST_F(OutletTest, a_wire_that_refuses_is_asked_for_a_while_and_then_when_somebody_looks) {
    push(0, 3);
    until([&] { return wire_.asked >= Outlet::patience; });
    drain();
    const std::size_t asked = Outlet::patience;
    push(3, 4);
    drain();
    EXPECT_EQ(wire_.asked, asked) << "it rests";
    EXPECT_FALSE(look());
    EXPECT_EQ(wire_.asked, asked + 1);
    wire_.allowed = 10;
    EXPECT_TRUE(look());
    EXPECT_EQ(outlet_.waiting(), 0U);
    push(4, 5);
    until([&] { return outlet_.waiting() == 0; });
    EXPECT_EQ(wire_.taken, (std::vector<int>{0, 1, 2, 3, 4}));
}

// With a virtual clock another thread has the turn meanwhile.
class BusyWire final : public wire::Wire {
  public:
    BusyWire() : Wire("busy") {}
    std::size_t receive(std::span<wire::Frame>) override { return 0; }
    std::size_t transmit(std::span<const wire::Frame> frames) override {
        begun = true;
        machine::stall_us(100);
        taken += frames.size();
        return frames.size();
    }
    bool ended() const override { return false; }
    bool finite() const override { return false; }
    bool offers() const override { return false; }
    void close() override {}

    std::atomic<bool> begun = false;
    std::atomic<std::size_t> taken = 0;
};

TEST(OutletOnAVirtualClock, is_emptied_when_whoever_flushes_has_had_its_turn) {
    machine::start({.processors = 2, .clock = machine::Clock::virtual_});
    {
        BusyWire wire;
        Traffic traffic;
        Outlet outlet(wire, traffic, [](std::span<const PNDIS_PACKET>) {});
        machine::Dpc pusher;
        pusher.context = &outlet;
        pusher.routine = [](void* context) {
            Outgoing frame = numbered(1);
            static_cast<Outlet*>(context)->push(std::span(&frame, 1));
        };
        machine::queue_dpc(pusher, 1);
        while (!wire.begun)
            machine::sleep_100ns(1);
        const machine::DispatchScope dispatch;
        EXPECT_TRUE(outlet.drop().empty());
        EXPECT_EQ(wire.taken, 1u) << "it waited for the flush that had begun";
    }
    machine::stop();
}

} // namespace
} // namespace ndispool::host
