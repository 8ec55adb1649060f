// The checked forms of registration and binding functions.
#include "ndispool/verify/bindings.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/handlers.h"

#include <algorithm>
#include <cstring>

namespace ndispool::verify {

namespace {

Table<BindingEntry>& bindings() {
    static auto& all = *new Table<BindingEntry>;
    return all;
}

template <class Handler> void role(Handler handler, Role what) {
    set_role(reinterpret_cast<const void*>(handler), what);
}

void note_protocol(const NDIS_PROTOCOL_CHARACTERISTICS& handlers) {
    role(handlers.SendCompleteHandler, Role::send_complete);
    role(handlers.TransferDataCompleteHandler, Role::transfer_complete);
    role(handlers.RequestCompleteHandler, Role::request_complete);
    role(handlers.ReceivePacketHandler, Role::receive_packet);
    role(handlers.UnbindAdapterHandler, Role::unbind);
}

void note_miniport(const void* characteristics, UINT length) {
    NDIS51_MINIPORT_CHARACTERISTICS handlers{};
    std::memcpy(&handlers, characteristics, std::min<std::size_t>(length, sizeof handlers));
    role(handlers.HaltHandler, Role::halt);
    role(handlers.QueryInformationHandler, Role::query);
    role(handlers.SetInformationHandler, Role::set);
    role(handlers.SendHandler, Role::send);
    if (handlers.MajorNdisVersion >= 4) {
        role(handlers.ReturnPacketHandler, Role::return_packet);
        role(handlers.SendPacketsHandler, Role::send_packets);
    }
}

VOID NTAPI RegisterProtocol(PNDIS_STATUS status, PNDIS_HANDLE handle, PNDIS_PROTOCOL_CHARACTERISTICS characteristics,
                            UINT length) {
    NDISPOOL_CALL(NdisRegisterProtocol);
    if (call.refused()) {
        *handle = nullptr;
        *status = NDIS_STATUS_RESOURCES;
        return;
    }
    if (characteristics && length >= sizeof(NDIS40_PROTOCOL_CHARACTERISTICS))
        note_protocol(*characteristics);
    plain_NdisRegisterProtocol(status, handle, characteristics, length);
}

VOID NTAPI DeregisterProtocol(PNDIS_STATUS status, NDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisDeregisterProtocol);
    if (call.null_argument(handle, "protocol handle")) {
        *status = NDIS_STATUS_SUCCESS;
        return;
    }
    plain_NdisDeregisterProtocol(status, handle);
}

NDIS_STATUS NTAPI RegisterMiniport(NDIS_HANDLE wrapper, PNDIS_MINIPORT_CHARACTERISTICS characteristics, UINT length) {
    NDISPOOL_CALL(NdisMRegisterMiniport);
    if (call.refused())
        return NDIS_STATUS_RESOURCES;
    if (characteristics)
        note_miniport(characteristics, length);
    return plain_NdisMRegisterMiniport(wrapper, characteristics, length);
}

NDIS_STATUS NTAPI RegisterLayeredMiniport(NDIS_HANDLE wrapper, PNDIS_MINIPORT_CHARACTERISTICS characteristics,
                                          UINT length, PNDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisIMRegisterLayeredMiniport);
    if (call.refused()) {
        *handle = nullptr;
        return NDIS_STATUS_RESOURCES;
    }
    if (characteristics)
        note_miniport(characteristics, length);
    return plain_NdisIMRegisterLayeredMiniport(wrapper, characteristics, length, handle);
}

VOID NTAPI RegisterUnloadHandler(NDIS_HANDLE wrapper, PDRIVER_UNLOAD handler) {
    NDISPOOL_CALL(NdisMRegisterUnloadHandler);
    plain_NdisMRegisterUnloadHandler(wrapper, handler);
}

void note_adapter(NDIS_HANDLE context, bool deserialized) {
    adapters().make(context, [&](AdapterEntry& entry) {
        entry = {};
        entry.deserialized = deserialized;
    });
}

VOID NTAPI SetAttributes(NDIS_HANDLE adapter, NDIS_HANDLE context, UINT hang_seconds, ULONG flags,
                         NDIS_INTERFACE_TYPE type) {
    NDISPOOL_CALL(NdisMSetAttributesEx);
    note_adapter(context, flags & NDIS_ATTRIBUTE_DESERIALIZE);
    plain_NdisMSetAttributesEx(adapter, context, hang_seconds, flags, type);
}

