#include "ndispool/tool/command_line.h"

#include "ndispool/tool/command_form.h"
#include "ndispool/tool/exit_code.h"
#include "ndispool/tool/manual.h"
#include "ndispool/tool/number.h"
#include "ndispool/tool/parameters.h"
#include "ndispool/tool/shell_words.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>

namespace ndispool::tool {

namespace {

constexpr std::string_view driver_operand = "a DRIVER: a .so file or the name of a shipped driver";

const std::vector<OptionForm> run_options = {{"--with", "a DRIVER"},
                                             {"--below", "a WIRE"},
                                             {"--above", "a WIRE"},
                                             {"--count", "a number of frames"},
                                             {"--duration", "a number of seconds"},
                                             {"--processors", "a number from 1 to 32"},
                                             {"--param", "NAME=VALUE"},
                                             {"--config", "a FILE"},
                                             {"--seed", "a number"},
                                             {"--json", "a FILE"},
                                             {"--junit", "a FILE"},
                                             {"--sarif", "a FILE"},
                                             {"--suppressions", "a FILE"},
                                             {"--baseline", "a FILE"},
                                             {"--pace", "original or max"},
                                             {"--clock", "real or virtual"},
                                             {"--completions", "natural, pending or mixed"}};

// Only one run can be spoken to.
std::vector<OptionForm> single_run_options() {
    std::vector<OptionForm> options = run_options;
    options.push_back({"--control", "a FILE"});
    return options;
}

// Those of run, and what chooses and limits the runs of the sweep.
std::vector<OptionForm> check_options() {
    std::vector<OptionForm> options = run_options;
    for (OptionForm& option : options)
        if (option.name == "--json")
            option.alone = "-";
    options.insert(options.end(), {{"--faults", "all, N..M, none or a SITE"},
                                   {"--shard", "I/N"},
                                   {"--jobs", "a number from 1 to 256"},
                                   {"--time-limit", "a number of seconds"},
                                   {"--memory-limit", "a number of MiB"}});
    return options;
}

bool one_of(std::string_view word, const auto& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

[[noreturn]] void refuse_command(const std::string& word) {
    std::vector<std::string_view> names;
    for (const CommandForm& form : command_forms())
        names.push_back(form.name);
    if (word.starts_with("-"))
        throw UsageError(fmt::format("{}: there is no such option before a command; see 'ndispool --help'", word));
    throw UsageError(
        fmt::format("{}: there is no such command; {}", word, did_you_mean(word, names, "see 'ndispool --help'")));
}

bool paced(const std::string& pace) {
    if (pace != "original" && pace != "max")
        throw UsageError(fmt::format("--pace: '{}' is neither original nor max", pace));
    return pace == "original";
}

machine::Clock clock(const std::string& kind) {
    if (kind != "real" && kind != "virtual")
        throw UsageError(fmt::format("--clock: '{}' is neither real nor virtual", kind));
    return kind == "virtual" ? machine::Clock::virtual_ : machine::Clock::real;
}

host::Completions completions(const std::string& form) {
    if (form == "natural")
        return host::Completions::natural;
    if (form == "pending")
        return host::Completions::pending;
    if (form == "mixed")
        return host::Completions::mixed;
    throw UsageError(fmt::format("--completions: '{}' is none of natural, pending and mixed", form));
}

// Calls take(value) when the option was given.
void with(const ReadLine& read, std::string_view option, auto take) {
    if (const std::string* const value = read.value(option))
        take(*value);
}

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

ReportOptions report_from(const ReadLine& read) {
    ReportOptions options;
    with(read, "--json", [&](auto& value) { options.json = value; });
    with(read, "--junit", [&](auto& value) { options.junit = value; });
    with(read, "--sarif", [&](auto& value) { options.sarif = value; });
    with(read, "--suppressions", [&](auto& value) { options.suppressions = value; });
    with(read, "--baseline", [&](auto& value) { options.baseline = value; });
    options.gen_suppressions = read.flags.at("--gen-suppressions");
    options.quiet = read.flags.at("--quiet");
    return options;
}

// The first is the first adapter's, and so on.
void take_wires(std::string_view option, const ReadLine& read, std::string& first, std::vector<std::string>& more) {
    constexpr std::size_t most = 16;
    const Words& wires = read.values.at(option);
    if (wires.size() > most)
        throw UsageError(fmt::format("{}: {} wires are too many; give at most {}", option, wires.size(), most));
    if (!wires.empty()) {
        first = wires.front();
        more.assign(wires.begin() + 1, wires.end());
    }
}

RunOptions run_from(const CommandForm& form, const ReadLine& read) {
    RunOptions options;
    options.driver = read.operand(form);
    options.with = read.values.at("--with");
    options.report = report_from(read);
    host::Setup& setup = options.setup;
    take_wires("--below", read, setup.below, setup.more_below);
    take_wires("--above", read, setup.above, setup.more_above);
    with(read, "--count", [&](auto& value) { setup.count = whole_number("--count", value, 1, any); });
    with(read, "--duration", [&](auto& value) { setup.duration_seconds = seconds("--duration", value); });
    with(read, "--processors",
         [&](auto& value) { setup.processors = static_cast<unsigned>(whole_number("--processors", value, 1, 32)); });
    with(read, "--seed", [&](auto& value) { setup.seed = whole_number("--seed", value, 0, any); });
    with(read, "--pace", [&](auto& value) { setup.paced = paced(value); });
    with(read, "--clock", [&](auto& value) { setup.clock = clock(value); });
    with(read, "--completions", [&](auto& value) { setup.completions = completions(value); });
    with(read, "--config", [&](auto& value) { options.config = value; });
    for (const std::string& parameter : read.values.at("--param"))
        set_parameter(setup.parameters, parse_parameter(parameter));
    return options;
}

Shard shard(const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos)
        throw UsageError(fmt::format("--shard: '{}' is not I/N; write 1/4 for the first of four machines", text));
    const std::uint64_t of = whole_number("--shard", std::string_view(text).substr(slash + 1), 1, 1'000'000);
    return {whole_number("--shard", std::string_view(text).substr(0, slash), 1, of), of};
}

// What a line that repeats one case has to say again: all but what chooses cases and where reports go.
std::string words_to_repeat(const CommandForm& form, const ReadLine& read) {
    constexpr std::array<std::string_view, 8> dropped = {"--json",     "--junit",  "--sarif", "--suppressions",
                                                         "--baseline", "--faults", "--shard", "--jobs"};
    std::string words = fmt::format("ndispool check {}", shell_word(read.operand(form)));
    for (const OptionForm& option : form.options)
        if (!one_of(option.name, dropped))
            for (const std::string& value : read.values.at(option.name))
                words += fmt::format(" {} {}", option.name, shell_word(value));
    return words;
}

CheckOptions check_from(const CommandForm& form, const ReadLine& read) {
    CheckOptions options;
    options.run = run_from(form, read);
    options.below_given = !read.values.at("--below").empty();
    options.above_given = !read.values.at("--above").empty();
    options.count_given = read.value("--count") != nullptr || read.value("--duration") != nullptr;
    options.seed_given = read.value("--seed") != nullptr;
    with(read, "--faults", [&](auto& value) { options.faults = value; });
    with(read, "--shard", [&](auto& value) { options.shard = shard(value); });
    with(read, "--jobs",
         [&](auto& value) { options.jobs = static_cast<unsigned>(whole_number("--jobs", value, 1, 256)); });
    with(read, "--time-limit", [&](auto& value) { options.case_seconds = seconds("--time-limit", value); });
    with(read, "--memory-limit",
         [&](auto& value) { options.memory_mib = whole_number("--memory-limit", value, 64, 1 << 24); });
    options.words = words_to_repeat(form, read);
    return options;
}

// The PID, if one is given.
std::optional<int> process_from(const CommandForm& form, const ReadLine& read) {
    if (read.operands.size() > 1)
        throw UsageError(fmt::format("{}: unexpected after PID {}; {} takes one or none", read.operands[1],
                                     read.operands[0], form.name));
    if (read.operands.empty())
        return {};
    return static_cast<int>(whole_number("PID", read.operands[0], 1, std::numeric_limits<int>::max()));
}

PoolsOptions pools_from(const CommandForm& form, const ReadLine& read) {
    PoolsOptions options{.process = process_from(form, read), .json = {}, .all = read.flags.at("--all")};
    with(read, "--json", [&](auto& value) { options.json = value; });
    return options;
}

TopOptions top_from(const CommandForm& form, const ReadLine& read) {
    TopOptions options{.process = process_from(form, read), .rounds = {}};
    with(read, "--interval", [&](auto& value) { options.interval_seconds = seconds("--interval", value); });
    with(read, "--count", [&](auto& value) { options.rounds = whole_number("--count", value, 1, any); });
    if (read.flags.at("--once")) {
        if (options.rounds)
            throw UsageError("--once: --count is given too; give one of them");
        options.rounds = 1;
    }
    return options;
}

Command command_from(const CommandForm& form, const ReadLine& read) {
    if (form.name == "pools")
        return pools_from(form, read);
    if (form.name == "top")
        return top_from(form, read);
    if (form.name == "check")
        return check_from(form, read);
    if (form.name == "inspect") {
        InspectOptions options{read.operand(form), {}};
        with(read, "--json", [&](auto& value) { options.json = value; });
        return options;
    }
    if (form.name == "doctor") {
        if (!read.operands.empty())
            throw UsageError(
                fmt::format("{}: doctor takes no argument; see 'ndispool doctor --help'", read.operands[0]));
        DoctorOptions options;
        with(read, "--json", [&](auto& value) { options.json = value; });
        return options;
    }
    if (form.name == "report") {
        PageOptions options{read.operand(form)};
        with(read, "--output", [&](auto& value) { options.output = value; });
        return options;
    }
    RunOptions options = run_from(form, read);
    options.verify = read.flags.at("--verify");
    with(read, "--control", [&](auto& value) { options.control = value; });
    return options;
}

} // namespace

std::span<const CommandForm> command_forms() {
    static const std::array<CommandForm, 7> all = {{
        {"run",
         driver_operand,
         "DRIVER",
         single_run_options(),
         {"--quiet", "--verify", "--gen-suppressions"},
         &run_manual},
        {"check", driver_operand, "DRIVER", check_options(), {"--quiet", "--gen-suppressions"}, &check_manual},
        {"inspect", driver_operand, "DRIVER", {{"--json", "a FILE", "-"}}, {}, &inspect_manual},
        {"report",
         "a RUN.json: a file that 'ndispool run --json FILE' wrote",
         "RUN.json",
         {{"--output", "a FILE"}},
         {},
         &report_manual},
        {"doctor", "", "", {{"--json", "a FILE", "-"}}, {}, &doctor_manual},
        {"pools", "", "", {{"--json", "a FILE", "-"}}, {"--all"}, &pools_manual},
        {"top",
         "",
         "",
         {{"--interval", "a number of seconds"}, {"--count", "a number of rounds"}},
         {"--once"},
         &top_manual},
    }};
    return all;
}

Command parse_command_line(const Words& arguments) {
    if (arguments.empty())
        throw UsageError("no command is given; write 'ndispool run DRIVER', or see 'ndispool --help'");
    const std::string& first = arguments.front();
    if (first == "-V" || first == "--version")
        return ShowText{fmt::format("ndispool {}\n", version)};
    if (first == "-h" || first == "--help")
        return ShowText{std::string(program_manual)};
    const auto form = std::find_if(command_forms().begin(), command_forms().end(),
                                   [&](const CommandForm& known) { return known.name == first; });
    if (form == command_forms().end())
        refuse_command(first);
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    if (std::find(arguments.begin(), dashes, "-h") != dashes ||
        std::find(arguments.begin(), dashes, "--help") != dashes)
        return ShowText{std::string(*form->manual)};
    return command_from(*form, read_line(*form, Words(arguments.begin() + 1, arguments.end())));
}

} // namespace ndispool::tool
