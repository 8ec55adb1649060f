// Numbers as options give them: all of the text, in decimal, within limits.
#pragma once

#include <cstdint>
#include <string_view>

namespace ndispool::tool {

// Throw UsageError, which begins with `option`.
std::uint64_t whole_number(std::string_view option, std::string_view text, std::uint64_t least, std::uint64_t most);
double seconds(std::string_view option, std::string_view text); // more than 0

} // namespace ndispool::tool
