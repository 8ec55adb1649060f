// Queued DPCs of drivers, by the address of the KDPC.
//   Callers:   any thread, any IRQL.
//   Holds:     routine and arguments are copied when it is queued; the KDPC is not touched afterwards.
//   Not here:  the processors' queues (machine).
#pragma once

#include <vector>

#include "ndis/dispatcher.h"
#include "ndispool/nt/pending_call.h"

namespace ndispool::nt {

bool queue_dpc(const KDPC& dpc, void* argument1, void* argument2); // false: it is queued already
bool remove_dpc(const KDPC& dpc);                                  // true: it was queued and will not run

std::vector<PendingCall> dpcs_of(const void* owner); // queued ones whose routine is code of this driver

} // namespace ndispool::nt
