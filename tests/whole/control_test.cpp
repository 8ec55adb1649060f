// Drivers under everything a system does to a running stack: power, resets, unbinding, removal, all completion forms.
#include "script.h"
#include "whole.h"

#include <array>
#include <deque>

namespace ndispool::whole {
namespace {

struct Wires {
    std::unique_ptr<wire::Wire> below = wire::open("null:200"), above = wire::open("null:100");
};

host::Report command(const char* driver, Script& script, Wires& wires, unsigned processors = 2,
                     host::Completions completions = host::Completions::natural,
                     std::vector<Parameter> parameters = {}) {
    host::Setup setup;
    setup.driver = driver;
    setup.processors = processors;
    setup.completions = completions;
    setup.parameters = std::move(parameters);
    setup.commands = &script;
    const host::StopFlag go_on{false};
    return host::run(setup, *wires.below, *wires.above, go_on);
}

void expect_all_done(const Script& script) {
    for (const std::string& answer : script.answers)
        EXPECT_TRUE(answer.ends_with(": done")) << answer;
}

// Frames pass again after each step, or the run would hang in what waits for them.
constexpr std::array drivers = {NDISPOOL_PASSTHRU, NDISPOOL_NDISPROT, NDISPOOL_NETVMINI};

TEST(Control, drivers_survive_power_reset_unbinding_and_removal_under_traffic) {
    for (const char* driver : drivers)
        for (const unsigned processors : {1u, 2u}) {
            SCOPED_TRACE(std::string(driver) + " " + std::to_string(processors));
            Script script{"sleep 0.02", "pause",      "resume",     "sleep 0.02",      "power-down",
                          "sleep 0.01", "power-up",   "sleep 0.02", "reset",           "sleep 0.02",
                          "unbind",     "sleep 0.01", "bind",       "sleep 0.02",      "reconfigure",
                          "remove",     "insert",     "sleep 0.02", "surprise-remove", "insert",
                          "sleep 0.02", "end"};
            Wires wires;
            const host::Report report = command(driver, script, wires, processors);
            expect_clean(report);
            for (const std::string& answer : script.answers) // an adapter without a reset handler says so
                EXPECT_TRUE(answer.ends_with(": done") || answer.starts_with("reset: status")) << answer;
            EXPECT_GT(report.packets, 0u);
        }
}

TEST(Control, an_intermediate_drivers_edges_sleep_and_wake_in_any_order) {
    Script script{"sleep 0.01",
                  "power-down below",
                  "power-down above",
                  "sleep 0.01",
                  "power-up above",
                  "power-up below",
                  "sleep 0.01",
                  "power-down above",
                  "power-down below",
                  "sleep 0.01",
                  "power-up above",
                  "power-up below",
                  "sleep 0.01",
                  "power-down below",
                  "power-up below",
                  "sleep 0.01",
                  "end"};
    Wires wires;
    const host::Report report = command(NDISPOOL_PASSTHRU, script, wires);
    expect_clean(report);
    expect_all_done(script);
}

// The system that began to wake up goes back to sleep.
TEST(Control, an_intermediate_drivers_adapter_may_go_back_to_sleep_before_the_one_below_is_awake) {
    for (const char* first : {"power-down", "power-down below"}) {
        Script script{first,
                      "power-down above",
                      "power-up above",
                      "power-down above",
                      "power-up above",
                      "power-up below",
                      "sleep 0.02",
                      "end"};
        Wires wires;
        const host::Report report = command(NDISPOOL_PASSTHRU, script, wires);
        expect_clean(report);
        EXPECT_LT(report.seconds, 5);
        EXPECT_GT(report.wires.at(1).frames_out, 0u);
        EXPECT_EQ(script.answers.at(3), "power-down above: done");
        EXPECT_EQ(script.answers.at(5), "power-up below: done");
    }
}

TEST(Control, frames_pass_again_after_each_command) {
    for (const char* what : {"power-down", "unbind", "remove"}) {
        const std::string undo = std::string_view(what) == "power-down" ? "power-up"
                                 : std::string_view(what) == "unbind"   ? "bind"
                                                                        : "insert";
        Script script{"sleep 0.02", what, undo.c_str(), "sleep 0.05", "end"};
        Wires wires;
        struct Watch final : host::CommandSource {
            Script& script;
            Wires& wires;
            std::vector<std::uint64_t> seen;
            Watch(Script& s, Wires& w) : script(s), wires(w) {}
            std::optional<std::string> next() override {
                seen.push_back(wires.above->counters().frames_out);
                return script.next();
            }
            bool more() const override { return script.more(); }
            void answer(std::string_view line) override { script.answer(line); }
        } watch(script, wires);
        host::Setup setup;
        setup.driver = NDISPOOL_PASSTHRU;
        setup.commands = &watch;
        const host::StopFlag go_on{false};
        expect_clean(host::run(setup, *wires.below, *wires.above, go_on));
        ASSERT_GE(watch.seen.size(), 5u);
        EXPECT_GT(watch.seen.back(), watch.seen[3]) << what;
        expect_all_done(script);
    }
}

TEST(Control, a_pulled_cable_is_told_and_nothing_passes_until_it_is_back) {
    Script script{"sleep 0.01", "disconnect", "sleep 0.01", "connect", "sleep 0.01", "end"};
    Wires wires;
    const host::Report report = command(NDISPOOL_PASSTHRU, script, wires);
    expect_clean(report);
    expect_all_done(script);
    EXPECT_GT(report.wires.at(1).refused, 0u) << "sends fail while the cable is out";
}

TEST(Control, every_form_of_completion_leads_to_a_clean_end) {
    for (const char* driver : drivers)
        for (const host::Completions form : {host::Completions::pending, host::Completions::mixed}) {
            SCOPED_TRACE(driver);
            Script script{"sleep 0.02", "unbind", "bind",   "sleep 0.02", "power-down", "power-up",
                          "sleep 0.02", "remove", "insert", "sleep 0.02", "end"};
            Wires wires;
            expect_clean(command(driver, script, wires, 2, form));
            expect_all_done(script);
        }
}

TEST(Control, a_line_that_is_no_command_is_answered_and_reported_and_the_run_goes_on) {
    Script script{"rest", "ioctl \\Device\\Nobody 1", "sleep 0.01", "end"};
    Wires wires;
    const host::Report report = command(NDISPOOL_PASSTHRU, script, wires, 1);
    ASSERT_EQ(report.trouble.size(), 2u);
    EXPECT_EQ(report.trouble[0], "rest: there is no such command; did you mean reset?");
    EXPECT_EQ(script.answers, report.trouble);
    expect_clean(report);
}

TEST(Control, a_run_whose_adapters_are_gone_ends_with_frames_left) {
    for (const char* driver : {NDISPOOL_PASSTHRU, NDISPOOL_NETVMINI}) {
        const auto below = wire::memory_source(frames(10), 1, MemorySource::Taken::kept);
        const auto above = wire::memory_source(frames(10), 1, MemorySource::Taken::kept);
        Script script{"remove"};
        host::Setup setup;
        setup.driver = driver;
        setup.commands = &script;
        const host::StopFlag go_on{false};
        expect_clean(host::run(setup, *below, *above, go_on));
        EXPECT_EQ(script.answers, std::vector<std::string>{"remove: done"});
    }
}

TEST(Control, a_run_whose_adapters_are_gone_waits_for_the_line_that_inserts_them) {
    struct Typed final : host::CommandSource { // by somebody who thinks between two lines
        std::optional<std::string> next() override {
            if (lines.empty() || ++looks % 8 != 0)
                return std::nullopt;
            std::string line = lines.front();
            lines.pop_front();
            return line;
        }
        bool more() const override { return false; }
        bool open() const override { return true; }
        void answer(std::string_view line) override { answers.emplace_back(line); }
        std::deque<std::string> lines{"remove", "insert", "end"};
        std::vector<std::string> answers;
        unsigned looks = 0;
    } typed;
    Wires wires;
    host::Setup setup;
    setup.driver = NDISPOOL_PASSTHRU;
    setup.commands = &typed;
    const host::StopFlag go_on{false};
    expect_clean(host::run(setup, *wires.below, *wires.above, go_on));
    EXPECT_EQ(typed.answers, (std::vector<std::string>{"remove: done", "insert: done"}));
}

} // namespace
} // namespace ndispool::whole
