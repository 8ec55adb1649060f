#include "ndispool/nt/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ndispool::nt {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_surrogate(char32_t c) {
    return c >= 0xD800 && c <= 0xDFFF;
}

// The code point at `text[at]`, which then stands behind it.
char32_t next_code_point(std::u16string_view text, std::size_t& at) {
    const char32_t first = text[at++];
    if (!is_surrogate(first))
        return first;
    if (first > 0xDBFF || at == text.size() || text[at] < 0xDC00 || text[at] > 0xDFFF)
        return replacement;
    return 0x10000 + ((first - 0xD800) << 10) + (text[at++] - 0xDC00);
}

void append_utf8(std::string& out, char32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
        return;
    }
    const int followers = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(lead[followers] | (c >> (6 * followers)));
    for (int i = followers - 1; i >= 0; --i)
        out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto first = static_cast<unsigned char>(text[at++]);
    if (first < 0x80)
        return first;
    const std::size_t followers = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || text.size() - at < followers)
        return replacement;
    char32_t c = first & (0x3Fu >> followers);
    for (std::size_t i = 0; i < followers; ++i) {
        const auto byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xC0) != 0x80)
            return replacement;
        c = (c << 6) | (byte & 0x3F);
    }
    constexpr char32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (c < least[followers] || is_surrogate(c) || c > 0x10FFFF)
        return replacement;
    at += followers;
    return c;
}

void append_utf16(std::u16string& out, char32_t c) {
    if (c < 0x10000) {
        out += static_cast<char16_t>(c);
        return;
    }
    out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
    out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
}

// Lower-case letters from `first` to `last`, every `step`th, are `distance` above their capitals.
struct Letters {
    char16_t first, last;
    std::uint8_t step;
    std::int8_t distance;
};
constexpr Letters lower_case[] = {
    {u'a', u'z', 1, 32},     {0x00E0, 0x00F6, 1, 32}, {0x00F8, 0x00FE, 1, 32}, {0x00FF, 0x00FF, 1, -121},
    {0x0101, 0x012F, 2, 1},  {0x0133, 0x0137, 2, 1},  {0x013A, 0x0148, 2, 1},  {0x014B, 0x0177, 2, 1},
    {0x017A, 0x017E, 2, 1},  {0x03AC, 0x03AC, 1, 38}, {0x03AD, 0x03AF, 1, 37}, {0x03B1, 0x03C1, 1, 32},
    {0x03C3, 0x03CB, 1, 32}, {0x03CC, 0x03CC, 1, 64}, {0x03CD, 0x03CE, 1, 63}, {0x0430, 0x044F, 1, 32},
    {0x0450, 0x045F, 1, 80}, {0x0461, 0x0481, 2, 1},  {0x048B, 0x04BF, 2, 1},  {0x0561, 0x0586, 1, 48},
};

} // namespace

std::string to_utf8(std::u16string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();)
        append_utf8(out, next_code_point(text, at));
    return out;
}

std::u16string to_utf16(std::string_view text) {
    std::u16string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();)
        append_utf16(out, next_code_point(text, at));
    return out;
}

std::u16string_view view(const UNICODE_STRING& text) {
    if (text.Buffer == nullptr)
        return {};
    return {reinterpret_cast<const char16_t*>(text.Buffer), text.Length / sizeof(char16_t)};
}

UNICODE_STRING counted(const std::u16string& text) {
    constexpr std::size_t most = 0xFFFE;
    const auto bytes = static_cast<USHORT>(std::min(text.size() * sizeof(char16_t), most));
    return {bytes, bytes, const_cast<PWSTR>(text.data())};
}

char16_t upcase(char16_t character) {
    for (const Letters& letters : lower_case)
        if (character >= letters.first && character <= letters.last)
            return (character - letters.first) % letters.step == 0 ? static_cast<char16_t>(character - letters.distance)
                                                                   : character;
    return character;
}

int compare(std::u16string_view first, std::u16string_view second, bool case_insensitive) {
    const std::size_t common = std::min(first.size(), second.size());
    for (std::size_t i = 0; i < common; ++i) {
        const char16_t a = case_insensitive ? upcase(first[i]) : first[i];
        const char16_t b = case_insensitive ? upcase(second[i]) : second[i];
        if (a != b)
            return a < b ? -1 : 1;
    }
    return first.size() == second.size() ? 0 : first.size() < second.size() ? -1 : 1;
}

} // namespace ndispool::nt
