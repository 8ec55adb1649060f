#include "ndispool/host/receive.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/completions.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/frame.h"
#include "ndispool/host/hop.h"
#include "ndispool/host/later.h"
#include "ndispool/host/send.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ndispool::host {

namespace {

// While a packet is shown through ProtocolReceive its address is the receive context. Contexts of a miniport's own are opaque and
// pass through any number of levels unchanged, so what is ours is learnt from this list and nothing else.
struct Shown {
    const Adapter* adapter;
    PNDIS_PACKET packet;
    UINT header_bytes;
    Shown* outer;
};
constinit thread_local Shown* shown [[gnu::tls_model("initial-exec")]] = nullptr;

const Shown* find_shown(const Adapter& adapter, NDIS_HANDLE receive_context) {
    for (const Shown* entry = shown; entry; entry = entry->outer)
        if (entry == receive_context && entry->adapter == &adapter)
            return entry;
    return nullptr;
}

// Acquire pairs with the release in link() and unlink(). It stays until this processor leaves DISPATCH_LEVEL.
const BindingList& receivers_of(const Adapter& adapter) {
    return *adapter.bindings.load(std::memory_order_acquire);
}

bool wants(const Binding& binding, const Adapter& adapter, std::span<const std::byte> header) {
    return binding.is_open() && accepts(binding, adapter.address, header);
}

// Looks at the frame only when the answer depends on it.
bool wants(const Binding& binding, const Adapter& adapter, PNDIS_PACKET packet) {
    return binding.is_open() && (binding.filter.takes_all() || accepts(binding, adapter.address, first_bytes(packet)));
}

void mark_received(Binding& binding) {
    binding.received[machine::processor_held()] = 1;
}

// ProtocolReceive on a packet: header and lookahead in one place, the whole frame as lookahead.
void show_to(Adapter& adapter, Binding& binding, PNDIS_PACKET packet) {
    std::vector<std::byte> storage;
    const std::span<const std::byte> frame = contiguous(packet, storage);
    const UINT said = NDIS_GET_PACKET_HEADER_SIZE(packet);
    const UINT header_bytes =
        static_cast<UINT>(std::min<std::size_t>(said ? said : ethernet_header_bytes, frame.size()));
    const UINT packet_bytes = static_cast<UINT>(frame.size()) - header_bytes;
    // All of it is shown. Where things are made to pend, no more than the binding asked for: it then transfers the rest.
    const UINT wished = binding.lookahead.load(std::memory_order_relaxed);
    const UINT data_bytes = wished > 0 && wished < packet_bytes && pends() ? wished : packet_bytes;
    auto* header = const_cast<std::byte*>(frame.data());

    Shown entry{&adapter, packet, header_bytes, shown};
    shown = &entry;
    nt::invoke(binding.abi, binding.block.ReceiveHandler, binding.context(), static_cast<NDIS_HANDLE>(&entry),
               static_cast<PVOID>(header), header_bytes, static_cast<PVOID>(header + header_bytes), data_bytes,
               packet_bytes);
    shown = entry.outer;
    mark_received(binding);
}

// A packet its owner keeps: valid until the indication returns (MiniportReturnPacket is not called for it).
void show_to_all(Adapter& adapter, const BindingList& bindings, PNDIS_PACKET packet, const Binding* skip) {
    for (Binding* binding : bindings.items) {
        if (binding == skip || !wants(*binding, adapter, packet))
            continue;
        if (binding->block.ReceiveHandler) {
            show_to(adapter, *binding, packet);
        } else {
            mark_received(*binding);
            if (nt::invoke(binding->abi, binding->block.ReceivePacketHandler, binding->context(), packet) != 0)
                report("return-too-many", "ProtocolReceivePacket kept a packet that was indicated with RESOURCES",
                       reinterpret_cast<const void*>(binding->block.ReceivePacketHandler));
        }
    }
}

[[gnu::always_inline]] inline void return_to(const nt::Calls& calls, Adapter& adapter, PNDIS_PACKET packet) {
    calls(adapter.abi, adapter.handlers().ReturnPacketHandler, adapter.context(), packet);
    adapter.returned.add(1);
}
[[gnu::noinline]] void return_serially(Adapter& adapter, PNDIS_PACKET packet) {
    adapter.serializer.run([&adapter, packet] { return_to(nt::Calls(), adapter, packet); });
}

// The loan is over: the packet is its miniport's again. At DISPATCH_LEVEL.
[[gnu::always_inline]] inline void give_back(const nt::Calls& calls, Adapter& adapter, PNDIS_PACKET packet) {
    end_hop(packet);
    if (NDIS_GET_ORIGINAL_PACKET(packet) == packet) // stored by lend(); a recycled descriptor must not point anywhere
        NDIS_SET_ORIGINAL_PACKET(packet, nullptr);
    if (adapter.deserialized) [[likely]]
        return_to(calls, adapter, packet);
    else
        return_serially(adapter, packet);
}

// The only binding there is, if it takes every packet: what most adapters have. Whoever closes it or changes its filter meanwhile does
// so for the next array.
Binding* sole_taker(const BindingList& bindings) {
    if (bindings.items.size() != 1)
        return nullptr;
    Binding* const binding = bindings.items.front();
    return binding->is_open() && binding->filter.takes_all() && binding->block.ReceivePacketHandler ? binding : nullptr;
}

// How many references the bindings took.
int offer(Adapter& adapter, const BindingList& bindings, PNDIS_PACKET packet) {
    int taken = 0;
    for (Binding* binding : bindings.items) {
        if (!wants(*binding, adapter, packet))
            continue;
        if (binding->block.ReceivePacketHandler) {
            mark_received(*binding);
            taken += nt::invoke(binding->abi, binding->block.ReceivePacketHandler, binding->context(), packet);
        } else {
            show_to(adapter, *binding, packet);
        }
    }
    return taken;
}

// NDIS holds this many references of its own while handlers run, so that a return from another thread that comes before the
// handler's count cannot end the loan.
constexpr int own_references = 1 << 20;

// The bindings have seen the packet: it is back at once, or its miniport is a serialized one.
[[gnu::noinline]] void end_of_offer(Adapter& adapter, PNDIS_PACKET packet, bool back) {
    if (adapter.deserialized) {
        give_back(nt::Calls(), adapter, packet);
        return;
    }
    // A serialized miniport reads the status when its call returns: SUCCESS = yours again, and no MiniportReturnPacket.
    NDIS_SET_PACKET_STATUS(packet, back ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING);
    if (back) {
        end_hop(packet);
        adapter.returned.add(1);
    }
}

// `offer` shows the packet to the bindings and says how many references they took. The packet is counted as lent.
template <class Offer>
[[gnu::always_inline]] inline void lend(Adapter& adapter, PNDIS_PACKET packet, const Offer& offer) {
    if (!begin_hop(packet, &adapter)) [[unlikely]] {
        report("return-missing", "a packet was indicated again before it came back");
        adapter.returned.add(1);
        return;
    }
    if (NDIS_GET_ORIGINAL_PACKET(packet) == nullptr)
        NDIS_SET_ORIGINAL_PACKET(packet, packet); // the lowest packet of a stack is its own original
    const unsigned hop =
        current_hop(packet); // a binding may pass the packet on, and the next hop may end before this one
    set_references(packet, own_references);
    const bool back = add_references(packet, hop, offer(packet) - own_references) == 0;
    if (back || !adapter.deserialized) [[unlikely]]
        end_of_offer(adapter, packet, back);
}

// In order, up to the first one that the miniport keeps; says how many. All are counted before the first one can come back.
template <class Offer>
[[gnu::always_inline]] inline std::size_t lend(Adapter& adapter, std::span<const PNDIS_PACKET> packets,
                                               const Offer& offer) {
    std::size_t lent = 0;
    adapter.lent.add(packets.size());
    for (; lent < packets.size() && NDIS_GET_PACKET_STATUS(packets[lent]) != NDIS_STATUS_RESOURCES; ++lent)
        lend(adapter, packets[lent], offer);
    if (lent < packets.size())
        adapter.returned.add(packets.size() - lent);
    return lent;
}

std::size_t lend(Adapter& adapter, const BindingList& bindings, std::span<const PNDIS_PACKET> packets) {
    Binding* const taker = sole_taker(bindings);
    if (!taker)
        return lend(adapter, packets, [&](PNDIS_PACKET packet) { return offer(adapter, bindings, packet); });
    const nt::Calls calls;
    std::uint8_t& received = taker->received[machine::processor_held()];
    return lend(adapter, packets, [&](PNDIS_PACKET packet) {
        received = 1;
        return calls(taker->abi, taker->block.ReceivePacketHandler, taker->context(), packet);
    });
}

void tell_receive_complete(const BindingList& bindings) {
    const unsigned processor = machine::processor_held();
    for (Binding* binding : bindings.items)
        if (binding->received[processor]) {
            binding->received[processor] = 0;
            nt::invoke(binding->abi, binding->block.ReceiveCompleteHandler, binding->context());
        }
}

// Copies from a packet into the buffers of another one.
NDIS_STATUS copy_shown(const Shown& from, UINT offset, UINT length, PNDIS_PACKET to, UINT* transferred) {
    const std::size_t whole = length_of(from.packet);
    if (offset > whole - from.header_bytes || length > whole - from.header_bytes - offset)
        return NDIS_STATUS_FAILURE;
    NdisCopyFromPacketToPacket(to, 0, length, from.packet, from.header_bytes + offset, transferred);
    return NDIS_STATUS_SUCCESS;
}

void enter(Adapter& adapter, const Transfer& transfer) {
    machine::acquire(adapter.transfers.lock);
    adapter.transfers.all.push_back(transfer);
    machine::release(adapter.transfers.lock);
}

// Nothing: the miniport does not have it, or not any more.
std::optional<Transfer> leave(Adapter& adapter, PNDIS_PACKET packet) {
    std::vector<Transfer>& all = adapter.transfers.all;
    std::optional<Transfer> left;
    machine::acquire(adapter.transfers.lock);
    if (const auto found = std::ranges::find(all, packet, &Transfer::packet); found != all.end()) {
        left = *found;
        all.erase(found);
    }
    machine::release(adapter.transfers.lock);
    return left;
}

// The packet is the protocol's again. A binding that was closed without it has nobody to be told, and the packet may be
// gone.
void end(const Transfer& transfer, NDIS_STATUS status, UINT transferred) {
    Binding& binding = *transfer.binding;
    if (binding.state.load(std::memory_order_acquire) != BindingState::closed) {
        end_operation(transfer.packet);
        nt::invoke(binding.abi, binding.block.TransferDataCompleteHandler, binding.context(), transfer.packet, status,
                   transferred);
    }
    binding.finished.add(1);
}

// An adapter indicates that nobody hears: the packets are its own again at once.
void refuse(Adapter& adapter, std::span<const PNDIS_PACKET> packets) {
    for (PNDIS_PACKET packet : packets) {
        if (NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES)
            return;
        if (adapter.deserialized)
            nt::invoke(adapter.abi, adapter.handlers().ReturnPacketHandler, adapter.context(), packet);
        else
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
    }
}

} // namespace

