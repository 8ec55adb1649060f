// Bytes from one chain of buffers to another.
#pragma once

#include "ndis/packet.h"

namespace ndispool::ndis {

// The address of a buffer's memory; null: it cannot be had, and the copy ends there.
using AddressOf = PVOID (*)(PNDIS_BUFFER buffer, MM_PAGE_PRIORITY priority);

// Both chains may be empty, may have empty buffers, and may lie in the same memory. Says how many bytes were copied.
UINT copy_between(PNDIS_BUFFER to, UINT to_offset, PNDIS_BUFFER from, UINT from_offset, UINT bytes,
                  AddressOf address_of, MM_PAGE_PRIORITY priority) noexcept;

} // namespace ndispool::ndis
