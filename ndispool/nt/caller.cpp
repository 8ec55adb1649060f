#include "ndispool/nt/caller.h"

namespace ndispool::nt {

constinit thread_local const void* door_return_address = nullptr;

} // namespace ndispool::nt
