// The way down: from a protocol's send to the miniport, and the completion back.
//   Callers:   any thread, up to DISPATCH_LEVEL; everything runs at DISPATCH_LEVEL.
//   Holds:     each packet is completed to its sender exactly once. Order is kept, also by the queue of a serialized miniport.
//              The sending binding is noted in the packet's hidden header, one packet-stack level for each hop.
//   Not here:  what a looped-back frame meets on its way up (receive.h).
#pragma once

#include <ndis.h>
#include <span>

namespace ndispool::host {

struct Adapter;
struct Binding;

// Once, before anything is sent: a DPC that may be queued is not changed.
void prepare_sends(Adapter& adapter);

// PENDING, or the final status and then no completion follows.
NDIS_STATUS send(Binding& binding, PNDIS_PACKET packet);
// Every packet ends in ProtocolSendComplete.
void send(Binding& binding, std::span<const PNDIS_PACKET> packets);

// From the miniport.
void send_completed(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status);
// From the host's own adapter: several that were sent, in order.
void send_completed(Adapter& adapter, std::span<const PNDIS_PACKET> packets);
void sends_possible(Adapter& adapter);

// Inside the serializer, or of a deserialized miniport: a reset begins. What waits is completed with REQUEST_ABORTED, and what
// a serialized miniport has inside; a deserialized one does that itself.
void abort_sends_for_reset(Adapter& adapter);

// The miniport takes nothing from here on, it sleeps or is about to halt: what a serialized one has not been given yet fails.
void refuse_waiting_sends(Adapter& adapter);
// MiniportHalt is over: what a serialized miniport had inside is completed with REQUEST_ABORTED.
void abort_sends_of_halted(Adapter& adapter);

void cancel_sends(Binding& binding, PVOID cancel_id);

// Notes a send or transfer of the binding in `packet`. False: the packet is on its way already.
bool begin_operation(Binding& binding, PNDIS_PACKET packet);
// Ends it and says for which binding it was; null when there was none.
Binding* end_operation(PNDIS_PACKET packet);

} // namespace ndispool::host
