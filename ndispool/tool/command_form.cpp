#include "ndispool/tool/command_form.h"

#include "ndispool/tool/exit_code.h"
#include "ndispool/wire/spelling.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace ndispool::tool {

namespace {

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string see_help(const CommandForm& form) {
    return fmt::format("see 'ndispool {} --help'", form.name);
}

// CLI11 takes whatever follows an option for its value, also the next option or, after "--name=", the next argument.
Words with_values(const CommandForm& form, const Words& words) {
    Words complete;
    for (std::size_t i = 0; i < words.size(); ++i) {
        complete.push_back(words[i]);
        for (const OptionForm& option : form.options) {
            const bool alone = words[i] == option.name;
            const bool last = i + 1 == words.size();
            const bool empty = words[i] == std::string(option.name) + "=";
            const bool without = alone && (last || words[i + 1].starts_with("--"));
            if (without && !option.alone.empty())
                complete.emplace_back(option.alone);
            else if (empty || without || (alone && words[i + 1].empty()))
                throw UsageError(fmt::format("{} needs {}; {}", option.name, option.value, see_help(form)));
        }
    }
    return complete;
}

[[noreturn]] void refuse_option(const CommandForm& form, const std::string& word) {
    std::vector<std::string_view> known(form.flags.begin(), form.flags.end());
    known.push_back("--help");
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end())
        throw UsageError(fmt::format("{} takes no value; write {}", name, name));
    for (const OptionForm& option : form.options)
        known.push_back(option.name);
    throw UsageError(fmt::format("{}: there is no such option; {}", name, did_you_mean(name, known, see_help(form))));
}

// The first word that begins with a dash names the mistake better than a value that got lost behind it.
void require_known(const CommandForm& form, const Words& unknown) {
    const auto option =
        std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) { return word.starts_with("-"); });
    if (option != unknown.end())
        refuse_option(form, *option);
}

} // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words, std::string_view otherwise) {
    const std::string_view near = wire::nearest(word, words);
    return near.empty() ? std::string(otherwise) : fmt::format("did you mean {}?", near);
}

const std::string* ReadLine::value(std::string_view option) const {
    const Words& given = values.at(option);
    if (given.size() > 1)
        throw UsageError(fmt::format("{} is given {} times; give it once", option, given.size()));
    return given.empty() ? nullptr : &given.front();
}

const std::string& ReadLine::operand(const CommandForm& form) const {
    if (operands.empty())
        throw UsageError(fmt::format("{} needs {}; {}", form.name, form.operand, see_help(form)));
    if (operands.size() > 1)
        throw UsageError(fmt::format("{}: unexpected after {} {}; {} takes one", operands[1], form.operand_name,
                                     operands[0], form.name));
    return operands.front();
}

// Each option comes with its values as they were written, judged by us, because CLI11's own messages are long and its exit
// codes its own. What stands behind two dashes is no option, whatever it begins with.
ReadLine read_line(const CommandForm& form, const Words& words) {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    const Words arguments = with_values(form, Words(words.begin(), dashes));
    ReadLine read;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    for (const std::string_view flag : form.flags)
        app.add_flag(flag == "--quiet" ? "-q,--quiet" : std::string(flag), read.flags[flag]);
    for (const OptionForm& option : form.options)
        app.add_option(option.name == "--output" ? "-o,--output" : std::string(option.name), read.values[option.name])
            ->allow_extra_args(false);
    app.add_option("OPERANDS", read.operands);
    try {
        app.parse(Words(arguments.rbegin(), arguments.rend())); // CLI11 takes them from the back
    } catch (const CLI::ParseError& error) {
        throw UsageError(fmt::format("{}; {}", one_line(error.what()), see_help(form)));
    }
    require_known(form, app.remaining());
    if (dashes != words.end())
        read.operands.insert(read.operands.end(), dashes + 1, words.end());
    return read;
}

} // namespace ndispool::tool
