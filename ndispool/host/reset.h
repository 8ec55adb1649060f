// A reset of an adapter, asked for by a protocol.
//   Callers:   up to DISPATCH_LEVEL.
//   Holds:     one at a time for an adapter; while it runs, sends and requests are answered RESET_IN_PROGRESS and never reach the
//              miniport. Bindings see RESET_START before and RESET_END after, each followed by a status complete.
#pragma once

#include <ndis.h>

namespace ndispool::host {

struct Adapter;
struct Binding;

// The final status, or PENDING and then ProtocolResetComplete.
NDIS_STATUS reset(Binding& binding);
void reset_completed(Adapter& adapter, NDIS_STATUS status, bool addressing_reset);

// NdisMIndicateStatus and NdisMIndicateStatusComplete: to every open binding.
void indicate_status(Adapter& adapter, NDIS_STATUS status, PVOID buffer, UINT length);
void indicate_status_complete(Adapter& adapter);

} // namespace ndispool::host
