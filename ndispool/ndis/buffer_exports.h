// The buffer and buffer-pool functions that drivers import.
#pragma once

#include "ndispool/nt/door.h"

#include <span>

namespace ndispool::ndis {

std::span<const nt::Export> buffer_exports();

} // namespace ndispool::ndis