void indicate(Adapter& adapter, std::span<const PNDIS_PACKET> packets) {
    machine::DispatchScope dispatch;
    // While MiniportHalt runs the driver may still be at it, and a loan comes back at once because nobody is bound any more.
    const AdapterState state = adapter.state.load(std::memory_order_acquire);
    // The binding below an intermediate driver may receive while the virtual adapter's MiniportInitialize is about to return.
    if (state == AdapterState::low_power || (state == AdapterState::initializing && adapter.miniport->layered)) {
        refuse(adapter, packets);
        return;
    }
    if (state == AdapterState::initializing || state == AdapterState::halted) {
        report("indicate-status", state == AdapterState::initializing
                                      ? "packets were indicated before MiniportInitialize had returned"
                                      : "packets were indicated after MiniportHalt had returned");
        return;
    }
    // One list for all of it: who gets a packet is told when the array is over.
    const BindingList& bindings = receivers_of(adapter);
    const std::size_t lent = lend(adapter, bindings, packets);
    for (PNDIS_PACKET packet : packets.subspan(lent)) // RESOURCES holds for the packet and all that follow in the array
        show_to_all(adapter, bindings, packet, nullptr);
    tell_receive_complete(bindings);
}

void indicate(Adapter& adapter, const Lookahead& frame) {
    machine::DispatchScope dispatch;
    if (adapter.state.load(std::memory_order_acquire) == AdapterState::low_power)
        return;
    const std::span<const std::byte> header(static_cast<const std::byte*>(frame.header), frame.header_bytes);
    for (Binding* binding : receivers_of(adapter).items) {
        if (!wants(*binding, adapter, header))
            continue;
        nt::invoke(binding->abi, binding->block.ReceiveHandler, binding->context(), frame.receive_context, frame.header,
                   frame.header_bytes, frame.data, frame.data_bytes, frame.packet_bytes);
        mark_received(*binding);
    }
}

