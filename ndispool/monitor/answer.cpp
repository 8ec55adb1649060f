#include "ndispool/monitor/answer.h"

#include <charconv>
#include <concepts>
#include <cstdio>

namespace ndispool::monitor {

namespace {

constexpr std::string_view first_line = "ndispool-pools 1";
constexpr std::string_view allocator_field = " allocator=";

// The fields of a pool, once for writing and once for reading.
void each_field(auto& record, auto&& field) {
    field("id", record.id);
    field("handle", record.handle);
    field("address", record.allocator);
    field("descriptors", record.descriptors);
    field("overflow", record.overflow);
    field("protocol_reserved", record.protocol_reserved);
    field("capacity", record.capacity);
    field("packet_size", record.packet_size);
    field("protocol_id", record.protocol_id);
    field("in_use", record.in_use);
    field("peak", record.peak);
    field("overflow_in_use", record.overflow_in_use);
    field("overflow_peak", record.overflow_peak);
    field("allocations", record.allocations);
    field("frees", record.frees);
    field("refusals", record.refusals);
    field("freed", record.freed);
    field("in_use_when_freed", record.in_use_when_freed);
    field("alive", record.alive);
}

std::string digits(const void* address) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%jx", static_cast<std::uintmax_t>(reinterpret_cast<std::uintptr_t>(address)));
    return text;
}
std::string digits(bool truth) {
    return truth ? "1" : "0";
}
std::string digits(std::unsigned_integral auto number) {
    return std::to_string(number);
}

std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            c = '?';
    return line;
}

bool read(std::string_view text, std::unsigned_integral auto& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
}
bool read(std::string_view text, bool& truth) {
    truth = text == "1";
    return truth || text == "0";
}
bool read(std::string_view text, const void*& address) {
    std::uintptr_t number = 0;
    if (!text.starts_with("0x") || !read(text.substr(2), number, 16))
        return false;
    address = reinterpret_cast<const void*>(number);
    return true;
}

// Cuts the front off `text`, up to `end`, which goes too.
std::string_view take(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    const std::string_view front = text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at + 1);
    return front;
}

// False: a field is not what it should be.
bool read_pool(std::string_view line, Pool& pool) {
    const std::size_t name = line.find(allocator_field);
    if (name == line.npos)
        return false;
    pool.allocator = line.substr(name + allocator_field.size());
    line = line.substr(0, name);
    while (!line.empty()) {
        std::string_view content = take(line, ' ');
        const std::string_view key = take(content, '=');
        bool good = true;
        each_field(pool.record, [&](std::string_view known, auto& value) {
            if (key == known)
                good = read(content, value);
        });
        if (!good)
            return false;
    }
    return true;
}

} // namespace

std::string text_of(const Answer& answer) {
    std::string text(first_line);
    text += "\nprogram " + one_line(answer.program) + "\nforgotten " + digits(answer.forgotten) + "\n";
    for (const Pool& pool : answer.pools) {
        text += "pool";
        each_field(pool.record, [&](const char* name, const auto& value) {
            text += ' ';
            text += name;
            text += '=';
            text += digits(value);
        });
        text += allocator_field;
        text += one_line(pool.allocator) + "\n";
    }
    return text + "end\n";
}

std::optional<Answer> parse_answer(std::string_view text) {
    if (take(text, '\n') != first_line)
        return {};
    Answer answer;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        const std::string_view kind = take(line, ' ');
        if (kind == "end")
            return answer;
        if (kind == "program")
            answer.program = line;
        const bool good = kind == "forgotten" ? read(line, answer.forgotten)
                          : kind == "pool"    ? read_pool(line, answer.pools.emplace_back())
                                              : true;
        if (!good)
            return {};
    }
    return {};
}

} // namespace ndispool::monitor
