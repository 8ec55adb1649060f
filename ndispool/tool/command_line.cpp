#include "ndispool/tool/command_line.h"

#include "ndispool/tool/help.h"
#include "ndispool/tool/parameters.h"
#include "ndispool/tool/problem.h"
#include "ndispool/wire/spelling.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <CLI/CLI.hpp>
#include <limits>
#include <string_view>

namespace ndispool::tool {

namespace {

using namespace std::string_view_literals;

constexpr std::array commands = {"run"sv};
constexpr std::array later_commands = {"check"sv, "pools"sv, "top"sv, "report"sv, "inspect"sv, "doctor"sv};
constexpr std::array run_options = {"--below"sv, "--above"sv, "--count"sv,  "--duration"sv, "--processors"sv, "--param"sv,
                                    "--config"sv, "--seed"sv, "--json"sv,   "--quiet"sv,    "--pace"sv,       "--help"sv};

std::string meant(std::string_view word, std::span<const std::string_view> words) {
    const std::string_view near = wire::nearest(word, words);
    return near.empty() ? "" : "; did you mean " + std::string(near) + "?";
}

template <class Number>
Number number(const std::string& option, const std::string& text, Number least, Number most, const char* what) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || !(value >= least && value <= most))
        throw usage(option + " " + text + ": not " + what);
    return value;
}

// What the user wrote, before it is understood.
struct RunText {
    std::string driver, config, pace = "max";
    std::optional<std::string> count, duration, processors, seed;
    std::vector<std::string> parameters;
    RunCommand command;
};

void declare(CLI::App& app, RunText& text) {
    app.set_help_flag();
    app.add_option("DRIVER", text.driver);
    app.add_option("--below", text.command.setup.below);
    app.add_option("--above", text.command.setup.above);
    app.add_option("--count", text.count);
    app.add_option("--duration", text.duration);
    app.add_option("--processors", text.processors);
    app.add_option("--param", text.parameters)->expected(1)->take_all()->allow_extra_args(false);
    app.add_option("--config", text.config);
    app.add_option("--seed", text.seed);
    app.add_option("--json", text.command.json);
    app.add_flag("--quiet", text.command.quiet);
    app.add_option("--pace", text.pace);
}

RunCommand understand(RunText text) {
    host::Setup& setup = text.command.setup;
    if (text.driver.empty())
        throw usage("run: which driver? ndispool run DRIVER, a .so file or one of passthru, netvmini, ndisprot");
    text.command.driver = text.driver;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    if (text.count)
        setup.count = number<std::uint64_t>("--count", *text.count, 1, most, "a number of frames, 1 or more");
    if (text.duration)
        setup.duration_seconds = number("--duration", *text.duration, 0.0, 1e9, "a number of seconds, such as 10 or 0.5");
    if (text.processors)
        setup.processors = number("--processors", *text.processors, 1u, 32u, "a number of virtual processors from 1 to 32");
    if (text.seed)
        setup.seed = number<std::uint64_t>("--seed", *text.seed, 0, most, "a number from 0 to 18446744073709551615");
    if (text.pace != "max" && text.pace != "original")
        throw usage("--pace " + text.pace + ": not a pace; original (as recorded) or max (as fast as possible)");
    setup.paced = text.pace == "original";
    if (!text.config.empty())
        setup.parameters = read_parameters(text.config);
    for (const std::string& parameter : text.parameters) // after the file: the command line wins
        setup.parameters.push_back(parse_parameter(parameter));
    return std::move(text.command);
}

// CLI11's messages name its own ideas; these name the argument.
[[noreturn]] void explain(const CLI::ParseError& error, std::span<const std::string> arguments) {
    for (const std::string& argument : arguments) {
        const std::string option = argument.substr(0, argument.find('='));
        if (option == "--verify")
            throw usage("--verify: this version has no checked door yet; leave it out");
        if (option.starts_with("--") && std::find(run_options.begin(), run_options.end(), option) == run_options.end())
            throw usage(option + ": run has no such option" + meant(option, run_options) + " (ndispool run --help lists them)");
    }
    std::string line = error.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    throw usage("run: " + line + " (ndispool run --help lists the options)");
}

Command parse_run(std::span<const std::string> arguments) {
    if (std::find_if(arguments.begin(), arguments.end(), [](const std::string& argument) {
            return argument == "--help" || argument == "-h";
        }) != arguments.end())
        return Text{run_help};
    RunText text;
    CLI::App app;
    declare(app, text);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend()); // CLI11 takes them from the back
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& error) {
        explain(error, arguments);
    }
    return understand(std::move(text));
}

} // namespace

Command parse(std::span<const std::string> arguments) {
    if (arguments.empty())
        throw usage("which command? ndispool run DRIVER ... (ndispool --help)");
    const std::string& command = arguments.front();
    if (command == "--help" || command == "-h" || command == "help")
        return Text{general_help};
    if (command == "--version")
        return Text{std::string("ndispool ") + NDISPOOL_VERSION + "\n"};
    if (command == "run")
        return parse_run(arguments.subspan(1));
    if (std::find(later_commands.begin(), later_commands.end(), command) != later_commands.end())
        throw Problem(ExitCode::environment, command + ": this version of ndispool has only the command run");
    throw usage(command + ": there is no such command" + meant(command, commands) + " (ndispool --help)");
}

} // namespace ndispool::tool
