// The words of a message for the user: always one line, whatever a file is called.
#pragma once

#include <string>
#include <string_view>

namespace ndispool::wire {

// Every control character, newline included, becomes '?'.
std::string one_line(std::string_view text);

// "No such file or directory" for ENOENT; any thread may ask.
std::string errno_text(int error);

} // namespace ndispool::wire
