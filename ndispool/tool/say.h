// One line on standard error, for the person at the terminal.
#pragma once

#include <string_view>

namespace ndispool::tool {

void say(std::string_view line);

} // namespace ndispool::tool
