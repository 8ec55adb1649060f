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

// Forgets the whole registry of the last run.
void set_parameters(const std::vector<Parameter>& parameters, std::u16string_view service);
// They become the subkey Parameters of the driver's service key, where Zw functions find them too. Whose they are and for which
// adapter is the caller's to sort out: those of one adapter come to its own key, by its device name.
void add_parameters(const std::vector<Parameter>& parameters, std::u16string_view service);
void add_adapter_parameters(const std::vector<Parameter>& parameters, std::u16string_view service,
                            std::u16string_view device);

// The device name of the virtual adapter that an intermediate driver has over `adapter` (its UpperBindings).
std::u16string upper_device(std::u16string_view device);
std::u16string upper_device(const Adapter& adapter);

} // namespace ndispool::host
