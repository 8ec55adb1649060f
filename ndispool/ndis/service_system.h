// Seams of the system services: what only the host can answer.
#pragma once

#include <string_view>

namespace ndispool::ndis {

// NdisGetRoutineAddress asks here: the export of that name, callable by the driver whose call site is `caller`; null
// when there is none. Without a hook nothing is found. Returns the hook before.
using RoutineLookup = void* (*)(std::string_view name, const void* caller);
RoutineLookup set_routine_lookup(RoutineLookup lookup) noexcept;

} // namespace ndispool::ndis
