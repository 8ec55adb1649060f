// The plain door: a miniport's attributes, status, timers and control devices. Flat: convert, call, convert.
#include "ndispool/host/adapter.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/miniport_timer.h"
#include "ndispool/host/reset.h"
#include "ndispool/machine/dpc.h"
#include "ndispool/nt/text.h"

#include <cstring>
#include <memory>

namespace ndispool::host {

namespace {

struct Callback {
    machine::Dpc dpc;
    Adapter* adapter;
    W_MINIPORT_CALLBACK routine;
    PVOID context;
};

void run_callback(void* context) {
    const std::unique_ptr<Callback> callback(static_cast<Callback*>(context));
    serially(*callback->adapter,
             [adapter = callback->adapter, routine = callback->routine, argument = callback->context] {
                 nt::invoke(adapter->abi, routine, adapter->context(), argument);
             });
}

NDIS_STATUS register_device(Wrapper* wrapper, PNDIS_STRING name, PNDIS_STRING link, PDRIVER_DISPATCH* handlers,
                            PDEVICE_OBJECT* device) {
    *device = nullptr;
    if (!wrapper)
        return NDIS_STATUS_NOT_SUPPORTED;
    DRIVER_OBJECT& driver = wrapper->driver->object;
    if (!NT_SUCCESS(IoCreateDevice(&driver, 0, name, FILE_DEVICE_NETWORK, 0, FALSE, device)))
        return NDIS_STATUS_RESOURCES;
    if (!NT_SUCCESS(IoCreateSymbolicLink(link, name))) {
        IoDeleteDevice(*device);
        *device = nullptr;
        return NDIS_STATUS_RESOURCES;
    }
    std::memcpy(driver.MajorFunction, handlers, sizeof driver.MajorFunction);
    return NDIS_STATUS_SUCCESS;
}

// What an NdisDeviceHandle points at.
struct ControlDevice {
    PDEVICE_OBJECT device;
    std::u16string link;
};

} // namespace

} // namespace ndispool::host

using namespace ndispool;
using namespace ndispool::host;

