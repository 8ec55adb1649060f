// Calls of the host into the driver: what each handler is, and what its call does to who holds which packet.
//   Callers:   set_role() from the checked registration functions; the observer is told by nt::invoke.
//   Holds:     a handler comes back with the locks and at the level it was called with, or that is reported.
#pragma once

#include "ndispool/nt/invoke.h"

#include <cstdint>

namespace ndispool::verify {

enum class Role : std::uint8_t {
    other,
    send_complete,
    transfer_complete,
    request_complete,
    receive_packet,
    unbind,
    halt,
    query,
    set,
    send,
    send_packets,
    return_packet,
};

void set_role(const void* handler, Role role);

nt::CallObserver& handler_observer();
void forget_handlers();

} // namespace ndispool::verify
