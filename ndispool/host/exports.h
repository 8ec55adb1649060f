// The host's part of the plain door, subject by subject, and all of the door together.
//   Holds:     every function that a driver can import is here exactly once, under its Windows name, in both ABIs.
#pragma once

#include "ndispool/nt/door.h"

#include <span>
#include <string_view>

namespace ndispool::host {

std::span<const nt::Export> registration_exports();
std::span<const nt::Export> traffic_exports();
std::span<const nt::Export> adapter_exports();
std::span<const nt::Export> configuration_exports();
std::span<const nt::Export> resource_exports();

// The entry for `name`, of any room; null when no function of that name exists.
const nt::Export* find_export(std::string_view name);

// The entry that the driver under test gets: the checker's, when there is one that has a form of this function.
const nt::Export* driver_export(std::string_view name);

// What a function that is not here belongs to, when ndispool will not have it; else empty.
std::string_view out_of_scope(std::string_view name);

} // namespace ndispool::host
