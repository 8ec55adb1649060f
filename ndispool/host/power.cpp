#include "ndispool/host/power.h"

#include "ndispool/host/findings.h"
#include "ndispool/host/hang_check.h"
#include "ndispool/host/operation.h"
#include "ndispool/host/pnp.h"
#include "ndispool/host/send.h"
#include "ndispool/machine/clock.h"

#include <algorithm>
#include <utility>

namespace ndispool::host {

namespace {

constexpr std::uint64_t poll_100ns = 10'000;       // 1 ms
constexpr std::uint64_t moment_100ns = 10'000'000; // 1 s

NDIS_STATUS tell_power(Binding& binding, NET_PNP_EVENT_CODE code, NDIS_DEVICE_POWER_STATE state) {
    NET_PNP_EVENT event{};
    event.NetEvent = code;
    event.Buffer = &state;
    event.BufferLength = sizeof state;
    return tell(*binding.protocol, &binding, event);
}

NDIS_STATUS ask_power(Adapter& adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, NDIS_DEVICE_POWER_STATE state) {
    return ask(adapter, type, oid, &state, sizeof state);
}

// Miniports with this attribute are told of every state; others only if they know states at all.
bool is_told(const Adapter& adapter) {
    return adapter.power_aware || (adapter.attributes & NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND);
}

void query(Adapter& adapter, NDIS_DEVICE_POWER_STATE to) {
    for (Binding* binding : bindings_on(adapter)) // "always SUCCESS": what they answer changes nothing
        tell_power(*binding, NetEventQueryPower, to);
    if (is_told(adapter))
        ask_power(adapter, NdisRequestQueryInformation, OID_PNP_QUERY_POWER, to);
}

void put_bindings_to_sleep(Adapter& adapter, NDIS_DEVICE_POWER_STATE to) {
    for (Binding* binding : bindings_on(adapter)) {
        if (tell_power(*binding, NetEventSetPower, to) != NDIS_STATUS_NOT_SUPPORTED)
            continue;
        adapter.unbound_to_sleep.push_back(binding->protocol);
        unbind(*binding);
    }
}

// A moment for what will be over soon. False: it was not.
template <class Predicate> bool await(Predicate over) {
    const std::uint64_t give_up = machine::uptime_100ns() + moment_100ns;
    while (!over()) {
        if (machine::uptime_100ns() >= give_up)
            return false;
        machine::sleep_100ns(poll_100ns);
    }
    return true;
}

// Protocols have sends and transfers back before they answer NetEventSetPower; what one did not wait for gets a moment here.
void await_operations(const Adapter& adapter) {
    await([&] { return std::ranges::all_of(bindings_on(adapter), [](auto* one) { return operations_over(*one); }); });
}

void put_miniport_to_sleep(Adapter& adapter, NDIS_DEVICE_POWER_STATE to) {
    if (!is_told(adapter)) {
        await_operations(adapter);
        halt(adapter);
        adapter.halted_to_sleep = true;
    } else if (ask_power(adapter, NdisRequestSetInformation, OID_PNP_SET_POWER, to) != NDIS_STATUS_SUCCESS) {
        report("power-refused", "a set of OID_PNP_SET_POWER to a sleeping state failed; it must always succeed",
               reinterpret_cast<const void*>(adapter.handlers().SetInformationHandler));
    }
    adapter.state.store(AdapterState::low_power, std::memory_order_release);
}

bool wake_miniport(Adapter& adapter) {
    if (std::exchange(adapter.halted_to_sleep, false))
        return start(adapter) == NDIS_STATUS_SUCCESS; // it runs, and its bindings are still on it
    const NDIS_STATUS status = ask_power(adapter, NdisRequestSetInformation, OID_PNP_SET_POWER, NdisDeviceStateD0);
    if (status != NDIS_STATUS_SUCCESS)
        report("power-refused", "a set of OID_PNP_SET_POWER to D0 failed; it must always succeed",
               reinterpret_cast<const void*>(adapter.handlers().SetInformationHandler));
    adapter.state.store(AdapterState::running, std::memory_order_release);
    start_hang_checks(adapter);
    return true;
}

} // namespace

bool keeps_request(Adapter& adapter) {
    return stands_on_sleeper(adapter) && !await([&] { return requests_over(adapter); });
}

bool power_down(Adapter& adapter, NDIS_DEVICE_POWER_STATE to) {
    const Operation operation;
    if (!adapter.running() || keeps_request(adapter))
        return false;
    query(adapter, to);
    put_bindings_to_sleep(adapter, to);
    stop_hang_checks(adapter);
    adapter.state.store(AdapterState::low_power, std::memory_order_release); // from here on sends and requests fail
    machine::synchronize();        // what had begun before is inside the miniport
    refuse_waiting_sends(adapter); // or waits for a serialized one
    put_miniport_to_sleep(adapter, to);
    return true;
}

bool power_up(Adapter& adapter) {
    const Operation operation;
    if (adapter.state.load(std::memory_order_acquire) != AdapterState::low_power || !wake_miniport(adapter))
        return false;
    for (Binding* binding : bindings_on(adapter))
        binding->block.MiniportAdapterContext = adapter.context(); // another one after a new MiniportInitialize
    restore(adapter, [] {});
    for (Binding* binding : bindings_on(adapter))
        tell_power(*binding, NetEventSetPower, NdisDeviceStateD0);
    restore_above(adapter);
    for (Protocol* protocol : std::exchange(adapter.unbound_to_sleep, {}))
        if (protocol->registered)
            bind(*protocol, adapter);
    return true;
}

} // namespace ndispool::host
