#include "ndispool/tool/command_line.h"

#include "ndispool/tool/testing.h"

#include <gtest/gtest.h>

namespace ndispool::tool {
namespace {

using testing::has;
using Words = std::vector<std::string>;

RunOptions run_of(const Words& arguments) {
    return std::get<RunOptions>(parse_command_line(arguments));
}
std::string text_of(const Words& arguments) {
    return std::get<ShowText>(parse_command_line(arguments)).text;
}

template <class Error = UsageError> std::string refusal(const Words& arguments) {
    return testing::refusal<Error>([&] { parse_command_line(arguments); });
}

TEST(CommandLine, only_a_driver_is_needed) {
    const RunOptions options = run_of({"run", "passthru"});
    EXPECT_EQ(options.driver, "passthru");
    EXPECT_EQ(options.setup.below, "null");
    EXPECT_EQ(options.setup.above, "null");
    EXPECT_EQ(options.setup.processors, 1u);
    EXPECT_EQ(options.setup.seed, 1u);
    EXPECT_FALSE(options.setup.paced);
    EXPECT_FALSE(options.setup.count);
    EXPECT_FALSE(options.setup.duration_seconds);
    EXPECT_TRUE(options.setup.parameters.empty());
    EXPECT_FALSE(options.config);
    EXPECT_FALSE(options.report.json);
    EXPECT_FALSE(options.report.quiet);
}

TEST(CommandLine, every_option_of_run_is_understood) {
    const RunOptions options = run_of({"run",     "--below", "replay:a.pcap", "driver.so", "--above",  "record:b.pcap",
                                       "--count", "7",       "--duration",    "0.5",       "--param",  "A=1",
                                       "--param", "B=x,y",   "--processors",  "2",         "--config", "c.toml",
                                       "--seed",  "9",       "--json",        "-",         "--quiet",  "--pace",
                                       "original"});
    EXPECT_EQ(options.driver, "driver.so");
    EXPECT_EQ(options.setup.below, "replay:a.pcap");
    EXPECT_EQ(options.setup.above, "record:b.pcap");
    EXPECT_EQ(options.setup.count, 7u);
    EXPECT_EQ(options.setup.duration_seconds, 0.5);
    ASSERT_EQ(options.setup.parameters.size(), 2u);
    EXPECT_EQ(options.setup.parameters[0].name, "A");
    EXPECT_EQ(std::get<std::string>(options.setup.parameters[1].value), "x,y");
    EXPECT_EQ(options.setup.processors, 2u);
    EXPECT_EQ(options.config, "c.toml");
    EXPECT_EQ(options.setup.seed, 9u);
    EXPECT_EQ(options.report.json, "-");
    EXPECT_TRUE(options.report.quiet);
    EXPECT_TRUE(options.setup.paced);
}

TEST(CommandLine, a_value_may_be_joined_by_an_equals_sign) {
    const RunOptions options = run_of({"run", "--param=A=b=c", "--pace=max", "--below=null:60", "d"});
    EXPECT_EQ(std::get<std::string>(options.setup.parameters.at(0).value), "b=c");
    EXPECT_EQ(options.setup.below, "null:60");
}

TEST(CommandLine, further_drivers_are_those_of_with_in_their_order) {
    const RunOptions options = run_of({"run", "passthru", "--with", "./filter.so", "--with=ndisprot"});
    EXPECT_EQ(options.driver, "passthru");
    EXPECT_EQ(options.with, (std::vector<std::string>{"./filter.so", "ndisprot"}));
}

TEST(CommandLine, wires_given_again_are_those_of_further_adapters) {
    const RunOptions options = run_of({"run", "d", "--below", "null:60", "--below", "tap:a", "--above", "null",
                                       "--above", "tap:b", "--above", "tap:c"});
    EXPECT_EQ(options.setup.below, "null:60");
    EXPECT_EQ(options.setup.more_below, (std::vector<std::string>{"tap:a"}));
    EXPECT_EQ(options.setup.more_above, (std::vector<std::string>{"tap:b", "tap:c"}));
    EXPECT_EQ(host::wire_specs(options.setup),
              (std::vector<std::string>{"null:60", "tap:a", "null", "tap:b", "tap:c"}));
    std::vector<std::string> many = {"run", "d"};
    for (int i = 0; i < 17; ++i)
        many.insert(many.end(), {"--below", "null"});
    EXPECT_THROW(parse_command_line(many), UsageError);
}

TEST(CommandLine, values_come_through_as_they_were_written) {
    for (const std::string text : {"[a,b]", "{}", "\"quoted\"", "'x'", " spaced ", "a\\nb", "%d", "~/x"}) {
        EXPECT_EQ(run_of({"run", "d", "--below", text}).setup.below, text);
        EXPECT_EQ(std::get<std::string>(run_of({"run", "d", "--param", "A=" + text}).setup.parameters.at(0).value),
                  text);
    }
}

TEST(CommandLine, the_driver_may_stand_behind_two_dashes) {
    EXPECT_EQ(run_of({"run", "--quiet", "--", "passthru"}).driver, "passthru");
}

TEST(CommandLine, help_and_version_are_text_for_standard_output) {
    EXPECT_TRUE(text_of({"--help"}).starts_with("ndispool: "));
    EXPECT_TRUE(text_of({"run", "--help"}).starts_with("ndispool run: "));
    EXPECT_TRUE(text_of({"run", "passthru", "--nonsense", "-h"}).starts_with("ndispool run: "));
    EXPECT_TRUE(text_of({"--version"}).starts_with("ndispool 0."));
}

TEST(CommandLine, the_manual_names_every_option) {
    for (const CommandForm& form : command_forms()) {
        for (const OptionForm& option : form.options)
            EXPECT_TRUE(has(*form.manual, option.name)) << form.name << ' ' << option.name;
        for (const std::string_view flag : form.flags)
            EXPECT_TRUE(has(*form.manual, flag)) << form.name << ' ' << flag;
        EXPECT_TRUE(has(*form.manual, "--help")) << form.name;
    }
    for (const char* name : {"replay:FILE", "record:FILE", "null:BYTES", "NDISPOOL_DRIVERS"})
        EXPECT_TRUE(has(text_of({"run", "--help"}), name)) << name;
}

TEST(CommandLine, without_a_command_or_a_driver_it_says_what_is_missing) {
    EXPECT_TRUE(has(refusal({}), "no command is given"));
    EXPECT_TRUE(has(refusal({"run"}), "run needs a DRIVER"));
}

TEST(CommandLine, an_unknown_command_or_option_is_named_with_a_guess) {
    EXPECT_TRUE(refusal({"rum", "passthru"}).starts_with("rum: there is no such command"));
    EXPECT_TRUE(refusal({"--below", "null", "run", "d"}).starts_with("--below: "));
    EXPECT_EQ(refusal({"chek", "d"}), "chek: there is no such command; did you mean check?");
    EXPECT_EQ(refusal({"run", "d", "--cuont", "5"}), "--cuont: there is no such option; did you mean --count?");
    EXPECT_EQ(refusal({"run", "d", "--prarm=A=1"}), "--prarm: there is no such option; did you mean --param?");
    EXPECT_TRUE(has(refusal({"run", "d", "--frobnicate"}), "--frobnicate: there is no such option; see"));
    EXPECT_TRUE(refusal({"run", "d", "-x"}).starts_with("-x: there is no such option"));
}

TEST(CommandLine, an_option_without_its_value_is_named) {
    for (const Words& arguments :
         {Words{"run", "d", "--json"}, Words{"run", "d", "--json="}, Words{"run", "--json=", "d"},
          Words{"run", "d", "--json", "--quiet"}, Words{"run", "d", "--json", ""}})
        EXPECT_TRUE(refusal(arguments).starts_with("--json needs a FILE")) << arguments.back();
}

TEST(CommandLine, a_flag_with_a_value_is_refused) {
    EXPECT_TRUE(has(refusal({"run", "d", "--quiet=maybe"}), "--quiet"));
}

TEST(CommandLine, an_option_given_twice_is_refused) {
    EXPECT_EQ(refusal({"run", "d", "--count", "1", "--count", "2"}), "--count is given 2 times; give it once");
}

TEST(CommandLine, a_second_driver_is_refused) {
    EXPECT_EQ(refusal({"run", "one", "two"}), "two: unexpected after DRIVER one; run takes one");
}

TEST(CommandLine, malformed_values_are_named_with_their_option) {
    EXPECT_TRUE(has(refusal({"run", "d", "--count", "many"}), "--count: 'many'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--count", "0"}), "--count: '0'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--count", "-5"}), "--count: '-5'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--duration", "soon"}), "--duration: 'soon'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--processors", "33"}), "--processors: '33'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--seed", "x"}), "--seed: 'x'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--pace", "fast"}), "--pace: 'fast'"));
    EXPECT_TRUE(has(refusal({"run", "d", "--param", "novalue"}), "--param: 'novalue'"));
}

