// MiniportCheckForHang: asked again and again while an adapter runs; a miniport that says it hangs is reset.
//   Callers:   PASSIVE_LEVEL, one operation at a time.
//   Holds:     the handler runs at DISPATCH_LEVEL, never while a reset goes on; after stop_hang_checks() it does not run.
//   Not here:  timeouts of sends and requests: they never reset an adapter, since a host thread may be stopped at any time.
#pragma once

namespace ndispool::host {

struct Adapter;

void start_hang_checks(Adapter& adapter); // nothing happens for a miniport without the handler
void stop_hang_checks(Adapter& adapter);

} // namespace ndispool::host
