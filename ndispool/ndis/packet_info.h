// Per-packet information on its way through an intermediate driver, and cancel ids.
//   Callers:   any thread, any IRQL.
//   Not here:  the slots of one packet (macros of the driver's header).
#pragma once

#include "ndis/packet.h"

namespace ndispool::ndis {

// Down: what describes the data and the request. Not the scatter/gather list, which maps the other packet's buffers,
// and not the original packet, which belongs to receives.
void copy_send_info(NDIS_PACKET& to, NDIS_PACKET& from) noexcept;
// Up: the same, with what the miniport wrote into it; the cancel id of the upper packet is its sender's.
void copy_send_complete_info(NDIS_PACKET& to, NDIS_PACKET& from) noexcept;

// 1 to 255, in turn. 0 would be "no id" to a driver that puts nothing below it.
UCHAR next_partial_cancel_id() noexcept;

} // namespace ndispool::ndis
