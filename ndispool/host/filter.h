// Which frames a binding wants (packet filter, multicast list), and the requests that change it.
//   Callers:   accepts() at DISPATCH_LEVEL for each frame and binding; the request functions at any IRQL up to DISPATCH_LEVEL.
//   Holds:     a binding's new value counts from the moment the miniport has accepted the union over all bindings of its
//              adapter; if the miniport refuses, nothing changes.
//   Not here:  objects that belong to the adapter as a whole: those go to the miniport (request.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ndis.h>
#include <optional>
#include <span>
#include <vector>

namespace ndispool::host {

struct Adapter;
struct Binding;
using MacAddress = std::array<std::uint8_t, 6>;

struct Filter {
    // Most bindings of a driver that forwards: no look at the frame is needed. Acquire as in accepts().
    bool takes_all() const { return types.load(std::memory_order_acquire) & NDIS_PACKET_TYPE_PROMISCUOUS; }

    std::atomic<ULONG> types{0}; // NDIS_PACKET_TYPE_ bits; 0 until the protocol sets it: no receives
    std::atomic<std::shared_ptr<const std::vector<MacAddress>>> multicast;
};

// Whether `binding` wants a frame with this Ethernet header (at least 6 bytes, else only promiscuous ones do).
bool accepts(const Binding& binding, const MacAddress& own, std::span<const std::byte> header);

// Answers an object that NDIS keeps for each binding. Nothing: the request is for the miniport.
std::optional<NDIS_STATUS> answer_for_binding(Binding& binding, NDIS_REQUEST& request);

// A set of packet filter, multicast list or lookahead. Nothing: it is another object.
std::optional<NDIS_STATUS> merge_for_adapter(Binding& binding, NDIS_REQUEST& request);

// The binding is going: what the miniport was told is computed again without it.
void withdraw(Binding& binding);

// After a reset that lost the addresses, or a sleep: tells the miniport everything again. `afterwards` is called once, at
// DISPATCH_LEVEL, when it has answered; nobody waits for that. An intermediate driver is told when what it stands on is
// awake: before, it would keep the request, and could not be put to sleep again until then.
void restore(Adapter& adapter, std::function<void()> afterwards);
// The adapter woke up: so restored is now what waited for it, on all that intermediate drivers have above it.
void restore_above(Adapter& adapter);

} // namespace ndispool::host
