// The ledger of memory that the driver allocated, with a canary on either side of each block, and a guard behind most.
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

// From the handler of a fault: true when the address is behind a block or in one that was freed. It is taken down then, and the
// instruction may be tried again.
bool touched(std::uintptr_t address, bool write, const Site& where) noexcept;

// Reports a lock that lies in memory that was freed. What the memory was filled with says that it is held, for ever: it is zero then.
void survive_freed_memory(Call& call, const void* address, std::size_t bytes, const char* what);

void judge_memory(); // after the unload
// While the driver is still there but goes on no more: what was written where nothing should be.
void inspect_memory(const char* when);
void forget_memory();

} // namespace ndispool::verify
