// An interface receives frames for every address while a socket asks for it; the kernel counts the askers.
#pragma once

#include "ndispool/wire/descriptor.h"
#include "ndispool/wire/interface.h"

namespace ndispool::wire {

// As long as the AF_PACKET socket lives. Throws Error.
void ask_for_all(const Descriptor& socket, const Spec& spec, const Link& link);

} // namespace ndispool::wire
