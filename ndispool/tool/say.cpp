#include "ndispool/tool/say.h"

#include <iostream>
#include <string>

namespace ndispool::tool {

void say(std::string_view line) {
    std::cerr << "ndispool: " + std::string(line) + "\n" << std::flush;
}

} // namespace ndispool::tool
