#include "ndispool/observe/xml.h"

#include "ndispool/observe/utf8.h"

namespace ndispool::observe {

namespace {

// U+FFFE and U+FFFF are UTF-8 but no XML.
bool is_no_character(std::string_view character) {
    return character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
}

std::string_view escape_of(char byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return {};
    }
}

} // namespace

std::string xml(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const char first = text.front();
        const bool control =
            (static_cast<unsigned char>(first) < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
        if (length == 0 || control || is_no_character(text.substr(0, length)))
            safe += '?';
        else if (const std::string_view escape = escape_of(first); !escape.empty())
            safe += escape;
        else
            safe += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return safe;
}

} // namespace ndispool::observe
