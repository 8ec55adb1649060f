// A loaded driver and what it registered.
//   Callers:   the registration exports, the PnP code. A Driver outlives everything it registered.
//   Holds:     handlers are copied at registration and do not change afterwards; all of a driver's handlers have one ABI.
//   Not here:  adapters and bindings, which registrations lead to.
#pragma once

#include "ndispool/load/image.h"
#include "ndispool/nt/invoke.h"

#include <memory>
#include <ndis.h>
#include <string>
#include <vector>

namespace ndispool::host {

struct Driver;
struct Binding;
struct Adapter;

// What NdisInitializeWrapper's handle points at.
struct Wrapper {
    Driver* driver = nullptr;
    PDRIVER_UNLOAD unload = nullptr;
};

// What NdisMRegisterMiniport and NdisIMRegisterLayeredMiniport make; the second one's DriverHandle points at it.
struct MiniportDriver {
    Driver* driver = nullptr;
    NDIS51_MINIPORT_CHARACTERISTICS handlers{};
    bool layered = false;
    bool registered = true;
};

// What an NdisProtocolHandle points at.
struct Protocol {
    Driver* driver = nullptr;
    NDIS50_PROTOCOL_CHARACTERISTICS handlers{};
    std::u16string name;
    bool registered = true;
    MiniportDriver* upper_edge = nullptr; // NdisIMAssociateMiniport
    std::vector<Adapter*> configured;     // what it is to be bound to
};

struct Driver {
    DRIVER_OBJECT object{}; // first: what DriverEntry gets leads back here
    std::string name;
    nt::Abi abi = nt::Abi::system_v;
    std::unique_ptr<load::Image> image; // null for the host's own two drivers
    std::u16string registry_path;
    bool in_entry = false; // DriverEntry is running
    bool watched = true;   // it gets the checked door where there is one

    std::vector<std::unique_ptr<Wrapper>> wrappers;
    std::vector<std::unique_ptr<MiniportDriver>> miniports;
    std::vector<std::unique_ptr<Protocol>> protocols;

    bool owns(const void* address) const;
    // "passthru!PtBind+0x3c"
    std::string where(const void* address) const;
};

// Calls DriverEntry. STATUS_SUCCESS, or what the driver returned.
NTSTATUS enter(Driver& driver, PDRIVER_INITIALIZE entry);

// The unload routine the driver gave, once nothing of it is bound or running any more: the registered unload handler, else
// DriverObject->DriverUnload.
void unload(Driver& driver);

// Whose registration call this is: the driver whose DriverEntry runs on this thread, else the owner of `code`.
Driver* registering(const void* code);

} // namespace ndispool::host
