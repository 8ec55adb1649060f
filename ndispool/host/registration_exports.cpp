// The plain door: registration, binding and the intermediate driver's calls. Flat: convert, call, convert.
#include "ndispool/host/adapter.h"
#include "ndispool/host/completions.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/operation.h"
#include "ndispool/host/pnp.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/text.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>

namespace ndispool::host {

namespace {

MiniportDriver* miniport_of(NDIS_HANDLE driver_handle) {
    return static_cast<MiniportDriver*>(driver_handle);
}

// Length 0: the version is not one we serve.
UINT length_of_version(UCHAR major, UCHAR minor) {
    if (major == 4)
        return sizeof(NDIS40_MINIPORT_CHARACTERISTICS);
    if (major == 5)
        return minor == 0 ? sizeof(NDIS50_MINIPORT_CHARACTERISTICS) : sizeof(NDIS51_MINIPORT_CHARACTERISTICS);
    return 0;
}

// NdisMRegisterMiniport: what a connectionless miniport must have. MiniportReset may be missing: such an adapter answers
// NOT_RESETTABLE.
bool complete(const NDIS51_MINIPORT_CHARACTERISTICS& handlers) {
    return handlers.InitializeHandler && handlers.HaltHandler && handlers.QueryInformationHandler &&
           handlers.SetInformationHandler && (handlers.SendHandler || handlers.SendPacketsHandler);
}

NDIS_STATUS register_miniport(Wrapper* wrapper, const void* characteristics, UINT length, bool layered,
                              MiniportDriver** made) {
    *made = nullptr;
    if (!wrapper || !characteristics || length < sizeof(NDIS30_MINIPORT_CHARACTERISTICS))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    NDIS51_MINIPORT_CHARACTERISTICS handlers{};
    std::memcpy(&handlers, characteristics, offsetof(NDIS51_MINIPORT_CHARACTERISTICS, Reserved));
    const UINT expected = length_of_version(handlers.MajorNdisVersion, handlers.MinorNdisVersion);
    if (expected == 0)
        return NDIS_STATUS_BAD_VERSION;
    // A 5.1 driver built with the 5.0 structure passes its length; what it does not have is NULL.
    if (length < std::min<UINT>(expected, sizeof(NDIS50_MINIPORT_CHARACTERISTICS)))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    std::memcpy(&handlers, characteristics, std::min<std::size_t>(length, expected));
    if (!complete(handlers))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    auto miniport = std::make_unique<MiniportDriver>();
    miniport->driver = wrapper->driver;
    miniport->handlers = handlers;
    miniport->layered = layered;
    *made = miniport.get();
    wrapper->driver->miniports.push_back(std::move(miniport));
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS register_protocol(const void* characteristics, UINT length, NDIS_HANDLE* handle) {
    *handle = nullptr;
    if (!characteristics || length < sizeof(NDIS40_PROTOCOL_CHARACTERISTICS))
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    NDIS50_PROTOCOL_CHARACTERISTICS handlers{};
    std::memcpy(&handlers, characteristics, sizeof(NDIS40_PROTOCOL_CHARACTERISTICS));
    if (handlers.MajorNdisVersion != 4 && handlers.MajorNdisVersion != 5)
        return NDIS_STATUS_BAD_VERSION;
    if (handlers.MajorNdisVersion == 5)
        std::memcpy(&handlers, characteristics, std::min<std::size_t>(length, sizeof handlers));
    // 4.0 and 5.0 protocols without these are not loaded (NdisRegisterProtocol).
    if (!handlers.BindAdapterHandler || !handlers.UnbindAdapterHandler || !handlers.ReceiveHandler ||
        !handlers.SendCompleteHandler || !handlers.RequestCompleteHandler || !handlers.ReceiveCompleteHandler)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    Driver* const driver = registering(reinterpret_cast<const void*>(handlers.BindAdapterHandler));
    if (!driver)
        return NDIS_STATUS_FAILURE;
    auto protocol = std::make_unique<Protocol>();
    protocol->driver = driver;
    protocol->handlers = handlers;
    protocol->name = nt::view(handlers.Name);
    *handle = protocol.get();
    driver->protocols.push_back(std::move(protocol));
    return NDIS_STATUS_SUCCESS;
}

void deregister_protocol(Protocol& protocol) {
    protocol.registered = false;
    for (Binding* binding : bindings_of(protocol))
        unbind(*binding);
}

// A virtual adapter that a driver has asked for and that is not there yet.
struct Instance {
    MiniportDriver* miniport;
    std::u16string name;
    NDIS_HANDLE context;
};
std::mutex instances_lock; // guards instances; never held while a driver is called
std::deque<Instance> instances;

// The instance of this name leaves the list.
std::optional<Instance> take_instance(const MiniportDriver& miniport, std::u16string_view name) {
    std::scoped_lock guard(instances_lock);
    const auto found = std::find_if(instances.begin(), instances.end(), [&](const Instance& instance) {
        return instance.miniport == &miniport && nt::compare(instance.name, name, true) == 0;
    });
    if (found == instances.end())
        return std::nullopt;
    std::optional<Instance> taken(std::move(*found));
    instances.erase(found);
    return taken;
}

void initialize(Instance instance) {
    const Operation operation;
    MiniportDriver& miniport = *instance.miniport;
    Adapter& adapter =
        add_adapter(miniport, std::move(instance.name), nt::to_utf16(miniport.driver->name) + u" Miniport");
    adapter.device_context = instance.context;
    if (start(adapter) == NDIS_STATUS_SUCCESS)
        announce(adapter);
}

// The oldest instance of the list, unless it was cancelled: a work item, so that it comes after the bind that asked for it.
void initialize_later(void*) {
    const Operation operation; // first: a cancel inside another operation comes before this or after it
    std::optional<Instance> next;
    {
        std::scoped_lock guard(instances_lock);
        if (instances.empty())
            return;
        next = std::move(instances.front());
        instances.pop_front();
    }
    initialize(std::move(*next));
}

// The function reports that initialization was initiated, not how it went.
NDIS_STATUS initialize_instance(MiniportDriver& miniport, std::u16string name, NDIS_HANDLE context) {
    if (find_adapter(name))
        return NDIS_STATUS_NOT_ACCEPTED;
    Instance instance{&miniport, std::move(name), context};
    if (!pends()) {
        const Operation part = Operation::part_of_one_that_waits();
        initialize(std::move(instance));
        return NDIS_STATUS_SUCCESS;
    }
    {
        std::scoped_lock guard(instances_lock);
        instances.push_back(std::move(instance));
    }
    machine::queue_work(initialize_later, nullptr);
    return NDIS_STATUS_SUCCESS;
}

void reenumerate(void* context) {
    auto& protocol = *static_cast<Protocol*>(context);
    for (Adapter* adapter : protocol.configured)
        if (protocol.registered && adapter->running() && !bound_to(protocol, *adapter))
            bind(protocol, *adapter);
}

void unbind_later(void* context) {
    host::unbind(*static_cast<Binding*>(context));
}

// The caller frees it with NdisFreeMemory(Buffer, 0, 0).
NDIS_STATUS give_name(const std::u16string& name, PNDIS_STRING to) {
    const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
    PVOID buffer = nullptr;
    if (NdisAllocateMemoryWithTag(&buffer, bytes + sizeof(WCHAR), 'N') != NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_RESOURCES;
    std::memcpy(buffer, name.c_str(), bytes + sizeof(WCHAR));
    *to = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), static_cast<PWSTR>(buffer)};
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS open_by_name(NDIS_HANDLE protocol_handle, NDIS_HANDLE context, PNDIS_STRING name, PNDIS_MEDIUM media,
                         UINT media_count, PUINT selected, PNDIS_HANDLE handle) {
    auto* const protocol = static_cast<Protocol*>(protocol_handle);
    *handle = nullptr;
    if (!protocol || !name || !binding_in_progress(*protocol)) // NdisOpenAdapter: only in ProtocolBindAdapter
        return NDIS_STATUS_OPEN_FAILED;
    Adapter* const adapter = find_adapter(std::u16string(nt::view(*name)));
    if (!adapter || !adapter->running())
        return NDIS_STATUS_ADAPTER_NOT_FOUND;
    const PNDIS_MEDIUM end = media + media_count;
    const PNDIS_MEDIUM found = std::find(media, end, adapter->block.MediaType);
    if (found == end)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    *selected = static_cast<UINT>(found - media);
    return open(*protocol, *adapter, context, handle);
}

} // namespace

} // namespace ndispool::host

using namespace ndispool;
using namespace ndispool::host;

extern "C" {

VOID NdisInitializeWrapper(PNDIS_HANDLE handle, PVOID driver_object, PVOID, PVOID) {
    *handle = nullptr;
    if (!driver_object)
        return;
    Driver& driver = *static_cast<Driver*>(driver_object); // its first member is the driver object
    driver.wrappers.push_back(std::make_unique<Wrapper>(Wrapper{&driver}));
    *handle = driver.wrappers.back().get();
}

VOID NdisTerminateWrapper(NDIS_HANDLE, PVOID) {
    // The wrapper goes with its driver: adapters may still refer to it, and a second call must find nothing changed.
}

NDIS_STATUS NdisMRegisterMiniport(NDIS_HANDLE wrapper, PNDIS_MINIPORT_CHARACTERISTICS characteristics, UINT length) {
    MiniportDriver* made;
    return register_miniport(static_cast<Wrapper*>(wrapper), characteristics, length, false, &made);
}

NDIS_STATUS NdisIMRegisterLayeredMiniport(NDIS_HANDLE wrapper, PNDIS_MINIPORT_CHARACTERISTICS characteristics,
                                          UINT length, PNDIS_HANDLE handle) {
    MiniportDriver* made;
    const NDIS_STATUS status = register_miniport(static_cast<Wrapper*>(wrapper), characteristics, length, true, &made);
    *handle = made;
    return status;
}

VOID NdisIMDeregisterLayeredMiniport(NDIS_HANDLE handle) {
    if (MiniportDriver* const miniport = miniport_of(handle)) {
        const Operation part = Operation::part_of_one_that_waits();
        for (Adapter* adapter : adapters_of(*miniport))
            host::remove(*adapter);
        miniport->registered = false;
    }
}

VOID NdisIMAssociateMiniport(NDIS_HANDLE driver_handle, NDIS_HANDLE protocol_handle) {
    if (protocol_handle)
        static_cast<Protocol*>(protocol_handle)->upper_edge = miniport_of(driver_handle);
}

VOID NdisMRegisterUnloadHandler(NDIS_HANDLE wrapper, PDRIVER_UNLOAD handler) {
    if (wrapper)
        static_cast<Wrapper*>(wrapper)->unload = handler;
}

VOID NdisRegisterProtocol(PNDIS_STATUS status, PNDIS_HANDLE handle, PNDIS_PROTOCOL_CHARACTERISTICS characteristics,
                          UINT length) {
    *status = register_protocol(characteristics, length, handle);
}

VOID NdisDeregisterProtocol(PNDIS_STATUS status, NDIS_HANDLE handle) {
    if (handle)
        deregister_protocol(*static_cast<Protocol*>(handle));
    *status = NDIS_STATUS_SUCCESS;
}

VOID NdisOpenAdapter(PNDIS_STATUS status, PNDIS_STATUS open_error, PNDIS_HANDLE handle, PUINT selected,
                     PNDIS_MEDIUM media, UINT media_count, NDIS_HANDLE protocol, NDIS_HANDLE context, PNDIS_STRING name,
                     UINT, PSTRING) {
    *open_error = NDIS_STATUS_SUCCESS;
    *status = open_by_name(protocol, context, name, media, media_count, selected, handle);
}

VOID NdisCloseAdapter(PNDIS_STATUS status, NDIS_HANDLE handle) {
    *status = handle ? host::close(*binding_of(handle)) : NDIS_STATUS_SUCCESS;
}

VOID NdisCompleteBindAdapter(NDIS_HANDLE bind_context, NDIS_STATUS status, NDIS_STATUS) {
    complete_bind(bind_context, status);
}

VOID NdisCompleteUnbindAdapter(NDIS_HANDLE unbind_context, NDIS_STATUS) {
    complete_unbind(unbind_context);
}

VOID NdisCompletePnPEvent(NDIS_STATUS status, NDIS_HANDLE binding, PNET_PNP_EVENT event) {
    complete_event(*event, binding ? binding_of(binding) : nullptr, status);
}

VOID NdisReEnumerateProtocolBindings(NDIS_HANDLE handle) {
    if (handle)
        machine::queue_work(reenumerate, handle);
}

NDIS_STATUS NdisQueryAdapterInstanceName(PNDIS_STRING name, NDIS_HANDLE binding) {
    return give_name(binding_of(binding)->adapter->friendly_name, name);
}

NDIS_STATUS NdisQueryBindInstanceName(PNDIS_STRING name, NDIS_HANDLE bind_context) {
    return give_name(static_cast<BindContext*>(bind_context)->adapter->friendly_name, name);
}

NDIS_STATUS NdisMQueryAdapterInstanceName(PNDIS_STRING name, NDIS_HANDLE adapter) {
    return give_name(adapter_of(adapter)->friendly_name, name);
}

VOID NdisGetDriverHandle(NDIS_HANDLE binding, PNDIS_HANDLE handle) {
    *handle = binding_of(binding)->adapter->miniport;
}

NDIS_STATUS NdisQueryPendingIOCount(NDIS_HANDLE handle, PULONG count) {
    const Binding& binding = *binding_of(handle);
    if (!binding.is_open())
        return NDIS_STATUS_CLOSING;
    const std::uint64_t finished = binding.finished.sum(); // before `started`: see Tally
    *count = static_cast<ULONG>(binding.started.sum() - finished) +
             static_cast<ULONG>(binding.requests.load(std::memory_order_acquire));
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisUnbindAdapter(NDIS_HANDLE handle) {
    Binding& binding = *binding_of(handle);
    if (!binding.is_open())
        return NDIS_STATUS_CLOSING;
    machine::queue_work(unbind_later, &binding);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisSetProtocolFilter(PNDIS_STATUS status, NDIS_HANDLE, RECEIVE_HANDLER, RECEIVE_PACKET_HANDLER, NDIS_MEDIUM, UINT,
                           UINT, PUCHAR) {
    *status = NDIS_STATUS_NOT_SUPPORTED;
}

VOID NdisRegisterTdiCallBack(TDI_REGISTER_CALLBACK, TDI_PNP_HANDLER) {}
VOID NdisDeregisterTdiCallBack() {}

NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE driver, PNDIS_STRING name, NDIS_HANDLE context) {
    return driver ? initialize_instance(*miniport_of(driver), std::u16string(nt::view(*name)), context)
                  : NDIS_STATUS_FAILURE;
}

NDIS_STATUS NdisIMInitializeDeviceInstance(NDIS_HANDLE driver, PNDIS_STRING name) {
    return NdisIMInitializeDeviceInstanceEx(driver, name, nullptr);
}

// FAILURE: too late or unknown.
NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE driver, PNDIS_STRING name) {
    return driver && name && take_instance(*miniport_of(driver), nt::view(*name)) ? NDIS_STATUS_SUCCESS
                                                                                  : NDIS_STATUS_FAILURE;
}

NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE handle) {
    if (!handle || !adapter_of(handle)->miniport->layered)
        return NDIS_STATUS_FAILURE;
    const Operation part = Operation::part_of_one_that_waits();
    host::remove(*adapter_of(handle));
    return NDIS_STATUS_SUCCESS;
}

NDIS_HANDLE NdisIMGetDeviceContext(NDIS_HANDLE handle) {
    return adapter_of(handle)->device_context;
}

NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE binding) {
    return binding_of(binding)->adapter->device_context;
}

