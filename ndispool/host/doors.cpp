#include "ndispool/host/doors.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/receive.h"
#include "ndispool/host/reset.h"
#include "ndispool/host/send.h"
#include "ndispool/nt/text.h"

namespace ndispool::host {

namespace {

// The vectors that are not an export with the same arguments.
VOID indicate_packets(NDIS_HANDLE adapter, PPNDIS_PACKET packets, UINT count) {
    indicate(*adapter_of(adapter), std::span<const PNDIS_PACKET>(packets, count));
}

VOID refuse_medium() {
    report("indicate-status", "an indication for another medium than Ethernet was made");
}

VOID refuse_token_ring(PVOID, NDIS_HANDLE, PVOID, PVOID, UINT, PVOID, UINT, UINT) {
    refuse_medium();
}

VOID refuse_fddi(PVOID, NDIS_HANDLE, PUCHAR, UINT, PVOID, UINT, PVOID, UINT, UINT) {
    refuse_medium();
}

VOID refuse_completion(PVOID) {
    refuse_medium();
}

NDIS_STATUS send_by_block(NDIS_HANDLE binding, PNDIS_PACKET packet) {
    return send(*binding_of(binding), packet);
}

NDIS_STATUS transfer_by_block(NDIS_HANDLE binding, NDIS_HANDLE context, UINT offset, UINT length, PNDIS_PACKET packet,
                              PUINT transferred) {
    return transfer(*binding_of(binding), context, offset, length, packet, transferred);
}

NDIS_STATUS reset_by_block(NDIS_HANDLE binding) {
    return reset(*binding_of(binding));
}

NDIS_STATUS request_by_block(NDIS_HANDLE binding, PNDIS_REQUEST request) {
    NDIS_STATUS status;
    (NdisRequest)(&status, binding, request);
    return status;
}

// One function as the driver of this ABI calls it.
template <auto Function> decltype(Function) vector(nt::Abi abi) {
    if (abi == nt::Abi::microsoft)
        return reinterpret_cast<decltype(Function)>(reinterpret_cast<void*>(&nt::MicrosoftDoor<Function>::enter));
    return Function;
}

} // namespace

void fill_block(Adapter& adapter) {
    NDIS_MINIPORT_BLOCK& block = adapter.block;
    const nt::Abi abi = adapter.abi;
    static PVOID tag = &tag; // the header of 5.1 blocks is a signature; drivers never look inside
    block.Header = &tag;
    block.DriverHandle = adapter.miniport;
    block.MiniportName = nt::counted(adapter.name);
    block.BaseName = block.MiniportName;
    block.DeviceContext = adapter.device_context;
    block.EthDB = &adapter.filter_database;
    block.MediaType = NdisMedium802_3;
    block.PacketIndicateHandler = vector<&indicate_packets>(abi);
    block.SendCompleteHandler = vector<&NdisMSendComplete>(abi);
    block.SendResourcesHandler = vector<&NdisMSendResourcesAvailable>(abi);
    block.ResetCompleteHandler = vector<&NdisMResetComplete>(abi);
    block.EthRxIndicateHandler = vector<&EthFilterDprIndicateReceive>(abi);
    block.EthRxCompleteHandler = vector<&EthFilterDprIndicateReceiveComplete>(abi);
    block.StatusHandler = vector<&NdisMIndicateStatus>(abi);
    block.StatusCompleteHandler = vector<&NdisMIndicateStatusComplete>(abi);
    block.TDCompleteHandler = vector<&NdisMTransferDataComplete>(abi);
    block.QueryCompleteHandler = vector<&NdisMQueryInformationComplete>(abi);
    block.SetCompleteHandler = vector<&NdisMSetInformationComplete>(abi);
    // Not in use, and never NULL: a driver that calls one is told.
    block.TrRxIndicateHandler = vector<&refuse_token_ring>(abi);
    block.FddiRxIndicateHandler = vector<&refuse_fddi>(abi);
    block.TrRxCompleteHandler = block.FddiRxCompleteHandler = vector<&refuse_completion>(abi);
    for (NDIS_M_UNUSED_HANDLER* unused :
         {&block.WanSendCompleteHandler, &block.WanRcvHandler, &block.WanRcvCompleteHandler})
        *unused = vector<&refuse_medium>(abi);
}

void fill_block(Binding& binding) {
    NDIS_OPEN_BLOCK& block = binding.block;
    const nt::Abi abi = binding.abi;
    const NDIS50_PROTOCOL_CHARACTERISTICS& handlers = binding.handlers();
    block.MacHandle = block.BindingHandle = binding.handle(); // both conventions for the first argument coincide
    block.MiniportHandle = binding.adapter->handle();
    block.MiniportAdapterContext = binding.adapter->context();
    block.ProtocolHandle = binding.protocol;
    block.BindDeviceName = block.RootDeviceName = &binding.adapter->block.MiniportName;
    block.SendHandler = vector<&send_by_block>(abi);
    block.SendPacketsHandler = vector<&NdisSendPackets>(abi);
    block.TransferDataHandler = vector<&transfer_by_block>(abi);
    block.ResetHandler = vector<&reset_by_block>(abi);
    block.RequestHandler = vector<&request_by_block>(abi);
    block.SendCompleteHandler = handlers.SendCompleteHandler;
    block.TransferDataCompleteHandler = handlers.TransferDataCompleteHandler;
    block.ReceiveHandler = handlers.ReceiveHandler;
    block.ReceiveCompleteHandler = handlers.ReceiveCompleteHandler;
    block.ReceivePacketHandler = handlers.ReceivePacketHandler;
    block.RequestCompleteHandler = handlers.RequestCompleteHandler;
    block.ResetCompleteHandler = handlers.ResetCompleteHandler;
    block.StatusHandler = handlers.StatusHandler;
    block.StatusCompleteHandler = handlers.StatusCompleteHandler;
}

} // namespace ndispool::host
