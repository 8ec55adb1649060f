// What drivers may import from ntoskrnl and hal.
#pragma once

#include <span>

#include "ndispool/nt/door.h"

namespace ndispool::nt {

std::span<const Export> exports();

} // namespace ndispool::nt