NDIS_STATUS NdisIMNotifyPnPEvent(NDIS_HANDLE handle, PNET_PNP_EVENT event) {
    for (Binding* binding : bindings_on(*adapter_of(handle))) {
        const NDIS_STATUS status = tell(*binding->protocol, binding, *event);
        // Only these two can be refused (NdisIMNotifyPnPEvent).
        if ((event->NetEvent == NetEventQueryPower || event->NetEvent == NetEventQueryRemoveDevice) &&
            status == NDIS_STATUS_FAILURE)
            return status;
    }
    return NDIS_STATUS_SUCCESS;
}

} // extern "C"

namespace ndispool::host {

std::span<const nt::Export> registration_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisInitializeWrapper),
        NDISPOOL_EXPORT(NdisTerminateWrapper),
        NDISPOOL_EXPORT(NdisMRegisterMiniport),
        NDISPOOL_EXPORT(NdisMRegisterUnloadHandler),
        NDISPOOL_EXPORT(NdisRegisterProtocol),
        NDISPOOL_EXPORT(NdisDeregisterProtocol),
        NDISPOOL_EXPORT(NdisOpenAdapter),
        NDISPOOL_EXPORT(NdisCloseAdapter),
        NDISPOOL_EXPORT(NdisCompleteBindAdapter),
        NDISPOOL_EXPORT(NdisCompleteUnbindAdapter),
        NDISPOOL_EXPORT(NdisCompletePnPEvent),
        NDISPOOL_EXPORT(NdisReEnumerateProtocolBindings),
        NDISPOOL_EXPORT(NdisQueryAdapterInstanceName),
        NDISPOOL_EXPORT(NdisQueryBindInstanceName),
        NDISPOOL_EXPORT(NdisMQueryAdapterInstanceName),
        NDISPOOL_EXPORT(NdisGetDriverHandle),
        NDISPOOL_EXPORT(NdisQueryPendingIOCount),
        NDISPOOL_EXPORT(NdisUnbindAdapter),
        NDISPOOL_EXPORT(NdisSetProtocolFilter),
        NDISPOOL_EXPORT(NdisRegisterTdiCallBack),
        NDISPOOL_EXPORT(NdisDeregisterTdiCallBack),
        NDISPOOL_EXPORT(NdisIMRegisterLayeredMiniport),
        NDISPOOL_EXPORT(NdisIMDeregisterLayeredMiniport),
        NDISPOOL_EXPORT(NdisIMAssociateMiniport),
        NDISPOOL_EXPORT(NdisIMInitializeDeviceInstance),
        NDISPOOL_EXPORT(NdisIMInitializeDeviceInstanceEx),
        NDISPOOL_EXPORT(NdisIMCancelInitializeDeviceInstance),
        NDISPOOL_EXPORT(NdisIMDeInitializeDeviceInstance),
        NDISPOOL_EXPORT(NdisIMGetDeviceContext),
        NDISPOOL_EXPORT(NdisIMGetBindingContext),
        NDISPOOL_EXPORT(NdisIMNotifyPnPEvent),
    };
    return list;
}

} // namespace ndispool::host
