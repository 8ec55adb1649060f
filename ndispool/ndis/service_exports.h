// The NDIS services that drivers import: memory, locks, events, timers, work items, lists, strings, time, log, files.
#pragma once

#include <span>

#include "ndispool/nt/door.h"

namespace ndispool::ndis {

std::span<const nt::Export> service_exports();

} // namespace ndispool::ndis
