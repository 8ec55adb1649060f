#include "ndispool/tool/command_line.h"

#include "ndispool/tool/exit_code.h"
#include "ndispool/tool/manual.h"
#include "ndispool/tool/number.h"
#include "ndispool/tool/parameters.h"
#include "ndispool/wire/spelling.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <map>

namespace ndispool::tool {

namespace {

constexpr std::array<std::string_view, 1> commands = {"run"};
constexpr std::array<std::string_view, 6> later_commands = {"check", "pools", "top", "report", "inspect", "doctor"};

// Options of `run` that take a value, and what value.
struct Option {
    std::string_view name, value;
};
constexpr auto run_options = std::to_array<Option>({{"--below", "a WIRE"},
                                                    {"--above", "a WIRE"},
                                                    {"--count", "a number of frames"},
                                                    {"--duration", "a number of seconds"},
                                                    {"--processors", "a number from 1 to 32"},
                                                    {"--param", "NAME=VALUE"},
                                                    {"--config", "a FILE"},
                                                    {"--seed", "a number"},
                                                    {"--json", "a FILE"},
                                                    {"--pace", "original or max"}});
constexpr std::array<std::string_view, 3> run_flags = {"--quiet", "--verify", "--help"};

using Words = std::vector<std::string>;

// CLI11's view of the arguments: each option with its values as they were written, judged by us, because its own
// messages are long and its exit codes its own.
struct Read {
    std::map<std::string_view, Words> values;
    Words drivers;
    Words unknown; // of run
    Words stray;   // before any command
    bool run = false, help = false, run_help = false, version = false, quiet = false, verify = false;
};

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

void describe_run(CLI::App& run, Read& read) {
    run.set_help_flag();
    run.allow_extras();
    run.add_flag("-h,--help", read.run_help);
    run.add_flag("-q,--quiet", read.quiet);
    run.add_flag("--verify", read.verify);
    run.add_option("DRIVER", read.drivers);
    for (const Option& option : run_options)
        run.add_option(std::string(option.name), read.values[option.name])->allow_extra_args(false);
}

// What stands behind two dashes is no option, whatever it begins with.
Read read_arguments(const Words& all) {
    const auto dashes = std::find(all.begin(), all.end(), "--");
    const Words arguments(all.begin(), dashes);
    Read read;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.add_flag("-h,--help", read.help);
    app.add_flag("-V,--version", read.version);
    CLI::App* const run = app.add_subcommand("run");
    describe_run(*run, read);
    try {
        app.parse(Words(arguments.rbegin(), arguments.rend())); // CLI11 takes them from the back
    } catch (const CLI::ParseError& error) {
        throw UsageError(one_line(error.what()) + "; see 'ndispool run --help'");
    }
    read.run = run->parsed();
    read.unknown = run->remaining();
    read.stray = app.remaining();
    if (dashes != all.end())
        read.drivers.insert(read.drivers.end(), dashes + 1, all.end());
    return read;
}

// CLI11 takes whatever follows an option for its value, also the next option or, after "--name=", the next argument.
void require_values(const Words& arguments) {
    for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i)
        for (const Option& option : run_options) {
            const bool alone = arguments[i] == option.name;
            const bool last = i + 1 == arguments.size();
            const bool empty = arguments[i] == std::string(option.name) + "=";
            if (empty || (alone && (last || arguments[i + 1].empty() || arguments[i + 1].starts_with("--"))))
                throw UsageError(fmt::format("{} needs {}; see 'ndispool run --help'", option.name, option.value));
        }
}

bool one_of(std::string_view word, const auto& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words, std::string_view otherwise) {
    const std::string_view near = wire::nearest(word, words);
    return near.empty() ? std::string(otherwise) : fmt::format("did you mean {}?", near);
}

[[noreturn]] void refuse_command(const std::string& word) {
    if (word.starts_with("-"))
        throw UsageError(fmt::format("{}: there is no such option before a command; see 'ndispool --help'", word));
    if (one_of(word, later_commands))
        throw LackError(fmt::format("{}: this version of ndispool does not have this command yet; it has: {}", word,
                                    fmt::join(commands, ", ")));
    throw UsageError(
        fmt::format("{}: there is no such command; {}", word, did_you_mean(word, commands, "see 'ndispool --help'")));
}

[[noreturn]] void refuse_option(const std::string& word) {
    std::vector<std::string_view> known(run_flags.begin(), run_flags.end());
    for (const Option& option : run_options)
        known.push_back(option.name);
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    if (one_of(name, run_flags))
        throw UsageError(fmt::format("{} takes no value; write {}", name, name));
    throw UsageError(
        fmt::format("{}: there is no such option; {}", name, did_you_mean(name, known, "see 'ndispool run --help'")));
}

const std::string& only(std::string_view option, const Words& values) {
    if (values.size() > 1)
        throw UsageError(fmt::format("{} is given {} times; give it once", option, values.size()));
    return values.front();
}

bool paced(const std::string& pace) {
    if (pace != "original" && pace != "max")
        throw UsageError(fmt::format("--pace: '{}' is neither original nor max", pace));
    return pace == "original";
}

std::string driver_of(const Words& drivers) {
    if (drivers.empty())
        throw UsageError("run needs a DRIVER: a .so file or the name of a shipped driver; see 'ndispool run --help'");
    if (drivers.size() > 1)
        throw UsageError(fmt::format("{}: unexpected after DRIVER {}; run takes one driver", drivers[1], drivers[0]));
    return drivers.front();
}

RunOptions run_from(const Read& read) {
    constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
    RunOptions options;
    options.driver = driver_of(read.drivers);
    options.quiet = read.quiet;
    host::Setup& setup = options.setup;
    // Calls take(value) when the option was given.
    const auto with = [&](std::string_view option, auto take) {
        if (const Words& values = read.values.at(option); !values.empty())
            take(only(option, values));
    };
    with("--below", [&](auto& value) { setup.below = value; });
    with("--above", [&](auto& value) { setup.above = value; });
    with("--count", [&](auto& value) { setup.count = whole_number("--count", value, 1, any); });
    with("--duration", [&](auto& value) { setup.duration_seconds = seconds("--duration", value); });
    with("--processors",
         [&](auto& value) { setup.processors = static_cast<unsigned>(whole_number("--processors", value, 1, 32)); });
    with("--seed", [&](auto& value) { setup.seed = whole_number("--seed", value, 0, any); });
    with("--pace", [&](auto& value) { setup.paced = paced(value); });
    with("--config", [&](auto& value) { options.config = value; });
    with("--json", [&](auto& value) { options.json = value; });
    for (const std::string& parameter : read.values.at("--param"))
        set_parameter(setup.parameters, parse_parameter(parameter));
    return options;
}

// The first word that begins with a dash names the mistake better than a value that got lost behind it.
void require_known(const Read& read) {
    const auto option = std::find_if(read.unknown.begin(), read.unknown.end(),
                                     [](const std::string& word) { return word.starts_with("-"); });
    if (option != read.unknown.end())
        refuse_option(*option);
    if (read.verify)
        throw LackError("--verify: this version of ndispool does not have the checked door yet; run without it");
}

} // namespace

Command parse_command_line(const Words& arguments) {
    const bool asks_for_help = one_of("-h", arguments) || one_of("--help", arguments);
    if (!asks_for_help && !arguments.empty() && arguments.front() == "run")
        require_values(arguments);
    const Read read = read_arguments(arguments);
    if (!read.stray.empty())
        refuse_command(read.stray.front());
    if (read.version)
        return ShowText{fmt::format("ndispool {}\n", version)};
    if (read.help)
        return ShowText{std::string(program_manual)};
    if (!read.run)
        throw UsageError("no command is given; write 'ndispool run DRIVER', or see 'ndispool --help'");
    if (read.run_help)
        return ShowText{std::string(run_manual)};
    require_known(read);
    return run_from(read);
}

} // namespace ndispool::tool
