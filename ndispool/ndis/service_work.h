// Work items of drivers that were scheduled and have not begun.
//   Callers:   any thread, <= DISPATCH.
//   Holds:     routine and context are copied when an item is scheduled; the item is not touched afterwards. An item is
//              queued once at a time.
//   Not here:  waiting for them: machine::drain_work() returns when every item queued before has finished.
#pragma once

#include <vector>

#include "ndispool/nt/pending_call.h"

namespace ndispool::ndis {

std::vector<nt::PendingCall> work_of(const void* owner); // queued items whose routine is code of this driver

} // namespace ndispool::ndis
