// Four small drivers that use NDIS the ways real ones do, each run whole over frames of many lengths; and the proof that a run with a
// virtual clock repeats itself call by call.
#include "script.h"
#include "whole.h"

#include "ndispool/nt/debug_print.h"

#include <algorithm>
#include <mutex>

namespace ndispool::whole {
namespace {

// What drivers print while it lives.
class Printed {
  public:
    Printed() {
        take();
        nt::set_debug_sink([](std::string_view message) {
            const std::scoped_lock guard(lock_);
            lines_.emplace_back(message);
        });
    }
    ~Printed() { nt::set_debug_sink(nullptr); }
    std::vector<std::string> take() {
        const std::scoped_lock guard(lock_);
        return std::exchange(lines_, {});
    }

  private:
    static inline std::mutex lock_;
    static inline std::vector<std::string> lines_;
};

struct Case {
    const char* driver = nullptr;
    bool miniport = false; // its wire is above
    unsigned processors = 1;
    std::uint64_t seed = 1;
    machine::Clock clock = machine::Clock::virtual_;
    host::Completions completions = host::Completions::natural;
    std::vector<Parameter> parameters = {};
    Script* script = nullptr;
};

// Passes `sent` and says what came back on the same wire.
host::Report echo(const Case& one, const std::vector<OwnedFrame>& sent, std::vector<OwnedFrame>& got) {
    const auto busy = wire::memory_source(sent, 1, MemorySource::Taken::kept);
    const auto idle = wire::open("null");
    host::Setup setup;
    setup.driver = one.driver;
    setup.processors = one.processors;
    setup.seed = one.seed;
    setup.clock = one.clock;
    setup.completions = one.completions;
    setup.parameters = one.parameters;
    setup.commands = one.script;
    const host::StopFlag go_on{false};
    host::Report report = one.miniport ? host::run(setup, *idle, *busy, go_on) : host::run(setup, *busy, *idle, go_on);
    got = busy->kept();
    return report;
}

std::vector<std::string> sorted(const std::vector<OwnedFrame>& frames) {
    std::vector<std::string> all;
    for (const OwnedFrame& frame : frames)
        all.emplace_back(reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size());
    std::sort(all.begin(), all.end());
    return all;
}

constexpr machine::Clock clocks[] = {machine::Clock::virtual_, machine::Clock::real};
constexpr host::Completions forms[] = {host::Completions::natural, host::Completions::pending,
                                       host::Completions::mixed};

TEST(Pender, finishes_everything_later_and_every_frame_comes_back_in_order) {
    const auto sent = frames(1000, 11);
    for (const unsigned processors : {1u, 2u})
        for (const machine::Clock clock : clocks)
            for (const host::Completions form : forms) {
                std::vector<OwnedFrame> got;
                Script script{"sleep 0.1", "ioctl \\\\.\\Pender 0x00122000", "ioctl Pender 1"};
                expect_clean(echo({.driver = NDISPOOL_PENDER,
                                   .miniport = true,
                                   .processors = processors,
                                   .clock = clock,
                                   .completions = form,
                                   .script = &script},
                                  sent, got));
                expect_same_bytes(got, sent);
                ASSERT_EQ(script.answers.size(), 2u);
                EXPECT_TRUE(script.answers[0].find("status 0x00000000 output ") != std::string::npos)
                    << script.answers[0];
            }
}

TEST(Pender, tells_its_control_device_how_many_frames_it_has_sent) {
    std::vector<OwnedFrame> got;
    Script script{"sleep 5", "ioctl \\Device\\Pender 0x00122000", "ioctl \\\\.\\Pender 0x00122004"};
    expect_clean(echo({.driver = NDISPOOL_PENDER, .miniport = true, .script = &script}, frames(1000, 11), got));
    EXPECT_EQ(script.answers,
              (std::vector<std::string>{"ioctl \\Device\\Pender 0x00122000: status 0x00000000 output e8030000",
                                        "ioctl \\\\.\\Pender 0x00122004: status 0xC0000010"}));
}

// The last eight digits of an answer, which are a number in the machine's order.
std::uint32_t number_at_the_end_of(const std::string& answer) {
    const std::string digits = answer.substr(answer.size() < 8 ? 0 : answer.size() - 8);
    return __builtin_bswap32(static_cast<std::uint32_t>(std::strtoul(digits.c_str(), nullptr, 16)));
}

TEST(Pender, whose_adapter_says_it_failed_gets_a_new_one_that_carries_the_rest) {
    std::vector<OwnedFrame> got;
    const char* const sends = "ioctl \\\\.\\Pender 0x00122000";
    Script script{"sleep 0.02", "pause",    sends, "ioctl \\\\.\\Pender 0x00122008", "sleep 1", sends,
                  "resume",     "sleep 30", sends};
    const auto sent = frames(1000, 11);
    expect_clean(
        echo({.driver = NDISPOOL_PENDER, .miniport = true, .clock = machine::Clock::virtual_, .script = &script}, sent,
             got));
    ASSERT_EQ(script.answers.size(), 6u);
    EXPECT_EQ(script.answers[2], "ioctl \\\\.\\Pender 0x00122008: status 0x00000000");
    EXPECT_EQ(script.answers[3], std::string(sends) + ": status 0x00000000 output 00000000");
    const std::uint32_t before = number_at_the_end_of(script.answers[1]),
                        after = number_at_the_end_of(script.answers[5]);
    EXPECT_GT(before, 0u);
    EXPECT_GT(after, 0u);
    EXPECT_EQ(before + after, sent.size());
    expect_same_bytes(got, sent);
}

TEST(Pender, is_reset_and_sleeps_while_requests_and_sends_are_pending) {
    for (const unsigned processors : {1u, 2u})
        for (const std::uint64_t seed : {1, 2, 3}) {
            std::vector<OwnedFrame> got;
            Script script{"sleep 0.01", "reset", "sleep 0.01", "power-down", "sleep 1", "power-up", "sleep 0.01",
                          "unbind",     "bind",  "reset",      "sleep 0.01", "remove",  "insert"};
            expect_clean(echo({.driver = NDISPOOL_PENDER,
                               .miniport = true,
                               .processors = processors,
                               .seed = seed,
                               .completions = host::Completions::mixed,
                               .parameters = {{"Delay", std::uint32_t{3}}},
                               .script = &script},
                              frames(2000, 12), got));
            for (const std::string& answer : script.answers)
                EXPECT_TRUE(answer.ends_with(": done")) << answer;
        }
}

TEST(Serial, answers_resources_and_gets_the_rest_again_until_every_frame_came_back_in_order) {
    const auto sent = frames(600, 13);
    for (const char* driver : {NDISPOOL_SERIAL, NDISPOOL_SERIAL_ARRAYS})
        for (const unsigned processors : {1u, 2u})
            for (const machine::Clock clock : clocks) {
                Printed printed;
                std::vector<OwnedFrame> got;
                expect_clean(
                    echo({.driver = driver, .miniport = true, .processors = processors, .clock = clock}, sent, got));
                expect_same_bytes(got, sent);
                const auto lines = printed.take();
                ASSERT_EQ(lines.size(), 1u);
                EXPECT_TRUE(lines[0].starts_with("serial: 600 sent, ")) << lines[0];
                EXPECT_EQ(lines[0].find(" 0 refused"), std::string::npos) << "this test is about a full card";
            }
}

TEST(Serial, that_hangs_is_reset_and_goes_on) {
    Printed printed;
    std::vector<OwnedFrame> got;
    Script script{"sleep 9"};
    expect_clean(echo(
        {.driver = NDISPOOL_SERIAL, .miniport = true, .parameters = {{"Hang", std::uint32_t{2}}}, .script = &script},
        frames(100, 14), got));
    EXPECT_TRUE(printed.take().back().ends_with(" 1 resets\n"));
}

TEST(Looker, has_the_rest_of_each_frame_transferred_and_sends_all_of_it_back) {
    const auto sent = frames(800, 15);
    for (const unsigned processors : {1u, 2u})
        for (const machine::Clock clock : clocks)
            for (const host::Completions form : forms) {
                Printed printed;
                std::vector<OwnedFrame> got;
                expect_clean(echo({.driver = NDISPOOL_LOOKER,
                                   .processors = processors,
                                   .clock = clock,
                                   .completions = form,
                                   .parameters = {{"Packets", std::uint32_t{8}}}},
                                  sent, got));
                EXPECT_EQ(sorted(got), sorted(sent));
                const auto lines = printed.take();
                ASSERT_EQ(lines.size(), 1u);
                EXPECT_TRUE(lines[0].starts_with("looker: 800 shown, ") && lines[0].ends_with(" 0 dropped\n"))
                    << lines[0];
                EXPECT_EQ(lines[0].find(" 0 transferred") == std::string::npos, form != host::Completions::natural);
            }
}

TEST(Keeper, keeps_lent_packets_for_seconds_and_returns_them_from_another_processor) {
    const auto sent = frames(1500, 16); // three times what can be lent
    for (const unsigned processors : {1u, 2u}) {
        Printed printed;
        std::vector<OwnedFrame> got;
        const host::Report report =
            echo({.driver = NDISPOOL_KEEPER,
                  .processors = processors,
                  .parameters = {{"Trace", std::uint32_t{1}}, {"Packets", std::uint32_t{2048}}}},
                 sent, got);
        expect_clean(report);
        expect_same_bytes(got, sent);
        EXPECT_GT(report.seconds, 6.0) << "seconds of the virtual clock";
        const std::string there = "irql 2 cpu " + std::to_string(processors - 1) + " ";
        int returns = 0;
        for (const std::string& line : printed.take())
            if (line.starts_with("GiveBack")) {
                ++returns;
                EXPECT_NE(line.find(there), std::string::npos) << line;
            }
        EXPECT_GE(returns, 3);
    }
}

TEST(Keeper, gives_everything_back_when_it_is_unbound_or_put_to_sleep_meanwhile) {
    for (const machine::Clock clock : clocks) {
        std::vector<OwnedFrame> got;
        Script script{"sleep 0.05", "power-down", "power-up", "sleep 0.05", "unbind",
                      "bind",       "sleep 0.05", "remove",   "insert"};
        expect_clean(echo({.driver = NDISPOOL_KEEPER,
                           .processors = 2,
                           .clock = clock,
                           .parameters = {{"Seconds", std::uint32_t{1}}},
                           .script = &script},
                          frames(1500, 17), got));
        for (const std::string& answer : script.answers)
            EXPECT_TRUE(answer.ends_with(": done")) << answer;
    }
}

// ---- The same sequence of calls every time ----

std::vector<std::string> calls(const char* driver, bool miniport, unsigned processors, std::uint64_t seed) {
    Printed printed;
    std::vector<OwnedFrame> got;
    Script script{"sleep 0.01", "reset",  "sleep 0.01", "power-down", "sleep 0.5", "power-up",
                  "sleep 0.01", "unbind", "bind",       "sleep 0.01", "remove",    "insert"};
    echo({.driver = driver,
          .miniport = miniport,
          .processors = processors,
          .seed = seed,
          .completions = host::Completions::mixed,
          .parameters = {{"Trace", std::uint32_t{1}}},
          .script = &script},
         frames(400, 18), got);
    return printed.take();
}

TEST(VirtualClock, one_seed_is_one_sequence_of_calls_into_a_driver) {
    struct {
        const char* driver;
        bool miniport;
    } const all[] = {
        {NDISPOOL_PENDER, true}, {NDISPOOL_SERIAL, true}, {NDISPOOL_LOOKER, false}, {NDISPOOL_KEEPER, false}};
    int different = 0;
    for (const auto& one : all)
        for (const unsigned processors : {1u, 2u}) {
            SCOPED_TRACE(std::string(one.driver) + " on " + std::to_string(processors));
            const auto first = calls(one.driver, one.miniport, processors, 5);
            ASSERT_GT(first.size(), 100u);
            for (int again = 0; again < 3; ++again) {
                const auto next = calls(one.driver, one.miniport, processors, 5);
                const auto [a, b] = std::mismatch(first.begin(), first.end(), next.begin(), next.end());
                ASSERT_TRUE(a == first.end() && b == next.end())
                    << "call " << a - first.begin() << ": " << (a == first.end() ? "none" : *a) << " and "
                    << (b == next.end() ? "none" : *b);
            }
            different += calls(one.driver, one.miniport, processors, 6) != first;
        }
    EXPECT_GE(different, 4) << "another seed is another order, but for a driver that one lock keeps in order";
}

} // namespace
} // namespace ndispool::whole