extern "C" {

VOID NdisMSetAttributesEx(NDIS_HANDLE handle, NDIS_HANDLE context, UINT hang_seconds, ULONG attributes,
                          NDIS_INTERFACE_TYPE type) {
    Adapter& adapter = *adapter_of(handle);
    adapter.block.MiniportAdapterContext = context;
    adapter.block.CheckForHangSeconds = hang_seconds ? hang_seconds : 2;
    adapter.block.AdapterType = type;
    adapter.attributes = attributes;
    adapter.deserialized = attributes & NDIS_ATTRIBUTE_DESERIALIZE;
}

VOID(NdisMSetAttributes)(NDIS_HANDLE handle, NDIS_HANDLE context, BOOLEAN bus_master, NDIS_INTERFACE_TYPE type) {
    NdisMSetAttributes(handle, context, bus_master, type);
}

VOID NdisMRegisterAdapterShutdownHandler(NDIS_HANDLE handle, PVOID context, ADAPTER_SHUTDOWN_HANDLER handler) {
    adapter_of(handle)->shutdown_handler = handler;
    adapter_of(handle)->shutdown_context = context;
}

VOID NdisMDeregisterAdapterShutdownHandler(NDIS_HANDLE handle) {
    adapter_of(handle)->shutdown_handler = nullptr;
}

VOID NdisMGetDeviceProperty(NDIS_HANDLE, PDEVICE_OBJECT* physical, PDEVICE_OBJECT* functional, PDEVICE_OBJECT* next,
                            PVOID* resources, PVOID* translated) {
    for (PDEVICE_OBJECT* device : {physical, functional, next})
        if (device)
            *device = nullptr;
    for (PVOID* list : {resources, translated})
        if (list)
            *list = nullptr;
}

VOID NdisMIndicateStatus(NDIS_HANDLE adapter, NDIS_STATUS status, PVOID buffer, UINT length) {
    indicate_status(*adapter_of(adapter), status, buffer, length);
}

VOID NdisMIndicateStatusComplete(NDIS_HANDLE adapter) {
    indicate_status_complete(*adapter_of(adapter));
}

VOID NdisMInitializeTimer(PNDIS_MINIPORT_TIMER timer, NDIS_HANDLE adapter, PNDIS_TIMER_FUNCTION function,
                          PVOID context) {
    initialize_timer(*timer, *adapter_of(adapter), function, context);
}

VOID NdisMSetTimer(PNDIS_MINIPORT_TIMER timer, UINT milliseconds) {
    set_timer(*timer, milliseconds, false);
}

VOID NdisMSetPeriodicTimer(PNDIS_MINIPORT_TIMER timer, UINT milliseconds) {
    set_timer(*timer, milliseconds, true);
}

VOID NdisMCancelTimer(PNDIS_MINIPORT_TIMER timer, PBOOLEAN cancelled) {
    *cancelled = cancel_timer(*timer);
}

NDIS_STATUS NdisMRegisterDevice(NDIS_HANDLE wrapper, PNDIS_STRING name, PNDIS_STRING link, PDRIVER_DISPATCH* handlers,
                                PDEVICE_OBJECT* device, NDIS_HANDLE* handle) {
    *handle = nullptr;
    const NDIS_STATUS status = register_device(static_cast<Wrapper*>(wrapper), name, link, handlers, device);
    if (status == NDIS_STATUS_SUCCESS)
        *handle = new ControlDevice{*device, std::u16string(nt::view(*link))};
    return status;
}

NDIS_STATUS NdisMDeregisterDevice(NDIS_HANDLE handle) {
    const std::unique_ptr<ControlDevice> control(static_cast<ControlDevice*>(handle));
    if (control) {
        UNICODE_STRING link = nt::counted(control->link);
        IoDeleteSymbolicLink(&link);
        IoDeleteDevice(control->device);
    }
    return NDIS_STATUS_SUCCESS;
}

// Since Windows 2000 a deserialized intermediate miniport needs none of these three; older code still calls them.
BOOLEAN NdisIMSwitchToMiniport(NDIS_HANDLE adapter, PNDIS_HANDLE switch_handle) {
    *switch_handle = adapter;
    return TRUE;
}

VOID NdisIMRevertBack(NDIS_HANDLE, NDIS_HANDLE) {}

NDIS_STATUS NdisIMQueueMiniportCallback(NDIS_HANDLE handle, W_MINIPORT_CALLBACK routine, PVOID context) {
    auto* const callback = new Callback{{}, adapter_of(handle), routine, context};
    callback->dpc.routine = run_callback;
    callback->dpc.context = callback;
    machine::queue_dpc(callback->dpc, machine::current_processor());
    return NDIS_STATUS_PENDING;
}

} // extern "C"

namespace ndispool::host {

std::span<const nt::Export> adapter_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisMSetAttributesEx),
        NDISPOOL_EXPORT(NdisMSetAttributes),
        NDISPOOL_EXPORT(NdisMRegisterAdapterShutdownHandler),
        NDISPOOL_EXPORT(NdisMDeregisterAdapterShutdownHandler),
        NDISPOOL_EXPORT(NdisMGetDeviceProperty),
        NDISPOOL_EXPORT(NdisMIndicateStatus),
        NDISPOOL_EXPORT(NdisMIndicateStatusComplete),
        NDISPOOL_EXPORT(NdisMInitializeTimer),
        NDISPOOL_EXPORT(NdisMSetTimer),
        NDISPOOL_EXPORT(NdisMSetPeriodicTimer),
        NDISPOOL_EXPORT(NdisMCancelTimer),
        NDISPOOL_EXPORT(NdisMRegisterDevice),
        NDISPOOL_EXPORT(NdisMDeregisterDevice),
        NDISPOOL_EXPORT(NdisIMSwitchToMiniport),
        NDISPOOL_EXPORT(NdisIMRevertBack),
        NDISPOOL_EXPORT(NdisIMQueueMiniportCallback),
    };
    return list;
}

} // namespace ndispool::host
