#include "ndispool/observe/utf8.h"

#include <algorithm>
#include <cstdint>

namespace ndispool::observe {

namespace {

// What RFC 3629 allows as second byte after a given first one; the bytes behind it are any 80..BF.
struct Lead {
    unsigned char first, last;
    std::size_t length;
    unsigned char second_first, second_last;
};
constexpr Lead leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

constexpr bool between(unsigned char byte, unsigned char first, unsigned char last) {
    return byte >= first && byte <= last;
}

} // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty())
        return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80)
        return 1;
    for (const Lead& lead : leads) {
        if (!between(byte(0), lead.first, lead.last))
            continue;
        if (text.size() < lead.length || !between(byte(1), lead.second_first, lead.second_last))
            return 0;
        for (std::size_t i = 2; i < lead.length; ++i)
            if (!between(byte(i), 0x80, 0xbf))
                return 0;
        return lead.length;
    }
    return 0;
}

bool is_utf8(std::string_view text) {
    while (const std::size_t length = utf8_length(text))
        text.remove_prefix(length);
    return text.empty();
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        // C2 80..9F are the C1 control characters: some terminals obey them.
        const bool c1 = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (length == 0 || first < 0x20 || first == 0x7f || c1)
            out += '?';
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

} // namespace ndispool::observe
