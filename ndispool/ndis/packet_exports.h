// The packet and packet-pool functions that drivers import.
#pragma once

#include "ndispool/nt/door.h"

#include <span>

namespace ndispool::ndis {

std::span<const nt::Export> packet_exports();

} // namespace ndispool::ndis
