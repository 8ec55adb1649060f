// Plug and play: which adapters there are, who binds to them, and the order in which all of it comes up and goes down.
//   Callers:   PASSIVE_LEVEL. Each of these is an operation (operation.h).
//   Holds:     adapters are halted after every binding on them is closed and every lent packet is back or reported.
//              Objects outlive their end, the last 64 of a kind at least: a late call of a driver finds something that refuses it.
//   Not here:  what a handler of a driver does, waiting for traffic (run.h).
#pragma once

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::host {

// What a BindContext handle points at, for the length of one bind.
struct BindContext {
    Protocol* protocol = nullptr;
    Adapter* adapter = nullptr;
    std::u16string section; // Protocol\Parameters\Adapters\{...}: what SystemSpecific1 names
    std::int32_t completed = 0;
    NDIS_STATUS status = NDIS_STATUS_FAILURE;
};

// A new adapter that is not started yet. Its name must be new.
Adapter& add_adapter(MiniportDriver& miniport, std::u16string name, std::u16string friendly_name);

// By device name, upper and lower case alike; null when there is none that runs.
Adapter* find_adapter(std::u16string_view name);
std::vector<Adapter*> adapters_of(const MiniportDriver& miniport);

// Calls ProtocolBindAdapter and waits for the outcome. SUCCESS: at least one binding is open.
NDIS_STATUS bind(Protocol& protocol, Adapter& adapter);
// Calls ProtocolUnbindAdapter and waits until the binding is closed.
void unbind(Binding& binding);

// ProtocolPnPEvent, waited for; a protocol without the handler answers NOT_SUPPORTED. The binding may be null.
NDIS_STATUS tell(Protocol& protocol, Binding* binding, NET_PNP_EVENT& event);
void complete_event(const NET_PNP_EVENT& event, const Binding* binding, NDIS_STATUS status);

// Unbinds everything above (last bound first), waits for lent packets, halts. Does nothing for an adapter that does not run.
void remove(Adapter& adapter);

// Planned removal: asks everything bound to the adapter. False: somebody refused, and all who were asked were told that it is off.
bool may_remove(Adapter& adapter);
// MiniportPnPEventNotify, of a driver that has it.
void notify(Adapter& adapter, NDIS_DEVICE_PNP_EVENT event, PVOID buffer = nullptr, ULONG length = 0);

// A driver says that its adapter failed. Who made the stack takes it away and puts a new one in its place, outside the driver's call.
void ask_for_replacement(Adapter& adapter); // up to DISPATCH_LEVEL
std::vector<Adapter*> take_failed();        // those asked for since the last time

// The bind that is going on and has this section name; null when there is none.
BindContext* find_bind(std::u16string_view section);
// NdisCompleteBindAdapter, NdisCompleteUnbindAdapter: a handle of an operation that is over already is ignored.
bool complete_bind(NDIS_HANDLE handle, NDIS_STATUS status);
void complete_unbind(NDIS_HANDLE handle);
bool binding_in_progress(const Protocol& protocol);

// What one driver's unload must not leave: bindings of its protocols, adapters of its miniports.
void remove_everything_of(Driver& driver);

void forget_adapters();

} // namespace ndispool::host
