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
    unsigned most; // arguments; some need one or more
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
                                            {"open", Verb::open, 2},
                                            {"close", Verb::close, 1},
                                            {"read", Verb::read, 3},
                                            {"write", Verb::write, 2},
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

// The end of a line that came from Windows is none.
bool is_control(char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\r') || c == 0x7F;
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

// A number of seconds, or -1.
double seconds_in(const std::string& text) {
    constexpr double longest = 1e6;
    double value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && value >= 0 && value <= longest ? value : -1; // also for what is not a number
}

double seconds_of(const Words& words) {
    const double value = words.size() == 2 ? seconds_in(words[1]) : -1;
    if (value < 0)
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

std::vector<std::uint8_t> bytes_of(const std::string& verb, const std::string& text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        std::uint8_t byte = 0;
        const auto [stop, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (error != std::errc() || stop != text.data() + i + 2)
            break;
        bytes.push_back(byte);
    }
    if (bytes.size() * 2 != text.size())
        refuse(verb, "'" + text + "' is no input; write its bytes as pairs of hexadecimal digits, as in 0a1b");
    return bytes;
}

// What goes to a device: words[0] is the verb, words[1] the device.
void read_device_command(const Words& words, Command& command) {
    constexpr std::uint32_t most_bytes = 1 << 20;
    const auto need = [&](std::size_t count, std::string_view what) {
        if (words.size() < count)
            refuse(words[0], what);
    };
    need(2, "needs a device, as in '" + words[0] + " \\Device\\Netvmini ...'");
    command.device = words[1];
    switch (command.verb) {
    case Verb::open:
        command.name = words.back();
        break;
    case Verb::read: {
        need(3, "needs a device and a number of bytes, as in 'read \\Device\\Netvmini 1514'");
        const auto [stop, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), command.code);
        if (error != std::errc() || stop != words[2].data() + words[2].size() || command.code > most_bytes)
            refuse("read", "'" + words[2] + "' is no number of bytes from 0 to " + std::to_string(most_bytes));
        command.seconds = words.size() > 3 ? seconds_in(words[3]) : 1;
        if (command.seconds < 0)
            refuse("read", "'" + words[3] + "' is no number of seconds from 0 to 1000000");
        break;
    }
    case Verb::write:
        need(3, "needs a device and bytes, as in 'write \\Device\\Netvmini 0a1b'");
        command.input = bytes_of("write", words[2]);
        break;
    case Verb::ioctl:
        need(3, "needs a device and a control code, as in 'ioctl \\Device\\Netvmini 0x00122000 0a1b'");
        command.code = code_of(words[2]);
        if (words.size() > 3)
            command.input = bytes_of("ioctl", words[3]);
        break;
    default:
        break;
    }
}

} // namespace

Command parse_command(std::string_view line) {
    if (std::any_of(line.begin(), line.end(), is_control))
        refuse("a command", "has a control character; write one command a line, as plain text");
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
    case Verb::open:
    case Verb::close:
    case Verb::read:
    case Verb::write:
    case Verb::ioctl:
        read_device_command(words, command);
        break;
    default:
        break;
    }
    return command;
}

} // namespace ndispool::host
