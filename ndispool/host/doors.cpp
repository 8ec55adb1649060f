#include "ndispool/host/doors.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/checker.h"
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
    return reset(*binding_of(binding)->adapter, binding_of(binding));
}

NDIS_STATUS request_by_block(NDIS_HANDLE binding, PNDIS_REQUEST request) {
    NDIS_STATUS status;
    (NdisRequest)(&status, binding, request);
    return status;
}

// One function as this driver calls it. The host's own drivers, which have no image, get the plain form always.
template <auto Function> decltype(Function) vector(const Driver& driver, const char* name) {
    nt::Export entry = nt::offer<Function>(name);
    if (const nt::Export* const checked =
            driver.image && driver.watched && checker() ? checker()->form_of(name, entry) : nullptr)
        entry = *checked;
    return reinterpret_cast<decltype(Function)>(driver.abi == nt::Abi::microsoft ? entry.microsoft : entry.native);
}

} // namespace

void fill_block(Adapter& adapter) {
    NDIS_MINIPORT_BLOCK& block = adapter.block;
    const Driver& driver = *adapter.miniport->driver;
    static PVOID tag = &tag; // the header of 5.1 blocks is a signature; drivers never look inside
    block.Header = &tag;
    block.DriverHandle = adapter.miniport;
    block.MiniportName = nt::counted(adapter.name);
    block.BaseName = block.MiniportName;
    block.DeviceContext = adapter.device_context;
    block.EthDB = &adapter.filter_database;
    block.MediaType = NdisMedium802_3;
    block.PacketIndicateHandler = vector<&indicate_packets>(driver, "block_indicate");
    block.SendCompleteHandler = vector<&NdisMSendComplete>(driver, "NdisMSendComplete");
    block.SendResourcesHandler = vector<&NdisMSendResourcesAvailable>(driver, "NdisMSendResourcesAvailable");
    block.ResetCompleteHandler = vector<&NdisMResetComplete>(driver, "NdisMResetComplete");
    block.EthRxIndicateHandler = vector<&EthFilterDprIndicateReceive>(driver, "EthFilterDprIndicateReceive");
    block.EthRxCompleteHandler =
        vector<&EthFilterDprIndicateReceiveComplete>(driver, "EthFilterDprIndicateReceiveComplete");
    block.StatusHandler = vector<&NdisMIndicateStatus>(driver, "NdisMIndicateStatus");
    block.StatusCompleteHandler = vector<&NdisMIndicateStatusComplete>(driver, "NdisMIndicateStatusComplete");
    block.TDCompleteHandler = vector<&NdisMTransferDataComplete>(driver, "NdisMTransferDataComplete");
    block.QueryCompleteHandler = vector<&NdisMQueryInformationComplete>(driver, "NdisMQueryInformationComplete");
    block.SetCompleteHandler = vector<&NdisMSetInformationComplete>(driver, "NdisMSetInformationComplete");
    // Not in use, and never NULL: a driver that calls one is told.
    block.TrRxIndicateHandler = vector<&refuse_token_ring>(driver, "refuse_token_ring");
    block.FddiRxIndicateHandler = vector<&refuse_fddi>(driver, "refuse_fddi");
    block.TrRxCompleteHandler = block.FddiRxCompleteHandler = vector<&refuse_completion>(driver, "refuse_completion");
    for (NDIS_M_UNUSED_HANDLER* unused :
         {&block.WanSendCompleteHandler, &block.WanRcvHandler, &block.WanRcvCompleteHandler})
        *unused = vector<&refuse_medium>(driver, "refuse_medium");
}

void fill_block(Binding& binding) {
    NDIS_OPEN_BLOCK& block = binding.block;
    const Driver& driver = *binding.protocol->driver;
    const NDIS50_PROTOCOL_CHARACTERISTICS& handlers = binding.handlers();
    block.MacHandle = block.BindingHandle = binding.handle(); // both conventions for the first argument coincide
    block.MiniportHandle = binding.adapter->handle();
    block.MiniportAdapterContext = binding.adapter->context();
    block.ProtocolHandle = binding.protocol;
    block.BindDeviceName = block.RootDeviceName = &binding.adapter->block.MiniportName;
    block.SendHandler = vector<&send_by_block>(driver, "block_send");
    block.SendPacketsHandler = vector<&NdisSendPackets>(driver, "NdisSendPackets");
    block.TransferDataHandler = vector<&transfer_by_block>(driver, "block_transfer");
    block.ResetHandler = vector<&reset_by_block>(driver, "block_reset");
    block.RequestHandler = vector<&request_by_block>(driver, "block_request");
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
