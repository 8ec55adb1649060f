// System threads of drivers, their handles and references.
//   Callers:   the exports of <ndis/thread.h>, any thread; join_threads() at unload, PASSIVE.
//   Holds:     a thread's object is signalled when the thread has left the driver's code for good. It lives until its handle is
//              closed, its references are gone and it is over.
//   Not here:  handles and references of other objects (handles.h), which the exports ask about what is no thread.
#pragma once

#include <chrono>
#include <vector>

#include "ndispool/nt/pending_call.h"

namespace ndispool::nt {

// Waits until every thread whose start routine is `owner`'s code is over, at most so long. What still runs is the answer.
std::vector<PendingCall> join_threads(const void* owner, std::chrono::milliseconds limit);

} // namespace ndispool::nt
