// The ledger of buffer descriptors (and other MDLs) that the driver made.
//   Callers:   the checked forms of buffer functions; any thread, <= DISPATCH.
//   Holds:     a freed descriptor is poisoned and kept for a while before the core frees it.
#pragma once

#include "ndispool/verify/call.h"

namespace ndispool::verify {

// The driver's own descriptors in this packet's chain: freed with it, unless the driver frees them later.
void note_chained_at_free(PNDIS_PACKET packet, const Site& now);

void judge_buffers(); // after the unload
void forget_buffers();

} // namespace ndispool::verify
