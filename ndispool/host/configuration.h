// Configuration parameters: what the user gave for the driver, seen by it through NdisOpenConfiguration and its neighbours.
//   Callers:   PASSIVE_LEVEL; one call at a time on a handle.
//   Holds:     a value that was read stays until its handle is closed. What a driver writes, later handles of the run read.
//   Not here:  keys and values themselves (nt/registry.h), where the parameters came from (the tool).
#pragma once

#include "ndispool/host/run.h"

#include <string>
#include <string_view>
#include <vector>

namespace ndispool::host {

struct Adapter;

// They become the subkey Parameters of the driver's service key, where Zw functions find them too. Forgets the whole registry of
// the last run.
void set_parameters(const std::vector<Parameter>& parameters, std::u16string_view service = u"driver");

// The device name of the virtual adapter that an intermediate driver has over `adapter` (its UpperBindings).
std::u16string upper_device(const Adapter& adapter);

} // namespace ndispool::host
