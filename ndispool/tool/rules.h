// The rules by name, for formats that carry them: those of the checked door and of the sweep.
#pragma once

#include "ndispool/observe/rule_text.h"

#include <span>

namespace ndispool::tool {

std::span<const observe::RuleText> rule_texts();

} // namespace ndispool::tool