TEST(CommandLine, pools_and_top_take_a_process_or_none) {
    EXPECT_FALSE(std::get<PoolsOptions>(parse_command_line({"pools"})).process);
    const auto pools = std::get<PoolsOptions>(parse_command_line({"pools", "42", "--all", "--json"}));
    EXPECT_EQ(pools.process, 42);
    EXPECT_TRUE(pools.all);
    EXPECT_EQ(pools.json, "-");
    const auto top = std::get<TopOptions>(parse_command_line({"top", "7", "--interval", "0.25", "--count", "3"}));
    EXPECT_EQ(top.process, 7);
    EXPECT_EQ(top.interval_seconds, 0.25);
    EXPECT_EQ(top.rounds, 3u);
    EXPECT_EQ(std::get<TopOptions>(parse_command_line({"top", "--once"})).rounds, 1u);
    EXPECT_TRUE(has(refusal({"pools", "passthru"}), "PID: 'passthru'"));
    EXPECT_TRUE(has(refusal({"top", "0"}), "PID: '0'"));
    EXPECT_TRUE(has(refusal({"top", "1", "2"}), "2: unexpected after PID 1"));
    EXPECT_TRUE(has(refusal({"top", "--once", "--count", "2"}), "--once"));
    EXPECT_TRUE(has(refusal({"top", "--interval", "0"}), "--interval: '0'"));
}

