#include "ndispool/host/command.h"

#include "ndispool/wire/spelling.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <sstream>
#include <stdexcept>

namespace ndispool::host {

namespace {

struct Name {
    std::string_view words;
    Verb verb;
    unsigned most; // arguments; `sleep` and `ioctl` need some
};
constexpr auto names = std::to_array<Name>({{"sleep", Verb::sleep, 1},
                                            {"pause", Verb::pause, 0},
                                            {"resume", Verb::resume, 0},
                                            {"power-down", Verb::power_down, 1},
                                            {"power-up", Verb::power_up, 1},
                                            {"reset", Verb::reset, 0},
                                            {"disconnect", Verb::disconnect, 0},
                                            {"connect", Verb::connect, 0},
                                            {"unbind", Verb::unbind, 0},
                                            {"bind", Verb::bind, 0},
                                            {"reconfigure", Verb::reconfigure, 0},
                                            {"remove", Verb::remove, 0},
                                            {"surprise-remove", Verb::surprise_remove, 0},
                                            {"insert", Verb::insert, 0},
                                            {"ioctl", Verb::ioctl, 3},
                                            {"end", Verb::end, 0}});

using Words = std::vector<std::string>;

Words words_of(std::string_view line) {
    std::istringstream in{std::string(line.substr(0, line.find('#')))};
    Words words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

[[noreturn]] void refuse(std::string_view what, std::string_view wrong) {
    throw std::invalid_argument(std::string(what) + ": " + std::string(wrong));
}

const Name& find(const std::string& word) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const Name& name) { return name.words == word; });
    if (found != names.end())
        return *found;
    std::array<std::string_view, names.size()> all;
    std::transform(names.begin(), names.end(), all.begin(), [](const Name& name) { return name.words; });
    const std::string_view near = wire::nearest(word, all);
    refuse(word, "there is no such command; " + (near.empty() ? std::string("'ndispool run --help' lists them")
                                                              : "did you mean " + std::string(near) + "?"));
}

double seconds_of(const Words& words) {
    constexpr double longest = 1e6;
    double value = -1;
    if (words.size() == 2) {
        const std::string& text = words[1];
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size())
            value = -1;
    }
    if (!(value >= 0 && value <= longest)) // also not a number
        refuse("sleep", "needs a number of seconds from 0 to 1000000, as in 'sleep 2.5'");
    return value;
}

Side side_of(const Words& words) {
    if (words.size() == 1)
        return Side::both;
    if (words[1] == "below" || words[1] == "above")
        return words[1] == "below" ? Side::below : Side::above;
    refuse(words[0], "'" + words[1] + "' is neither below nor above");
}

std::uint32_t code_of(const std::string& text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const char* const begin = text.data() + (hexadecimal ? 2 : 0);
    const char* const end = text.data() + text.size();
    std::uint32_t code = 0;
    const auto [stop, error] = std::from_chars(begin, end, code, hexadecimal ? 16 : 10);
    if (error != std::errc() || stop != end || begin == end)
        refuse("ioctl", "'" + text + "' is no control code; write it as 0x00122000 or as a decimal number");
    return code;
}

std::vector<std::uint8_t> bytes_of(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        std::uint8_t byte = 0;
        const auto [stop, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (error != std::errc() || stop != text.data() + i + 2)
            break;
        bytes.push_back(byte);
    }
    if (bytes.size() * 2 != text.size())
        refuse("ioctl", "'" + text + "' is no input; write its bytes as pairs of hexadecimal digits, as in 0a1b");
    return bytes;
}

} // namespace

Command parse_command(std::string_view line) {
    const Words words = words_of(line);
    Command command;
    if (words.empty())
        return command;
    const Name& name = find(words[0]);
    if (words.size() - 1 > name.most)
        refuse(words[0], "'" + words[name.most + 1] + "' is one word too many");
    command.verb = name.verb;
    switch (name.verb) {
    case Verb::sleep:
        command.seconds = seconds_of(words);
        break;
    case Verb::power_down:
    case Verb::power_up:
        command.side = side_of(words);
        break;
    case Verb::ioctl:
        if (words.size() < 3)
            refuse("ioctl", "needs a device and a control code, as in 'ioctl \\Device\\Netvmini 0x00122000 0a1b'");
        command.device = words[1];
        command.code = code_of(words[2]);
        if (words.size() > 3)
            command.input = bytes_of(words[3]);
        break;
    default:
        break;
    }
    return command;
}

} // namespace ndispool::host
