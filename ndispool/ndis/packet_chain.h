// The chain of buffer descriptors of a packet: taking off at both ends, and looking at its start.
//   Callers:   any IRQL; one user of the packet at a time.
//   Holds:     a descriptor taken off has Next NULL. The chain is what Head and Next say: drivers edit it by hand
//              and leave Tail behind, so Tail is never followed.
//   Not here:  putting on (inline in the driver's header).
#pragma once

#include "ndis/packet.h"

namespace ndispool::ndis {

// Null: the packet has no buffer.
[[nodiscard]] PNDIS_BUFFER unchain_front(NDIS_PACKET& packet) noexcept;
[[nodiscard]] PNDIS_BUFFER unchain_back(NDIS_PACKET& packet) noexcept;

// Bytes of the whole chain, without the packet's cached counts.
[[nodiscard]] UINT chain_bytes(const NDIS_BUFFER* first) noexcept;

} // namespace ndispool::ndis
