// Runs with several drivers: protocols that share what an adapter receives, intermediate drivers on top of each other.
#include "script.h"
#include "whole.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

namespace ndispool::whole {
namespace {

// A driver file under another name: another driver.
class Copy {
  public:
    Copy(const char* driver, const std::string& name) {
        std::string made = (std::filesystem::temp_directory_path() / "ndispool-XXXXXX").string();
        folder_ = ::mkdtemp(made.data());
        path = folder_ / (name + ".so");
        std::filesystem::copy_file(driver, path);
    }
    ~Copy() { std::filesystem::remove_all(folder_); }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    std::filesystem::path path;

  private:
    std::filesystem::path folder_;
};

struct With {
    std::vector<std::filesystem::path> drivers; // the first, and those on it
    unsigned processors = 1;
    host::Completions completions = host::Completions::natural;
    std::vector<Parameter> parameters = {};
    Script* script = nullptr;
};

host::Report run(const With& with, const host::Wires& wires) {
    host::Setup setup;
    setup.driver = with.drivers.front();
    setup.more_drivers.assign(with.drivers.begin() + 1, with.drivers.end());
    setup.processors = with.processors;
    setup.completions = with.completions;
    setup.parameters = with.parameters;
    setup.commands = with.script;
    setup.clock = machine::Clock::virtual_;
    const host::StopFlag go_on{false};
    return host::run(setup, wires, go_on);
}

std::vector<std::vector<std::byte>> sorted(std::initializer_list<const std::vector<OwnedFrame>*> lists) {
    std::vector<std::vector<std::byte>> all;
    for (const auto* list : lists)
        for (const OwnedFrame& frame : *list)
            all.push_back(frame.bytes);
    std::ranges::sort(all);
    return all;
}

std::uint32_t descriptors_of(const host::Report& report, std::string_view driver) {
    std::uint32_t sum = 0;
    for (const host::PoolReport& pool : report.pools)
        if (pool.allocator.starts_with(std::string(driver) + "!"))
            sum += pool.record.descriptors;
    return sum;
}

TEST(SeveralDrivers, two_protocols_on_one_adapter_share_each_packet_that_is_received) {
    const auto sent = frames(600, 21);
    for (const unsigned processors : {1u, 2u}) {
        const auto below = wire::memory_source(sent, 1, MemorySource::Taken::kept);
        const auto above = wire::open("null");
        const host::Report report = run({.drivers = {NDISPOOL_KEEPER, NDISPOOL_LOOKER},
                                         .processors = processors,
                                         .parameters = {{"Packets", std::uint32_t{1000}},
                                                        {"Seconds", std::uint32_t{1}},
                                                        {"Packets", std::uint32_t{700}, "looker"}}},
                                        {{below.get()}, {above.get()}});
        expect_clean(report);
        EXPECT_EQ(report.with, std::vector<std::string>{"looker"});
        EXPECT_EQ(descriptors_of(report, "keeper"), 1000u) << "its own parameter";
        EXPECT_GE(descriptors_of(report, "looker"), 700u);
        EXPECT_EQ(sorted({&below->kept()}), sorted({&sent, &sent})) << "each of the two sent each frame back";
    }
}

// The protocol above a filter or miniport answers beside the one of the wire above, which gets all frames too.
TEST(SeveralDrivers, a_protocol_is_bound_to_the_adapters_of_an_intermediate_driver_or_miniport_beside_the_wire_above) {
    const auto sent = frames(400, 22);
    const std::vector<Parameter> parameters = {{"Packets", std::uint32_t{1000}, "keeper"},
                                               {"Seconds", std::uint32_t{1}, "keeper"}};
    for (const unsigned processors : {1u, 2u}) {
        const auto below = wire::memory_source(sent, 1, MemorySource::Taken::kept);
        const auto above = wire::memory_source({}, 1, MemorySource::Taken::kept);
        const host::Report report =
            run({.drivers = {NDISPOOL_PASSTHRU, NDISPOOL_KEEPER}, .processors = processors, .parameters = parameters},
                {{below.get()}, {above.get()}});
        expect_clean(report);
        expect_same(above->kept(), sent);
        EXPECT_EQ(sorted({&below->kept()}), sorted({&sent}));
    }
    const auto above = wire::memory_source(sent, 1, MemorySource::Taken::kept); // which netvmini reflects
    const auto below = wire::open("null");
    Script script{"sleep 4", "end"}; // what keeper sends is reflected too, and so without end
    const host::Report report =
        run({.drivers = {NDISPOOL_NETVMINI, NDISPOOL_KEEPER}, .parameters = parameters, .script = &script},
            {{below.get()}, {above.get()}});
    expect_clean(report);
    EXPECT_GE(above->kept().size(), sent.size());
}

// An adapter that reflects, and protocols that send what they receive: that has no end, so the run waits for none.
TEST(SeveralDrivers, that_send_again_and_again_what_they_receive_do_not_keep_a_run_from_its_end) {
    const Copy second(NDISPOOL_LOOKER, "second"), third(NDISPOOL_LOOKER, "third");
    const auto above = wire::memory_source(frames(20, 25), 1, MemorySource::Taken::dropped);
    const auto below = wire::open("null");
    Script script{"sleep 0.02", "pause", "resume"};
    const host::Report report =
        run({.drivers = {NDISPOOL_NETVMINI, NDISPOOL_LOOKER, second.path, third.path}, .script = &script},
            {{below.get()}, {above.get()}});
    expect_clean(report);
    EXPECT_TRUE(report.restless);
    EXPECT_NE(script.answers.at(0).find("frames still move"), std::string::npos) << script.answers.at(0);
    EXPECT_LT(report.wires.at(0).frames_out, 10'000'000u);
}

TEST(SeveralDrivers, intermediate_drivers_stand_on_each_other_and_the_wire_above_is_at_the_very_top) {
    const Copy upper(NDISPOOL_PASSTHRU, "upper");
    const auto up = frames(500, 23), down = frames(500, 24);
    for (const unsigned processors : {1u, 2u})
        for (const auto form : {host::Completions::natural, host::Completions::pending, host::Completions::mixed}) {
            const auto below = wire::memory_source(up, 1, MemorySource::Taken::kept);
            const auto above = wire::memory_source(down, 1, MemorySource::Taken::kept);
            const host::Report report =
                run({.drivers = {NDISPOOL_PASSTHRU, upper.path}, .processors = processors, .completions = form},
                    {{below.get()}, {above.get()}});
            expect_clean(report);
            EXPECT_GT(descriptors_of(report, "passthru"), 0u);
            EXPECT_GT(descriptors_of(report, "upper"), 0u);
            expect_same(above->kept(), up);
            expect_same_bytes(below->kept(), down);
        }
}

TEST(SeveralDrivers, survive_power_reset_unbinding_and_removal_together) {
    const Copy upper(NDISPOOL_PASSTHRU, "upper");
    for (const unsigned processors : {1u, 2u}) {
        Script script{"sleep 0.02", "power-down",  "power-up",   "reset",  "unbind", "sleep 0.01",
                      "bind",       "reconfigure", "sleep 0.02", "remove", "insert", "surprise-remove",
                      "insert",     "sleep 0.02",  "end"};
        const auto below = wire::open("null:200"), above = wire::open("null:100");
        const host::Report report = run(
            {.drivers = {NDISPOOL_PASSTHRU, upper.path, NDISPOOL_LOOKER}, .processors = processors, .script = &script},
            {{below.get()}, {above.get()}});
        expect_clean(report);
        for (const std::string& answer : script.answers)
            EXPECT_TRUE(answer.ends_with(": done")) << answer;
        EXPECT_GT(report.packets, 0u);
    }
}

TEST(SeveralDrivers, that_cannot_stand_on_another_one_are_refused_with_their_name) {
    const auto below = wire::open("null"), above = wire::open("null");
    const auto refusal = [&](std::vector<std::filesystem::path> drivers) -> std::string {
        try {
            run({.drivers = std::move(drivers)}, {{below.get()}, {above.get()}});
        } catch (const host::Failed& failed) {
            expect_clean(failed.report());
            return failed.what();
        }
        return "not refused";
    };
    EXPECT_NE(refusal({NDISPOOL_PASSTHRU, NDISPOOL_NETVMINI}).find("netvmini.so is a miniport"), std::string::npos);
    EXPECT_NE(refusal({NDISPOOL_PASSTHRU, NDISPOOL_FAILING}).find("failing.so: DriverEntry failed"), std::string::npos);
}

TEST(SeveralDrivers, and_adapters_have_parameters_of_their_own) {
    const auto one = wire::open("null"), two = wire::open("null"), three = wire::open("null"),
               four = wire::open("null");
    host::Setup setup;
    setup.driver = NDISPOOL_PASSTHRU;
    setup.more_below = setup.more_above = {"null"};
    setup.parameters = {{"SendPackets", std::uint32_t{10}},
                        {"SendPackets", std::uint32_t{20}, "", 2},
                        {"ReceivePackets", std::uint32_t{30}}};
    const host::StopFlag go_on{false};
    const host::Report report = host::run(setup, {{one.get(), two.get()}, {three.get(), four.get()}}, go_on);
    expect_clean(report);
    EXPECT_EQ(descriptors_of(report, "passthru"), 10u + 20 + 30 + 30);

    host::Setup miniport;
    miniport.driver = NDISPOOL_NETVMINI;
    miniport.more_above = {"null"};
    miniport.parameters = {{"Generate", std::uint32_t{5}, "", 1}, {"Generate", std::uint32_t{7}, "", 2}};
    const host::Report generated = host::run(miniport, {{one.get()}, {three.get(), four.get()}}, go_on);
    expect_clean(generated);
    EXPECT_EQ(three->counters().frames_out, 5u);
    EXPECT_EQ(four->counters().frames_out, 7u);

    miniport.parameters = {{"Generate", std::uint32_t{5}, "", 3}};
    EXPECT_THROW(host::run(miniport, {{one.get()}, {three.get(), four.get()}}, go_on), host::Error);
}

} // namespace
} // namespace ndispool::whole
