// UTF-16 text of drivers and UTF-8 text of this program.
//   Callers:   any thread.
//   Holds:     an unpaired surrogate or a bad UTF-8 byte becomes U+FFFD, never an error.
//   Not here:  the Rtl functions (rtl_strings.cpp), which know Windows' rules about buffers.
#pragma once

#include <string>
#include <string_view>

#include "ndis/base.h"

namespace ndispool::nt {

std::string to_utf8(std::u16string_view text);
std::u16string to_utf16(std::string_view text);

// The characters of a counted string; a null buffer is empty.
std::u16string_view view(const UNICODE_STRING& text);
inline std::string to_utf8(const UNICODE_STRING& text) {
    return to_utf8(view(text));
}

// Describes `text`, which must outlive it and not be changed through it. Cut at 32767 characters.
UNICODE_STRING counted(const std::u16string& text);

// One character to one character, as Windows' case tables do: Latin, Greek, Cyrillic and Armenian letters.
char16_t upcase(char16_t character);

// < 0, 0, > 0, by code units.
int compare(std::u16string_view first, std::u16string_view second, bool case_insensitive);

struct CaseInsensitiveLess {
    using is_transparent = void;
    bool operator()(std::u16string_view first, std::u16string_view second) const {
        return compare(first, second, true) < 0;
    }
};

} // namespace ndispool::nt
