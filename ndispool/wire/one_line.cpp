#include "ndispool/wire/one_line.h"

#include <algorithm>
#include <system_error>

namespace ndispool::wire {

std::string one_line(std::string_view text) {
    std::string line(text);
    const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    std::replace_if(line.begin(), line.end(), control, '?');
    return line;
}

std::string errno_text(int error) {
    return std::generic_category().message(error);
}

} // namespace ndispool::wire
