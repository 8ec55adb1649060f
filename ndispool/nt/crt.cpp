#include "ndispool/nt/crt.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>

#include "ndis/crt.h"
#include "ndispool/nt/debug_print.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

std::u16string_view wide(PCWSTR text) {
    return {reinterpret_cast<const char16_t*>(text), wide_length(text)};
}

// -1, and no terminator, when it does not fit.
template <class Text, class Character> INT deliver(const Text& text, Character* buffer, SIZE_T count) {
    const std::size_t length = std::min(text.size(), count);
    std::copy_n(text.begin(), length, buffer);
    if (length < count)
        buffer[length] = 0;
    return text.size() <= count ? static_cast<INT>(text.size()) : -1;
}

INT print(PSTR buffer, SIZE_T count, PCSTR pattern, FormatArguments&& arguments) {
    return deliver(format(pattern, arguments), buffer, count);
}

INT print(PWSTR buffer, SIZE_T count, PCWSTR pattern, FormatArguments&& arguments) {
    return deliver(to_utf16(format(to_utf8(wide(pattern)), arguments, Strings::wide)), buffer, count);
}

template <class Character, class Fold>
INT compare(const Character* first, const Character* second, SIZE_T count, Fold fold) {
    for (SIZE_T i = 0; i < count; ++i) {
        const INT difference = static_cast<INT>(fold(first[i])) - static_cast<INT>(fold(second[i]));
        if (difference != 0 || first[i] == 0)
            return difference;
    }
    return 0;
}

INT lower(char character) {
    return std::tolower(static_cast<unsigned char>(character));
}
INT upper(WCHAR character) {
    return upcase(static_cast<char16_t>(character));
}
INT same(WCHAR character) {
    return static_cast<INT>(character);
}

} // namespace

INT snprintf_microsoft(PSTR buffer, SIZE_T count, PCSTR pattern, ...) {
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, pattern);
    const INT length = print(buffer, count, pattern, MicrosoftArguments(list));
    __builtin_ms_va_end(list);
    return length;
}

INT vsnprintf_microsoft(PSTR buffer, SIZE_T count, PCSTR pattern, __builtin_ms_va_list list) {
    return print(buffer, count, pattern, MicrosoftArguments(list));
}

INT snwprintf_microsoft(PWSTR buffer, SIZE_T count, PCWSTR pattern, ...) {
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, pattern);
    const INT length = print(buffer, count, pattern, MicrosoftArguments(list));
    __builtin_ms_va_end(list);
    return length;
}

INT vsnwprintf_microsoft(PWSTR buffer, SIZE_T count, PCWSTR pattern, __builtin_ms_va_list list) {
    return print(buffer, count, pattern, MicrosoftArguments(list));
}

SIZE_T wide_length(PCWSTR text) {
    SIZE_T length = 0;
    while (text[length] != 0)
        ++length;
    return length;
}

PWSTR wide_copy(PWSTR to, PCWSTR from) {
    std::memmove(to, from, (wide_length(from) + 1) * sizeof(WCHAR));
    return to;
}

PWSTR wide_append(PWSTR to, PCWSTR from) {
    wide_copy(to + wide_length(to), from);
    return to;
}

// Fills up with zeros; no terminator when it does not fit.
PWSTR wide_copy_some(PWSTR to, PCWSTR from, SIZE_T count) {
    SIZE_T i = 0;
    for (; i < count && from[i] != 0; ++i)
        to[i] = from[i];
    std::fill(to + i, to + count, WCHAR{0});
    return to;
}

PWSTR wide_append_some(PWSTR to, PCWSTR from, SIZE_T count) {
    PWSTR end = to + wide_length(to);
    for (; count > 0 && *from != 0; --count)
        *end++ = *from++;
    *end = 0;
    return to;
}

INT wide_compare(PCWSTR first, PCWSTR second) {
    return compare(first, second, SIZE_MAX, same);
}

INT wide_compare_some(PCWSTR first, PCWSTR second, SIZE_T count) {
    return compare(first, second, count, same);
}

// The terminator can be found, too.
PWSTR wide_find(PCWSTR text, WCHAR character) {
    for (;; ++text) {
        if (*text == character)
            return const_cast<PWSTR>(text);
        if (*text == 0)
            return nullptr;
    }
}

PWSTR wide_find_last(PCWSTR text, WCHAR character) {
    for (PCWSTR at = text + wide_length(text); at >= text; --at)
        if (*at == character)
            return const_cast<PWSTR>(at);
    return nullptr;
}

PWSTR wide_search(PCWSTR text, PCWSTR part) {
    const std::size_t at = wide(text).find(wide(part));
    return at == std::u16string_view::npos ? nullptr : const_cast<PWSTR>(text) + at;
}

} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

INT _snprintf(PSTR Buffer, SIZE_T Count, PCSTR Format, ...) {
    va_list list;
    va_start(list, Format);
    const INT length = print(Buffer, Count, Format, SystemVArguments(list));
    va_end(list);
    return length;
}

INT _vsnprintf(PSTR Buffer, SIZE_T Count, PCSTR Format, va_list Arguments) {
    return print(Buffer, Count, Format, SystemVArguments(Arguments));
}

INT _snwprintf(PWSTR Buffer, SIZE_T Count, PCWSTR Format, ...) {
    va_list list;
    va_start(list, Format);
    const INT length = print(Buffer, Count, Format, SystemVArguments(list));
    va_end(list);
    return length;
}

INT _vsnwprintf(PWSTR Buffer, SIZE_T Count, PCWSTR Format, va_list Arguments) {
    return print(Buffer, Count, Format, SystemVArguments(Arguments));
}

INT _stricmp(PCSTR String1, PCSTR String2) {
    return compare(String1, String2, SIZE_MAX, lower);
}

INT _strnicmp(PCSTR String1, PCSTR String2, SIZE_T Count) {
    return compare(String1, String2, Count, lower);
}

INT _wcsicmp(PCWSTR String1, PCWSTR String2) {
    return compare(String1, String2, SIZE_MAX, upper);
}

INT _wcsnicmp(PCWSTR String1, PCWSTR String2, SIZE_T Count) {
    return compare(String1, String2, Count, upper);
}

PWSTR _wcsupr(PWSTR String) {
    std::transform(String, String + wide_length(String), String,
                   [](WCHAR character) { return static_cast<WCHAR>(upcase(static_cast<char16_t>(character))); });
    return String;
}

PWSTR _wcslwr(PWSTR String) {
    std::transform(String, String + wide_length(String), String, [](WCHAR character) {
        return character < 0x80 ? static_cast<WCHAR>(std::tolower(character)) : character;
    });
    return String;
}

} // extern "C"
