// The plain door: sends, receives, requests and resets, as protocols and miniports call them. Flat: convert, call, convert.
#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/filter.h"
#include "ndispool/host/receive.h"
#include "ndispool/host/reset.h"
#include "ndispool/host/send.h"

#include <cstring>

namespace ndispool::host {

namespace {

Adapter& of_filter(PVOID filter) {
    return *static_cast<FilterDatabase*>(filter)->adapter;
}

// Answers with the status, or PENDING and the protocol's completion handler.
NDIS_STATUS request(Binding& binding, NDIS_REQUEST& original) {
    const BindingState state = binding.state.load(std::memory_order_acquire);
    if (state != BindingState::open)
        return state == BindingState::opening ? NDIS_STATUS_ADAPTER_NOT_READY : NDIS_STATUS_CLOSING;
    if (binding.adapter->state.load(std::memory_order_acquire) == AdapterState::low_power)
        return NDIS_STATUS_FAILURE; // NDIS 5 has no code for low power
    if (binding.adapter->resetting.load(std::memory_order_acquire))
        return NDIS_STATUS_RESET_IN_PROGRESS;
    machine::DispatchScope dispatch;
    original.DATA.QUERY_INFORMATION.BytesWritten = original.DATA.QUERY_INFORMATION.BytesNeeded = 0;
    if (const auto status = answer_for_binding(binding, original))
        return *status;
    if (const auto status = merge_for_adapter(binding, original))
        return *status;

    auto forwarded = std::make_shared<Request>();
    forwarded->type = original.RequestType;
    forwarded->oid = original.DATA.QUERY_INFORMATION.Oid;
    forwarded->buffer = original.DATA.QUERY_INFORMATION.InformationBuffer;
    forwarded->length = original.DATA.QUERY_INFORMATION.InformationBufferLength;
    // Into the requester's own block, so that a late write of the miniport lands in the right place.
    forwarded->done = &original.DATA.QUERY_INFORMATION.BytesWritten;
    forwarded->needed = &original.DATA.QUERY_INFORMATION.BytesNeeded;
    return submit_for(binding, original, forwarded);
}

} // namespace

} // namespace ndispool::host

using namespace ndispool::host;

extern "C" {

VOID NdisSend(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_PACKET packet) {
    *status = send(*binding_of(binding), packet);
}

VOID NdisSendPackets(NDIS_HANDLE binding, PPNDIS_PACKET packets, UINT count) {
    send(*binding_of(binding), std::span<const PNDIS_PACKET>(packets, count));
}

VOID NdisCancelSendPackets(NDIS_HANDLE binding, PVOID cancel_id) {
    cancel_sends(*binding_of(binding), cancel_id);
}

VOID NdisReturnPackets(PNDIS_PACKET* packets, UINT count) {
    return_packets(std::span<const PNDIS_PACKET>(packets, count));
}

PNDIS_PACKET NdisGetReceivedPacket(NDIS_HANDLE binding, NDIS_HANDLE context) {
    return received_packet(*binding_of(binding), context);
}

NDIS_STATUS NdisQueryReceiveInformation(NDIS_HANDLE binding, NDIS_HANDLE context, PLONGLONG sent, PLONGLONG received,
                                        PUCHAR buffer, UINT room, PUINT needed) {
    PNDIS_PACKET const packet = received_packet(*binding_of(binding), context);
    *needed = 0;
    if (!packet)
        return NDIS_STATUS_FAILURE;
    if (sent)
        *sent = static_cast<LONGLONG>(NDIS_GET_PACKET_TIME_SENT(packet));
    if (received)
        *received = static_cast<LONGLONG>(NDIS_GET_PACKET_TIME_RECEIVED(packet));
    PVOID information = nullptr;
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &information, needed);
    if (*needed > room)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    if (*needed > 0)
        std::memcpy(buffer, information, *needed);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisTransferData(PNDIS_STATUS status, NDIS_HANDLE binding, NDIS_HANDLE context, UINT offset, UINT length,
                      PNDIS_PACKET packet, PUINT transferred) {
    *status = transfer(*binding_of(binding), context, offset, length, packet, transferred);
}

VOID NdisRequest(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_REQUEST original) {
    *status = ndispool::host::request(*binding_of(binding), *original);
}

VOID NdisReset(PNDIS_STATUS status, NDIS_HANDLE binding) {
    *status = reset(*binding_of(binding)->adapter, binding_of(binding));
}

VOID NdisMSendComplete(NDIS_HANDLE adapter, PNDIS_PACKET packet, NDIS_STATUS status) {
    send_completed(*adapter_of(adapter), packet, status);
}

VOID NdisMSendResourcesAvailable(NDIS_HANDLE adapter) {
    sends_possible(*adapter_of(adapter));
}

VOID NdisMTransferDataComplete(NDIS_HANDLE adapter, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred) {
    transfer_completed(*adapter_of(adapter), packet, status, transferred);
}

VOID NdisMQueryInformationComplete(NDIS_HANDLE adapter, NDIS_STATUS status) {
    completed(*adapter_of(adapter), status);
}

VOID NdisMSetInformationComplete(NDIS_HANDLE adapter, NDIS_STATUS status) {
    completed(*adapter_of(adapter), status);
}

VOID NdisMResetComplete(NDIS_HANDLE adapter, NDIS_STATUS status, BOOLEAN addressing_reset) {
    reset_completed(*adapter_of(adapter), status, addressing_reset);
}

VOID EthFilterDprIndicateReceive(PVOID filter, NDIS_HANDLE context, PCHAR, PVOID header, UINT header_bytes, PVOID data,
                                 UINT data_bytes, UINT packet_bytes) {
    indicate(of_filter(filter), Lookahead{context, header, header_bytes, data, data_bytes, packet_bytes});
}

VOID EthFilterDprIndicateReceiveComplete(PVOID filter) {
    indication_complete(of_filter(filter));
}

} // extern "C"

namespace ndispool::host {

std::span<const nt::Export> traffic_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisSend),
        NDISPOOL_EXPORT(NdisSendPackets),
        NDISPOOL_EXPORT(NdisCancelSendPackets),
        NDISPOOL_EXPORT(NdisReturnPackets),
        NDISPOOL_EXPORT(NdisGetReceivedPacket),
        NDISPOOL_EXPORT(NdisQueryReceiveInformation),
        NDISPOOL_EXPORT(NdisTransferData),
        NDISPOOL_EXPORT(NdisRequest),
        NDISPOOL_EXPORT(NdisReset),
        NDISPOOL_EXPORT(NdisMSendComplete),
        NDISPOOL_EXPORT(NdisMSendResourcesAvailable),
        NDISPOOL_EXPORT(NdisMTransferDataComplete),
        NDISPOOL_EXPORT(NdisMQueryInformationComplete),
        NDISPOOL_EXPORT(NdisMSetInformationComplete),
        NDISPOOL_EXPORT(NdisMResetComplete),
        NDISPOOL_EXPORT(EthFilterDprIndicateReceive),
        NDISPOOL_EXPORT(EthFilterDprIndicateReceiveComplete),
    };
    return list;
}

} // namespace ndispool::host
