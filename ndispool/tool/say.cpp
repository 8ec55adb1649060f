#include "ndispool/tool/say.h"

#include "ndispool/observe/utf8.h"

#include <cstdio>
#include <fmt/format.h>

namespace ndispool::tool {

void say(std::string_view line) {
    const std::string text = fmt::format("ndispool: {}\n", observe::printable(line));
    // With standard error closed there is nobody to tell.
    std::fwrite(text.data(), 1, text.size(), stderr);
}

} // namespace ndispool::tool
