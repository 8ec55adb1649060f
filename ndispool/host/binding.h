// One protocol opened on one adapter: the NDIS_OPEN_BLOCK drivers hold a pointer to, and the host's own data behind it.
//   Callers:   the data path at DISPATCH_LEVEL; open() and close() at PASSIVE_LEVEL.
//   Holds:     a binding is closed only when every send, transfer, request and running call of it is over. The memory stays
//              for a while, so that a driver's late completion finds something to be refused by.
//   Not here:  what a binding receives (filter.h, receive.h) and how it came to be asked to bind (pnp.h).
#pragma once

#include "ndispool/host/driver.h"
#include "ndispool/host/filter.h"
#include "ndispool/host/tally.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <ndis.h>

namespace ndispool::host {

struct Adapter;
struct Protocol;

enum class BindingState : std::uint8_t { opening, open, closing, closed };

struct Binding {
    NDIS_OPEN_BLOCK block{}; // first: the handle points here

    // Constant after open().
    Adapter* adapter = nullptr;
    Protocol* protocol = nullptr;
    nt::Abi abi = nt::Abi::system_v;

    std::atomic<BindingState> state{BindingState::opening};
    Filter filter;
    std::atomic<ULONG> protocol_options{0};
    std::atomic<UINT> lookahead{0};

    Tally started, finished;      // sends and transfers
    std::atomic<int> requests{0}; // being answered
    std::atomic<bool> unbinding{false};

    // Whether this binding got anything since its last ProtocolReceiveComplete; each byte its processor's own.
    std::array<std::uint8_t, machine::max_processors> received{};

    NDIS_HANDLE handle() { return &block; }
    NDIS_HANDLE context() const { return block.ProtocolBindingContext; }
    const NDIS50_PROTOCOL_CHARACTERISTICS& handlers() const { return protocol->handlers; }
    bool is_open() const { return state.load(std::memory_order_acquire) == BindingState::open; }
};

static_assert(offsetof(Binding, block) == 0, "an NdisBindingHandle is the address of the block");

inline Binding* binding_of(NDIS_HANDLE handle) {
    return static_cast<Binding*>(handle);
}

// Opens `adapter` for `protocol`; the handle is stored through `handle` before anything can be indicated to it. SUCCESS, or
// PENDING and ProtocolOpenAdapterComplete follows.
NDIS_STATUS open(Protocol& protocol, Adapter& adapter, NDIS_HANDLE context, PNDIS_HANDLE handle);

// NDIS_STATUS_SUCCESS when everything of the binding was back; else PENDING, and ProtocolCloseAdapterComplete follows.
NDIS_STATUS close(Binding& binding);

// No send or transfer of the binding is out. True for good once none can begin.
bool operations_over(const Binding& binding);

// For the code that waits for a binding to go.
bool wait_until_closed(Binding& binding);

// Bindings that are not closed, of a protocol or on an adapter, in binding order.
std::vector<Binding*> bindings_of(const Protocol& protocol);
std::vector<Binding*> bindings_on(const Adapter& adapter);

bool bound_to(const Protocol& protocol, const Adapter& adapter);

// An intermediate driver's adapter with a sleeping one below it, or further down: until that one wakes up the driver
// keeps what it is asked.
bool stands_on_sleeper(const Adapter& adapter);

// A binding that is kept, closed or not, is on this adapter.
bool is_remembered(const Adapter& adapter);

std::size_t bindings_kept(); // closed ones included

// Frees what the last run left. No driver is loaded.
void forget_bindings();

} // namespace ndispool::host
