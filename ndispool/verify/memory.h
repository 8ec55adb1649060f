// The ledger of memory that the driver allocated, with a canary on either side of each block.
//   Callers:   the checked forms of memory functions; any thread, <= DISPATCH.
//   Holds:     what the driver gets is aligned as the plain form aligns it; lookaside lists included. A freed block is
//              poisoned and kept for a while, within quarantine_bytes.
//   Not here:  memory that NDIS allocates for the driver (names of adapters): the plain form frees it.
#pragma once

#include "ndispool/verify/call.h"

#include <optional>
#include <string>

namespace ndispool::verify {

// What of the driver's memory lies at or next to this address.
struct Neighbour {
    std::string text; // "16 bytes behind a block of 64 bytes"
    Site allocated, freed;
};
std::optional<Neighbour> memory_at(std::uintptr_t address);

void judge_memory(); // after the unload
void forget_memory();

} // namespace ndispool::verify
