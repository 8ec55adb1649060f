// Words as a shell takes them back.
#pragma once

#include <string>
#include <string_view>

namespace ndispool::tool {

// As it is when it is plain, else in single quotes.
std::string shell_word(std::string_view word);

} // namespace ndispool::tool
