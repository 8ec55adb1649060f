// What is not a result goes to standard error, a line at a time.
#pragma once

#include <string_view>

namespace ndispool::tool {

// "ndispool: LINE", one line whatever is in it.
void say(std::string_view line);

} // namespace ndispool::tool
