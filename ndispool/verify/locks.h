// The driver's spin locks and read-write locks: who holds which, and in which order they are taken.
//   Callers:   the checked forms of lock functions; the handlers' observer.
//   Holds:     each thread knows its own held locks, up to the number Thread has room for. An order of two locks is remembered
//              from the first time it is seen until one of them is initialised again or freed.
#pragma once

#include "ndispool/verify/call.h"

namespace ndispool::verify {

// A handler of the driver returns: it must not hold more locks than when it was called.
void check_locks_left(const void* handler, unsigned held_before);

void forget_locks();

} // namespace ndispool::verify
