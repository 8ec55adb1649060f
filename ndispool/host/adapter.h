// One miniport instance: the NDIS_MINIPORT_BLOCK drivers hold a pointer to, and the host's own data behind it.
//   Callers:   the data path reads `bindings` and the handlers at DISPATCH_LEVEL; start(), halt() at PASSIVE_LEVEL, one
//              PnP operation at a time (pnp.h).
//   Holds:     the block is filled before the driver first sees the handle. A BindingList is never changed, only replaced;
//              it is freed when every processor has left the code that could see it (machine::synchronize).
//   Not here:  what travels through it (send.h, receive.h, request.h) and who is bound to it (binding.h).
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/freedom.h"
#include "ndispool/host/loopback.h"
#include "ndispool/host/request.h"
#include "ndispool/host/serializer.h"
#include "ndispool/host/tally.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace ndispool::host {

struct Protocol;

using MacAddress = std::array<std::uint8_t, 6>;

// The bindings that receive and may be sent from, in binding order.
struct BindingList {
    std::vector<Binding*> items;
};

// NdisMEthIndicateReceive passes the block's EthDB; this leads back to the adapter.
struct FilterDatabase {
    Adapter* adapter = nullptr;
};

// Completions that had nested too deep to be delivered at once.
struct FinishedSend {
    PNDIS_PACKET packet;
    NDIS_STATUS status;
};
struct DeferredSends {
    std::uintptr_t lock = 0; // guards finished
    std::deque<FinishedSend> finished;
    machine::Dpc dpc;
};

// What a miniport was asked to transfer and has not completed. The packet is looked at only once it is found here:
// whose binding was closed without it may have freed it.
struct Transfer {
    PNDIS_PACKET packet;
    Binding* binding;
};
struct TransfersInside {
    std::uintptr_t lock = 0; // guards all
    std::vector<Transfer> all;
};

enum class AdapterState : std::uint8_t { initializing, running, low_power, unbinding, halting, halted };

struct Adapter {
    NDIS_MINIPORT_BLOCK block{}; // first: the handle points here
    FilterDatabase filter_database;

    // Constant once MiniportInitialize has returned.
    MiniportDriver* miniport = nullptr;
    nt::Abi abi = nt::Abi::system_v;
    std::u16string name; // \Device\{...}
    std::u16string friendly_name;
    ULONG attributes = 0;
    bool deserialized = false;
    bool loops_back = false; // NDIS_MAC_OPTION_NO_LOOPBACK: the host does it
    MacAddress address{};
    UINT maximum_list_size = 32; // 802.3 multicast addresses
    NDIS_HANDLE device_context = nullptr;

    std::atomic<AdapterState> state{AdapterState::initializing};
    std::atomic<bool> resetting{false};
    std::atomic<const BindingList*> bindings;

    // What the miniport was last told; written only by the request that is its turn (filter.cpp).
    ULONG merged_filter = 0;
    std::atomic<bool> filters_due{false}; // what it is to be told waits for an adapter below it

    RequestQueue requests;
    Serializer serializer; // used only when the miniport is serialized

    // A serialized miniport's sends wait here; touched only inside the serializer.
    std::deque<PNDIS_PACKET> send_queue;
    std::vector<PNDIS_PACKET> sends_inside; // given to the miniport and not completed
    std::size_t sends_aborted = 0;          // completed for it by a reset: a late completion is no mistake
    bool sends_stalled = false; // it answered RESOURCES: wait for a completion or NdisMSendResourcesAvailable

    DeferredSends deferred;
    TransfersInside transfers;
    Loopback loopback;

    Freedom* freedom = nullptr; // of the host's own adapter: single sends may go to its MiniportSend

    // Packets lent upward and packets that came back.
    Tally lent, returned;

    std::atomic<bool> in_reset_handler{false}; // MiniportReset was called and has not completed
    std::atomic<Binding*> reset_by{nullptr};   // the binding that asked for it; null: NDIS did

    // Power. Changed by operations only.
    bool power_aware = false;                // it answered OID_PNP_CAPABILITIES
    bool halted_to_sleep = false;            // it knows no power states, so it was halted
    std::vector<Protocol*> unbound_to_sleep; // they know no power events

    NDIS_HANDLE log = nullptr; // NdisMCreateLog

    ADAPTER_SHUTDOWN_HANDLER shutdown_handler = nullptr;
    PVOID shutdown_context = nullptr;

    Adapter();
    ~Adapter();

    NDIS_HANDLE handle() { return &block; }
    NDIS_HANDLE context() const { return block.MiniportAdapterContext; }
    const NDIS51_MINIPORT_CHARACTERISTICS& handlers() const { return miniport->handlers; }
    bool running() const { return state.load(std::memory_order_acquire) == AdapterState::running; }
    bool intermediate() const { return attributes & NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER; }
};

static_assert(offsetof(Adapter, block) == 0, "a MiniportAdapterHandle is the address of the block");

inline Adapter* adapter_of(NDIS_HANDLE handle) {
    return static_cast<Adapter*>(handle);
}

// Calls MiniportInitialize and asks what NDIS asks every adapter. NDIS_STATUS_SUCCESS: running. Otherwise nothing of it is left
// running. PASSIVE_LEVEL.
NDIS_STATUS start(Adapter& adapter);

// Calls MiniportHalt, once every binding is closed. PASSIVE_LEVEL.
void halt(Adapter& adapter);

// Adds or removes a binding; on return no processor uses the list from before. PASSIVE_LEVEL.
void link(Adapter& adapter, Binding& binding);
void unlink(Adapter& adapter, Binding& binding);

// Runs `work` for the miniport at DISPATCH_LEVEL: at once for a deserialized one; for a serialized one under its lock, now when the
// lock is free and else when it is released.
template <class Work> void serially(Adapter& adapter, Work work) {
    machine::DispatchScope dispatch;
    if (adapter.deserialized)
        work();
    else
        adapter.serializer.run(std::move(work));
}

} // namespace ndispool::host
