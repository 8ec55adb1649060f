// The way up: from a miniport's indication to every binding that wants the frame, and the packets back.
//   Callers:   any thread, up to DISPATCH_LEVEL; everything runs at DISPATCH_LEVEL.
//   Holds:     a lent packet goes back to its miniport exactly once, when every reference that any binding took was given back,
//              in whatever order and on whatever processor. What is shown with RESOURCES is not touched after the
//              indication.
#pragma once

#include <cstddef>
#include <ndis.h>
#include <span>

namespace ndispool::host {

struct Adapter;
struct Binding;

// NdisMIndicateReceivePacket.
void indicate(Adapter& adapter, std::span<const PNDIS_PACKET> packets);

// NdisMEthIndicateReceive: the lookahead way, and its end.
struct Lookahead {
    NDIS_HANDLE receive_context;
    PVOID header;
    UINT header_bytes;
    PVOID data;
    UINT data_bytes;
    UINT packet_bytes; // without the header
};
void indicate(Adapter& adapter, const Lookahead& lookahead);
void indication_complete(Adapter& adapter);

void return_packets(std::span<const PNDIS_PACKET> packets);

// Inside ProtocolReceive: the packet behind the context, null when there is none or it is not this binding's.
PNDIS_PACKET received_packet(const Binding& binding, NDIS_HANDLE receive_context);

NDIS_STATUS transfer(Binding& binding, NDIS_HANDLE receive_context, UINT offset, UINT length, PNDIS_PACKET packet,
                     UINT* transferred);
void transfer_completed(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred);
// MiniportHalt is over: what the miniport did not complete is completed with REQUEST_ABORTED.
void abort_transfers_of_halted(Adapter& adapter);

// Shows one frame of the host's own (a looped-back send) to the bindings that want it. `skip` is left out when not null.
void show(Adapter& adapter, PNDIS_PACKET packet, const Binding* skip);

} // namespace ndispool::host
