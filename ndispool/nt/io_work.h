// Work items of devices that were queued and have not begun.
//   Callers:   any thread, <= DISPATCH.
//   Holds:     routine and context are copied when an item is queued; the item is not touched afterwards. An item is
//              queued once at a time.
//   Not here:  waiting for them: machine::drain_work(); work items of NDIS (ndis).
#pragma once

#include <vector>

#include "ndispool/nt/pending_call.h"

namespace ndispool::nt {

std::vector<PendingCall> io_work_of(const void* owner); // queued items whose routine is code of this driver

} // namespace ndispool::nt
