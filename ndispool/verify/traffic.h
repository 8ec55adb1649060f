// Who holds which packet and request: the part of the ledger that handlers move.
//   Callers:   the handlers' observer, with the arguments of the handler; at the IRQL of the handler.
#pragma once

#include "ndispool/verify/call.h"

namespace ndispool::verify {

// The driver as a protocol.
void send_is_complete(PNDIS_PACKET packet);
void transfer_is_complete(PNDIS_PACKET packet);
void request_is_complete(const void* request);
void receiving(const void* handler, NDIS_HANDLE context, PNDIS_PACKET packet);
void received(const void* handler, NDIS_HANDLE context, PNDIS_PACKET packet, int kept);
void unbound(const void* handler, NDIS_HANDLE context, const NDIS_STATUS* status);

// The driver as a miniport.
void request_given(const void* handler, NDIS_HANDLE context);
void request_answered(NDIS_HANDLE context, NDIS_STATUS status);
void sends_given(const void* handler, NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count);
void send_answered(PNDIS_PACKET packet, NDIS_STATUS status);
void sends_answered(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count);
void packet_is_back(PNDIS_PACKET packet);
void halted(const void* handler, NDIS_HANDLE context);

void forget_traffic();

} // namespace ndispool::verify