VOID NTAPI SetOldAttributes(NDIS_HANDLE adapter, NDIS_HANDLE context, BOOLEAN bus_master, NDIS_INTERFACE_TYPE type) {
    NDISPOOL_CALL(NdisMSetAttributes);
    note_adapter(context, false);
    plain_NdisMSetAttributes(adapter, context, bus_master, type);
}

VOID NTAPI OpenAdapter(PNDIS_STATUS status, PNDIS_STATUS open_error, PNDIS_HANDLE handle, PUINT selected,
                       PNDIS_MEDIUM media, UINT media_count, NDIS_HANDLE protocol, NDIS_HANDLE context,
                       PNDIS_STRING name, UINT options, PSTRING addressing) {
    NDISPOOL_CALL(NdisOpenAdapter);
    if (call.refused()) {
        *handle = nullptr;
        *status = *open_error = NDIS_STATUS_RESOURCES;
        return;
    }
    plain_NdisOpenAdapter(status, open_error, handle, selected, media, media_count, protocol, context, name, options,
                          addressing);
    if (*handle && (*status == NDIS_STATUS_SUCCESS || *status == NDIS_STATUS_PENDING))
        bindings().make(*handle, [&](BindingEntry& entry) { entry = {context, call.site(), {}}; });
}

VOID NTAPI CloseAdapter(PNDIS_STATUS status, NDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisCloseAdapter);
    if (call.null_argument(handle, "binding handle")) {
        *status = NDIS_STATUS_SUCCESS;
        return;
    }
    if (!check_binding(call, handle)) {
        *status = NDIS_STATUS_FAILURE;
        return;
    }
    bindings().find(handle, [&](BindingEntry* entry) {
        if (entry)
            entry->closed = call.site();
    });
    plain_NdisCloseAdapter(status, handle);
}

VOID NTAPI CompleteUnbind(NDIS_HANDLE context, NDIS_STATUS status) {
    NDISPOOL_CALL(NdisCompleteUnbindAdapter);
    plain_NdisCompleteUnbindAdapter(context, status);
}

} // namespace

bool check_binding(Call& call, NDIS_HANDLE handle) {
    return bindings().find(handle, [&](const BindingEntry* entry) {
        if (!entry || !entry->closed)
            return true;
        call.found(rule::unbind_order,
                   std::string(call.function().name) + " was given the handle of a binding that had been closed",
                   {{"opened", entry->opened}, {"closed", entry->closed}});
        return false;
    });
}

std::optional<BindingEntry> open_binding_with(NDIS_HANDLE context) {
    std::optional<BindingEntry> open;
    bindings().each([&](const void*, const BindingEntry& entry) {
        if (entry.context == context && !entry.closed)
            open = entry;
    });
    return open;
}

Table<AdapterEntry>& adapters() {
    static auto& all = *new Table<AdapterEntry>;
    return all;
}

void forget_bindings() {
    bindings().erase_if([](const void*, const BindingEntry&) { return true; });
    adapters().erase_if([](const void*, const AdapterEntry&) { return true; });
}

std::span<const DoorPart> registration_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisRegisterProtocol, RegisterProtocol),
        NDISPOOL_PART(NdisDeregisterProtocol, DeregisterProtocol),
        NDISPOOL_PART(NdisMRegisterMiniport, RegisterMiniport),
        NDISPOOL_PART(NdisIMRegisterLayeredMiniport, RegisterLayeredMiniport),
        NDISPOOL_PART(NdisMRegisterUnloadHandler, RegisterUnloadHandler),
        NDISPOOL_PART(NdisMSetAttributesEx, SetAttributes),
        NDISPOOL_PART(NdisMSetAttributes, SetOldAttributes),
        NDISPOOL_PART(NdisOpenAdapter, OpenAdapter),
        NDISPOOL_PART(NdisCloseAdapter, CloseAdapter),
        NDISPOOL_PART(NdisCompleteUnbindAdapter, CompleteUnbind),
    };
    return list;
}

} // namespace ndispool::verify