CheckOptions check_of(const Words& arguments) {
    return std::get<CheckOptions>(parse_command_line(arguments));
}

TEST(CommandLine, check_takes_the_options_of_run_and_its_own) {
    const CheckOptions options = check_of({"check",
                                           "d.so",
                                           "--below",
                                           "null:60",
                                           "--faults",
                                           "all",
                                           "--shard",
                                           "2/3",
                                           "--jobs",
                                           "4",
                                           "--time-limit",
                                           "1.5",
                                           "--memory-limit",
                                           "100",
                                           "--junit",
                                           "j.xml",
                                           "--sarif",
                                           "s.sarif",
                                           "--suppressions",
                                           "s.txt",
                                           "--baseline",
                                           "b.json",
                                           "--gen-suppressions",
                                           "-q"});
    EXPECT_EQ(options.run.driver, "d.so");
    EXPECT_TRUE(options.below_given);
    EXPECT_FALSE(options.above_given);
    EXPECT_EQ(options.faults, "all");
    EXPECT_EQ(options.shard.number, 2u);
    EXPECT_EQ(options.shard.of, 3u);
    EXPECT_EQ(options.jobs, 4u);
    EXPECT_EQ(options.case_seconds, 1.5);
    EXPECT_EQ(options.memory_mib, 100u);
    EXPECT_EQ(options.run.report.junit, "j.xml");
    EXPECT_EQ(options.run.report.sarif, "s.sarif");
    EXPECT_EQ(options.run.report.suppressions, "s.txt");
    EXPECT_EQ(options.run.report.baseline, "b.json");
    EXPECT_TRUE(options.run.report.gen_suppressions);
    EXPECT_TRUE(options.run.report.quiet);
}

TEST(CommandLine, a_case_is_repeated_with_the_words_that_made_it_and_no_report_files) {
    const CheckOptions options = check_of({"check", "my driver.so", "--json", "a", "--seed", "7", "--param", "A=$x",
                                           "--faults", "3", "--jobs", "2", "--below=replay:a.pcap"});
    EXPECT_EQ(options.words, "ndispool check 'my driver.so' --below replay:a.pcap --param 'A=$x' --seed 7");
}

TEST(CommandLine, json_alone_is_standard_output_for_check_and_inspect) {
    EXPECT_EQ(check_of({"check", "d", "--json"}).run.report.json, "-");
    EXPECT_EQ(check_of({"check", "d", "--json", "--quiet"}).run.report.json, "-");
    EXPECT_EQ(std::get<InspectOptions>(parse_command_line({"inspect", "d", "--json"})).json, "-");
    EXPECT_EQ(std::get<InspectOptions>(parse_command_line({"inspect", "d", "--json", "f"})).json, "f");
}

TEST(CommandLine, report_takes_a_recorded_run_and_where_the_page_goes) {
    EXPECT_EQ(std::get<PageOptions>(parse_command_line({"report", "run.json"})).output, "-");
    EXPECT_EQ(std::get<PageOptions>(parse_command_line({"report", "run.json", "-o", "page.html"})).output, "page.html");
    EXPECT_TRUE(refusal({"report"}).starts_with("report needs a RUN.json"));
}

TEST(CommandLine, doctor_takes_no_argument_and_json_alone_is_standard_output) {
    EXPECT_FALSE(std::get<DoctorOptions>(parse_command_line({"doctor"})).json);
    EXPECT_EQ(std::get<DoctorOptions>(parse_command_line({"doctor", "--json"})).json, "-");
    EXPECT_TRUE(refusal({"doctor", "all"}).starts_with("all: doctor takes no argument"));
}

TEST(CommandLine, a_shard_that_is_none_is_refused) {
    for (const char* shard : {"2", "0/3", "4/3", "1/0", "a/b", "1/3/4"})
        EXPECT_TRUE(refusal({"check", "d", "--shard", shard}).starts_with("--shard: ")) << shard;
}

TEST(CommandLine, each_command_has_its_manual) {
    for (const std::string command : {"run", "check", "inspect", "report", "doctor"}) {
        EXPECT_TRUE(text_of({command, "--help"}).starts_with("ndispool " + command + ": "));
        EXPECT_TRUE(has(text_of({"--help"}), "  " + command + " ")) << command;
    }
    for (const char* option : {"--faults", "--shard", "--jobs", "--seed", "--time-limit", "--memory-limit", "--json",
                               "--junit", "--sarif", "--suppressions", "--gen-suppressions", "--baseline", "--quiet"})
        EXPECT_TRUE(has(text_of({"check", "--help"}), option)) << option;
}

} // namespace
} // namespace ndispool::tool
