// Text of unknown origin (file names, what a driver logged) made safe to print.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ndispool::observe {

// Bytes of the UTF-8 character at the front of `text`; 0 when there is none: an end, a stray, overlong or surrogate
// byte.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// Every control character and every byte that is not UTF-8 becomes '?': one line, harmless to a terminal.
std::string printable(std::string_view text);

// Characters, not bytes: how far a cursor moves, for text without combining or double-width characters.
std::size_t columns(std::string_view text);

} // namespace ndispool::observe
