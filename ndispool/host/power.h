// Power of one adapter: down to a sleeping state and back, in the documented order. A driver meets this where a machine suspends.
//   Callers:   PASSIVE_LEVEL. Each is an operation (operation.h).
//   Holds:     down: every binding has answered its event before the miniport is told, so what a protocol had out is back. While
//              the adapter sleeps, sends and requests fail and indications are dropped. Up: the miniport first, with its filters
//              restored, then the bindings. An intermediate driver's two adapters go down and up one by one, in any
//              order; the filters of its own are restored when both are up.
//              A miniport that knows no power states is halted and initialized again; a protocol that knows no power events
//              is unbound and bound again.
#pragma once

#include <ndis.h>

namespace ndispool::host {

struct Adapter;

// An intermediate driver keeps a request until the adapter below wakes up. It cannot be told of anything else
// meanwhile, so its own adapter cannot go to sleep first.
bool keeps_request(Adapter& adapter);

// False: it does not run, keeps a request, or did not wake up.
bool power_down(Adapter& adapter, NDIS_DEVICE_POWER_STATE to);
bool power_up(Adapter& adapter);

} // namespace ndispool::host
