// A reset of an adapter, asked for by a protocol, or by NDIS because the miniport said that it hangs or the user wants one.
//   Callers:   up to DISPATCH_LEVEL.
//   Holds:     one at a time for an adapter; while it runs, sends and requests are answered RESET_IN_PROGRESS and never reach the
//              miniport. Bindings see RESET_START before and RESET_END after, each followed by a status complete. What waited
//              for the miniport is completed with REQUEST_ABORTED, and so is what a serialized miniport had inside.
#pragma once

#include <ndis.h>

namespace ndispool::host {

struct Adapter;
struct Binding;

// The final status, or PENDING; then ProtocolResetComplete follows to `asked_by`, if that is not null.
NDIS_STATUS reset(Adapter& adapter, Binding* asked_by);
void reset_completed(Adapter& adapter, NDIS_STATUS status, bool addressing_reset);

// NdisMIndicateStatus and NdisMIndicateStatusComplete: to every open binding.
void indicate_status(Adapter& adapter, NDIS_STATUS status, PVOID buffer, UINT length);
void indicate_status_complete(Adapter& adapter);

} // namespace ndispool::host
