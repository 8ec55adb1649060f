#include "ndispool/host/adapter.h"

#include "ndispool/host/binding.h"
#include "ndispool/host/doors.h"
#include "ndispool/host/hang_check.h"
#include "ndispool/host/receive.h"
#include "ndispool/host/send.h"

#include <algorithm>
#include <cstring>

namespace ndispool::host {

namespace {

const BindingList nobody;

// NDIS_MEDIUM in enumeration order: the miniport picks the index of what it is.
constexpr std::array media = {NdisMedium802_3,     NdisMedium802_5,       NdisMediumFddi,      NdisMediumWan,
                              NdisMediumLocalTalk, NdisMediumDix,         NdisMediumArcnetRaw, NdisMediumArcnet878_2,
                              NdisMediumAtm,       NdisMediumWirelessWan, NdisMediumIrda,      NdisMediumBpc,
                              NdisMediumCoWan,     NdisMedium1394};

ULONG ask_number(Adapter& adapter, NDIS_OID oid, ULONG otherwise) {
    ULONG value = 0;
    UINT written = 0;
    const NDIS_STATUS status = ask(adapter, NdisRequestQueryInformation, oid, &value, sizeof value, &written);
    return status == NDIS_STATUS_SUCCESS && written >= sizeof value ? value : otherwise;
}

// What NDIS asks for itself after MiniportInitialize; only the current address cannot be done without.
NDIS_STATUS learn(Adapter& adapter) {
    NDIS_MINIPORT_BLOCK& block = adapter.block;
    block.MaximumLookahead = ask_number(adapter, OID_GEN_MAXIMUM_LOOKAHEAD, 1500);
    block.MacOptions = ask_number(adapter, OID_GEN_MAC_OPTIONS, 0);
    adapter.loops_back = block.MacOptions & NDIS_MAC_OPTION_NO_LOOPBACK;
    const NDIS_STATUS status = ask(adapter, NdisRequestQueryInformation, OID_802_3_CURRENT_ADDRESS,
                                   adapter.address.data(), static_cast<UINT>(adapter.address.size()));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    block.MaximumLongAddresses = adapter.maximum_list_size = ask_number(adapter, OID_802_3_MAXIMUM_LIST_SIZE, 32);
    if (adapter.attributes & NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND) {
        NDIS_PNP_CAPABILITIES capabilities{};
        adapter.power_aware = ask(adapter, NdisRequestQueryInformation, OID_PNP_CAPABILITIES, &capabilities,
                                  sizeof capabilities) == NDIS_STATUS_SUCCESS;
    }
    if (adapter.handlers().SendPacketsHandler)
        block.MaxSendPackets =
            static_cast<USHORT>(std::min<ULONG>(ask_number(adapter, OID_GEN_MAXIMUM_SEND_PACKETS, 0), UINT16_MAX));
    return NDIS_STATUS_SUCCESS;
}

// A list that no processor can see any more.
void replace_bindings(Adapter& adapter, std::unique_ptr<const BindingList> list) {
    // Release pairs with the acquire in the receive and send paths: who sees the list sees the bindings in it.
    const BindingList* before = adapter.bindings.exchange(list.release(), std::memory_order_acq_rel);
    machine::synchronize();
    if (before != &nobody)
        delete before;
}

} // namespace

Adapter::Adapter() : filter_database{this}, bindings(&nobody) {
    prepare_sends(*this);
    prepare_loopback(*this);
}

Adapter::~Adapter() {
    machine::remove_dpc(deferred.dpc);
    machine::remove_dpc(loopback.dpc);
    const BindingList* list = bindings.load(std::memory_order_relaxed); // nobody else is left
    if (list != &nobody)
        delete list;
}

NDIS_STATUS start(Adapter& adapter) {
    adapter.abi = adapter.miniport->driver->abi;
    reopen_requests(adapter); // it may have been halted to sleep
    fill_block(adapter);      // before the driver sees the handle: its macros reach through it
    NDIS_STATUS open_error = NDIS_STATUS_SUCCESS;
    UINT selected = 0;
    NDIS_STATUS status = nt::invoke(adapter.abi, adapter.handlers().InitializeHandler, &open_error, &selected,
                                    const_cast<PNDIS_MEDIUM>(media.data()), UINT{media.size()}, adapter.handle(),
                                    static_cast<NDIS_HANDLE>(&adapter));
    if (status == NDIS_STATUS_SUCCESS && selected >= media.size())
        status = NDIS_STATUS_UNSUPPORTED_MEDIA;
    if (status != NDIS_STATUS_SUCCESS) {
        adapter.state.store(AdapterState::halted, std::memory_order_release);
        return status;
    }
    adapter.block.MediaType = media[selected];
    status = learn(adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        halt(adapter); // Halt Handler: also when what follows initialization fails
        return status;
    }
    adapter.state.store(AdapterState::running, std::memory_order_release);
    start_hang_checks(adapter);
    return NDIS_STATUS_SUCCESS;
}

void halt(Adapter& adapter) {
    stop_hang_checks(adapter);
    adapter.state.store(AdapterState::halting, std::memory_order_release);
    abort_waiting(adapter, NDIS_STATUS_REQUEST_ABORTED);
    wait_for_active(adapter); // one of NDIS's own, such as the filter of a binding that closed
    machine::synchronize();   // no handler but MiniportReturnPacket and armed timers starts from here on
    refuse_waiting_sends(adapter);
    nt::invoke(adapter.abi, adapter.handlers().HaltHandler, adapter.context());
    machine::synchronize();
    abort_sends_of_halted(adapter);
    abort_transfers_of_halted(adapter);
    adapter.state.store(AdapterState::halted, std::memory_order_release);
}

void link(Adapter& adapter, Binding& binding) {
    auto list = std::make_unique<BindingList>(*adapter.bindings.load(std::memory_order_acquire));
    list->items.push_back(&binding);
    replace_bindings(adapter, std::move(list));
}

void unlink(Adapter& adapter, Binding& binding) {
    auto list = std::make_unique<BindingList>(*adapter.bindings.load(std::memory_order_acquire));
    std::erase(list->items, &binding);
    replace_bindings(adapter, std::move(list));
}

} // namespace ndispool::host
