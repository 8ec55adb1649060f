// Runs with several adapters of one driver, and a driver's control device as programs use it.
#include "script.h"
#include "whole.h"

namespace ndispool::whole {
namespace {

// N wires with frames of their own on one side, N that take what comes on the other.
struct Several {
    explicit Several(std::size_t count, bool keeps = false) {
        for (std::size_t i = 0; i < count; ++i) {
            sent.push_back(frames(300, static_cast<std::uint32_t>(i + 1)));
            sources.push_back(
                wire::memory_source(sent.back(), 1, keeps ? MemorySource::Taken::kept : MemorySource::Taken::dropped));
            sinks.push_back(wire::memory_source({}, 1, MemorySource::Taken::kept));
        }
    }
    std::vector<wire::Wire*> of(const std::vector<std::unique_ptr<MemorySource>>& wires) const {
        std::vector<wire::Wire*> all;
        for (const auto& wire : wires)
            all.push_back(wire.get());
        return all;
    }
    std::vector<std::vector<OwnedFrame>> sent;
    std::vector<std::unique_ptr<MemorySource>> sources, sinks;
};

host::Report run(const char* driver, const host::Wires& wires, unsigned processors, Script* script = nullptr,
                 host::Completions completions = host::Completions::natural) {
    host::Setup setup;
    setup.driver = driver;
    setup.processors = processors;
    setup.completions = completions;
    setup.commands = script;
    setup.clock = machine::Clock::virtual_;
    setup.more_below.resize(wires.below.size() - 1, "null");
    setup.more_above.resize(wires.above.size() - 1, "null");
    const host::StopFlag go_on{false};
    return host::run(setup, wires, go_on);
}

constexpr host::Completions forms[] = {host::Completions::natural, host::Completions::pending,
                                       host::Completions::mixed};

TEST(SeveralAdapters, of_an_intermediate_driver_each_carry_the_frames_of_their_own_wires) {
    for (const unsigned processors : {1u, 3u})
        for (const host::Completions form : forms) {
            const Several stacks(3);
            const host::Report report =
                run(NDISPOOL_PASSTHRU, {stacks.of(stacks.sources), stacks.of(stacks.sinks)}, processors, nullptr, form);
            expect_clean(report);
            ASSERT_EQ(report.wires.size(), 6u);
            EXPECT_EQ(report.pools.size(), 6u) << "two for each adapter";
            for (std::size_t i = 0; i < 3; ++i) {
                EXPECT_EQ(report.wires[i].side, "below");
                EXPECT_EQ(report.wires[i + 3].frames_out, stacks.sent[i].size());
                expect_same(stacks.sinks[i]->kept(), stacks.sent[i]);
            }
        }
}

TEST(SeveralAdapters, of_a_miniport_are_initialized_bound_and_halted_each) {
    const auto below = wire::open("null");
    const Several stacks(2);
    const host::Report report = run(NDISPOOL_NETVMINI, {{below.get()}, stacks.of(stacks.sources)}, 2);
    expect_clean(report);
    ASSERT_EQ(report.wires.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i)
        EXPECT_EQ(report.wires[i].frames_in, stacks.sent[i].size());
}

TEST(SeveralAdapters, are_all_suspended_unbound_removed_and_inserted_by_one_command) {
    for (const unsigned processors : {1u, 2u}) {
        const Several stacks(2);
        Script script{"sleep 0.01", "power-down", "power-up", "unbind", "bind",   "reset",     "disconnect",
                      "connect",    "remove",     "insert",   "remove", "insert", "sleep 0.01"};
        const host::Report report =
            run(NDISPOOL_PASSTHRU, {stacks.of(stacks.sources), stacks.of(stacks.sinks)}, processors, &script);
        expect_clean(report);
        for (const std::string& answer : script.answers)
            EXPECT_NE(answer.find("done"), std::string::npos) << answer;
        EXPECT_EQ(script.answers.size(), 11u);
    }
}

host::Report split(const host::Wires& wires, std::size_t uppers, unsigned processors, host::Completions completions,
                   Script* script = nullptr) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < uppers; ++i)
        names.push_back("\\Device\\Upper" + std::to_string(i));
    host::Setup setup;
    setup.driver = NDISPOOL_SPLITTER;
    if (uppers > 0)
        setup.parameters = {{"UpperBindings", names}};
    setup.processors = processors;
    setup.completions = completions;
    setup.commands = script;
    setup.clock = machine::Clock::virtual_;
    setup.more_above.resize(wires.above.size() - 1, "null");
    const host::StopFlag go_on{false};
    return host::run(setup, wires, go_on);
}

