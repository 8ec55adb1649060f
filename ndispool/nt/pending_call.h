// A call of a driver that is still to come: what an unload must not leave behind.
#pragma once

namespace ndispool::nt {

struct PendingCall {
    const void* object; // the driver's timer, DPC or work item
    const void* code;   // the routine that will be called
};

} // namespace ndispool::nt