void indication_complete(Adapter& adapter) {
    machine::DispatchScope dispatch;
    tell_receive_complete(receivers_of(adapter));
}

void return_packets(std::span<const PNDIS_PACKET> packets) {
    machine::DispatchScope dispatch;
    const nt::Calls calls;
    for (PNDIS_PACKET packet : packets) {
        auto* const adapter = static_cast<Adapter*>(hop_owner(packet));
        if (!adapter) [[unlikely]]
            report("return-too-many", "NdisReturnPackets was given a packet that is not lent");
        else if (add_references(packet, current_hop(packet), -1) == 0)
            give_back(calls, *adapter, packet);
    }
}

PNDIS_PACKET received_packet(const Binding& binding, NDIS_HANDLE receive_context) {
    const Shown* const entry = find_shown(*binding.adapter, receive_context);
    return entry ? entry->packet : nullptr;
}

NDIS_STATUS transfer(Binding& binding, NDIS_HANDLE receive_context, UINT offset, UINT length, PNDIS_PACKET packet,
                     UINT* transferred) {
    machine::DispatchScope dispatch;
    Adapter& adapter = *binding.adapter;
    *transferred = 0;
    if (!binding.is_open())
        return NDIS_STATUS_REQUEST_ABORTED;
    if (const Shown* const entry = find_shown(adapter, receive_context)) {
        const NDIS_STATUS status = copy_shown(*entry, offset, length, packet, transferred);
        if (!pends())
            return status;
        binding.started.add(1);
        complete_later([&binding, packet, status, bytes = *transferred] {
            nt::invoke(binding.abi, binding.block.TransferDataCompleteHandler, binding.context(), packet, status,
                       bytes);
            binding.finished.add(1);
        });
        return NDIS_STATUS_PENDING;
    }
    if (!adapter.handlers().TransferDataHandler)
        return NDIS_STATUS_FAILURE;
    if (!begin_operation(binding, packet))
        return NDIS_STATUS_FAILURE;
    enter(adapter, {packet, &binding});
    // Inside the indication, so a serialized miniport's lock is held by this call already.
    const NDIS_STATUS status = nt::invoke(adapter.abi, adapter.handlers().TransferDataHandler, packet, transferred,
                                          adapter.context(), receive_context, offset, length);
    if (status == NDIS_STATUS_PENDING)
        return status;
    if (!leave(adapter, packet)) {
        report("complete-twice", "a transfer that was completed before ended again with a status that is not PENDING",
               reinterpret_cast<const void*>(adapter.handlers().TransferDataHandler));
        return NDIS_STATUS_PENDING; // the protocol was told
    }
    end_operation(packet);
    binding.finished.add(1);
    return status;
}

void transfer_completed(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred) {
    machine::DispatchScope dispatch;
    if (const auto transfer = leave(adapter, packet))
        end(*transfer, status, transferred);
    else
        report("complete-twice", "a transfer was completed that the miniport did not have");
}

void abort_transfers_of_halted(Adapter& adapter) {
    machine::DispatchScope dispatch;
    machine::acquire(adapter.transfers.lock);
    const std::vector<Transfer> aborted = std::exchange(adapter.transfers.all, {});
    machine::release(adapter.transfers.lock);
    for (const Transfer& transfer : aborted)
        end(transfer, NDIS_STATUS_REQUEST_ABORTED, 0);
}

void show(Adapter& adapter, PNDIS_PACKET packet, const Binding* skip) {
    machine::DispatchScope dispatch;
    const BindingList& bindings = receivers_of(adapter);
    show_to_all(adapter, bindings, packet, skip);
    tell_receive_complete(bindings);
}

} // namespace ndispool::host