TEST(Splitter, has_several_adapters_over_one_binding_and_its_binds_and_unbinds_pend) {
    for (const unsigned processors : {1u, 2u})
        for (const host::Completions form : forms) {
            const Several three(3, true);
            const auto below = wire::memory_source(frames(200, 40), 1, MemorySource::Taken::kept);
            expect_clean(split({{below.get()}, three.of(three.sources)}, 3, processors, form));
            EXPECT_EQ(below->kept().size(), 900u);
            for (const auto& above : three.sources)
                expect_same(above->kept(), frames(200, 40));
        }
}

TEST(Splitter, finds_one_name_where_nobody_gave_a_list) {
    const auto below = wire::memory_source(frames(50), 1, MemorySource::Taken::dropped);
    const auto above = wire::memory_source({}, 1, MemorySource::Taken::kept);
    expect_clean(split({{below.get()}, {above.get()}}, 0, 1, host::Completions::natural));
    expect_same(above->kept(), frames(50));
}

TEST(Splitter, survives_power_unbinding_and_removal_whose_handlers_all_pend) {
    for (const unsigned processors : {1u, 2u})
        for (const host::Completions form : forms) {
            const auto below = wire::open("null:100");
            const auto above = wire::open("null"), other = wire::open("null");
            Script script{"sleep 0.01", "power-down", "power-up",        "unbind", "bind", "sleep 0.01",
                          "remove",     "insert",     "surprise-remove", "insert", "end"};
            expect_clean(split({{below.get()}, {above.get(), other.get()}}, 2, processors, form, &script));
            for (const std::string& answer : script.answers)
                EXPECT_NE(answer.find("done"), std::string::npos) << answer;
        }
}

std::vector<std::byte> frame_of(std::uint8_t value) {
    std::vector<std::byte> frame(60, std::byte{value});
    std::fill_n(frame.begin(), 6, std::byte{0xff});
    return frame;
}

TEST(Reader, is_opened_read_written_and_asked_by_programs) {
    std::vector<OwnedFrame> sent;
    for (std::uint8_t i = 1; i <= 6; ++i)
        sent.push_back({frame_of(i), 0});
    const auto busy = wire::memory_source(sent, 1, MemorySource::Taken::kept);
    const auto idle = wire::open("null");
    const std::string written(120, '5');
    Script script{"read \\\\.\\Reader 60",
                  "open \\\\.\\Reader",
                  "open \\Device\\Reader other",
                  "open \\Device\\Reader other",
                  "sleep 1",
                  "read \\\\.\\Reader 60",
                  "read other 8",
                  "ioctl other 0x00122000",
                  ("write other " + written).c_str(),
                  "write other 00",
                  "read other 60",
                  "read other 60",
                  "read other 60 0.5",
                  "close other",
                  "close other",
                  "open \\Device\\Nobody"};
    host::Setup setup;
    setup.driver = NDISPOOL_READER;
    setup.clock = machine::Clock::virtual_;
    setup.commands = &script;
    const host::StopFlag go_on{false};
    const host::Report report = host::run(setup, *busy, *idle, go_on);
    expect_clean(report);
    const std::string head = "ffffffffffff";
    const auto frame_text = [&](char digit) {
        std::string text = head;
        for (int i = 6; i < 60; ++i)
            text += {'0', digit};
        return text;
    };
    EXPECT_EQ(
        script.answers,
        (std::vector<std::string>{
            "read \\\\.\\Reader 60: \\\\.\\Reader is not open", "open \\\\.\\Reader: status 0x00000000",
            "open \\Device\\Reader other: status 0x00000000", "open \\Device\\Reader other: other is open already",
            "read \\\\.\\Reader 60: status 0x00000000 output " + frame_text('1'),
            "read other 8: status 0x00000000 output " + head + "0202",
            "ioctl other 0x00122000: status 0x00000000 output 02000000",
            "write other " + written + ": status 0x00000000", "write other 00: status 0xC000000D",
            "read other 60: status 0x00000000 output " + frame_text('3'),
            "read other 60: status 0x00000000 output " + frame_text('4'), "read other 60 0.5: status 0xC0000120",
            "close other: done", "close other: other is not open",
            "open: there is no device \\Device\\Nobody; give the name or the symbolic link that the driver "
            "registers"}));
    ASSERT_EQ(busy->kept().size(), 1u);
    EXPECT_EQ(busy->kept()[0].bytes, std::vector<std::byte>(60, std::byte{0x55}));
}

} // namespace
} // namespace ndispool::whole
