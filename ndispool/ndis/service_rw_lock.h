// A read-write lock in the 1040 bytes of an NDIS_RW_LOCK.
//   Callers:   at DISPATCH, where a processor's number names its thread; any number of processors up to 32.
//   Holds:     a reader touches its own processor's count only, unless there is a writer. A processor that reads may
//              read again although a writer waits; the writer may read and write again. Zero-filled is free.
//   Not here:  IRQL (the exports).
#pragma once

#include "ndis/sync.h"

namespace ndispool::ndis {

// What an acquisition was, in LOCK_STATE.LockState.
enum class Hold : USHORT { read = 1, write = 2, nested_in_write = 3 };

Hold acquire_to_read(NDIS_RW_LOCK& lock) noexcept;
Hold acquire_to_write(NDIS_RW_LOCK& lock) noexcept;
void release(NDIS_RW_LOCK& lock, Hold hold) noexcept;

} // namespace ndispool::ndis
