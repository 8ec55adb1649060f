// Text made safe for XML 1.0: markup escaped; what XML cannot hold (most control characters, bytes that are not UTF-8) becomes '?'.
#pragma once

#include <string>
#include <string_view>

namespace ndispool::observe {

std::string xml(std::string_view text);

} // namespace ndispool::observe
