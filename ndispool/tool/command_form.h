// The words of one command line taken apart: options with their values, flags and operands, as they were written.
//   Callers:   command_line.cpp, one thread. Throws UsageError that names the word, says what is wrong and what to do.
//   Not here:  what a value means, which options go together (command_line.cpp).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::tool {

using Words = std::vector<std::string>;

// An option that takes a value, and what value. Where `alone` is not empty the option may stand without a value, last or before
// another option, and then means that.
struct OptionForm {
    std::string_view name, value;
    std::string_view alone = {};
};

struct CommandForm {
    std::string_view name;
    std::string_view operand; // "a DRIVER: a .so file or ..."; empty: it takes none
    std::string_view operand_name;
    std::vector<OptionForm> options;
    std::vector<std::string_view> flags; // besides --help
    const std::string_view* manual;
};

struct ReadLine {
    std::map<std::string_view, Words> values; // of every option of the form; none: not given
    std::map<std::string_view, bool> flags;
    Words operands;

    // The value, or null; an option given more than once is refused.
    const std::string* value(std::string_view option) const;
    // The operand; exactly one is expected.
    const std::string& operand(const CommandForm& form) const;
};

// `words`: behind the command's name, no --help among them.
ReadLine read_line(const CommandForm& form, const Words& words);

// "did you mean X?", or `otherwise` when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words, std::string_view otherwise);

} // namespace ndispool::tool
