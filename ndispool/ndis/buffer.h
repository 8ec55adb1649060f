// Buffer descriptors: MDLs over memory that somebody else owns.
//   Callers:   any thread, any IRQL up to DISPATCH; one user of a descriptor at a time.
//   Holds:     a buffer is an MDL of IoAllocateMdl, mapped from the start: a driver may free either with the function
//              made for the other.
//   Not here:  MDLs as such (nt), chains of a packet (packet_chain.h), buffer pools: a handle means nothing.
#pragma once

#include "ndis/buffer.h"

namespace ndispool::ndis {

// Null: no memory, or more pages than an MDL can say.
[[nodiscard]] PNDIS_BUFFER make_buffer(PVOID address, UINT bytes) noexcept;
void free_buffer(PNDIS_BUFFER buffer) noexcept; // null does nothing

// Buffers for a part of a chain; null: the part is not inside it, or no memory.
[[nodiscard]] PNDIS_BUFFER copy_buffer(PNDIS_BUFFER source, UINT offset, UINT bytes) noexcept;

// The address of the memory, as the plain functions answer, whatever the priority.
[[nodiscard]] PVOID plain_address(PNDIS_BUFFER buffer, MM_PAGE_PRIORITY) noexcept;
// As the Safe functions answer; null: refused.
[[nodiscard]] PVOID safe_address(PNDIS_BUFFER buffer, MM_PAGE_PRIORITY priority) noexcept;

// Asked before a descriptor is made, and before the Safe functions map one: true refuses. Null: nothing is refused. Any
// thread calls them.
struct BufferFaults {
    bool (*descriptor)() = nullptr;
    bool (*mapping)(MM_PAGE_PRIORITY priority) = nullptr;
};
void set_buffer_faults(BufferFaults faults) noexcept;

} // namespace ndispool::ndis
