#include "ndispool/observe/json.h"

#include "ndispool/observe/utf8.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace ndispool::observe {

void JsonWriter::begin(char bracket) {
    separate();
    out_ << bracket;
    filled_.push_back(false);
}

void JsonWriter::end(char bracket) {
    const bool filled = filled_.back();
    filled_.pop_back();
    if (filled)
        new_line();
    out_ << bracket;
    if (filled_.empty())
        out_ << '\n';
}

void JsonWriter::key(std::string_view name) {
    separate();
    quoted(name);
    out_ << ": ";
    after_key_ = true;
}

// What comes before a key or a value: nothing behind its key, else a comma behind another and a line of its own.
void JsonWriter::separate() {
    if (!after_key_ && !filled_.empty()) {
        if (filled_.back())
            out_ << ',';
        filled_.back() = true;
        new_line();
    }
    after_key_ = false;
}

void JsonWriter::new_line() {
    out_ << '\n';
    for (std::size_t depth = 0; depth < filled_.size(); ++depth)
        out_ << "  ";
}

void JsonWriter::scalar(std::string_view text) {
    separate();
    out_ << text;
}

void JsonWriter::value(std::string_view text) {
    separate();
    quoted(text);
}

void JsonWriter::integer(std::uint64_t number) {
    scalar(fmt::format_int(number).c_str());
}

void JsonWriter::value(double number) {
    if (!std::isfinite(number))
        return null();
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    scalar({digits, static_cast<std::size_t>(end - digits)});
}

void JsonWriter::quoted(std::string_view text) {
    out_ << '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0)
            out_ << "\\ufffd";
        else if (first == '"' || first == '\\')
            out_ << '\\' << text.front();
        else if (first < 0x20 || first == 0x7f)
            out_ << fmt::format("\\u{:04x}", first);
        else
            out_ << text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out_ << '"';
}

} // namespace ndispool::observe
