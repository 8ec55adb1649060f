#include "ndispool/host/send.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/hop.h"
#include "ndispool/host/loopback.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ndispool::host {

namespace {

// A completion may send again, and that send may complete at once, and so on: behind this depth a DPC goes on.
constexpr unsigned max_completion_depth = 16;
constinit thread_local unsigned completion_depth [[gnu::tls_model("initial-exec")]] = 0;

// In every other state a send fails at once; it does not wait for the adapter.
bool takes_sends(const Adapter& adapter) {
    const AdapterState state = adapter.state.load(std::memory_order_acquire);
    return state == AdapterState::running || state == AdapterState::unbinding;
}

// Why a send cannot go down now (status codes during transitions, ndis5-drivers 5.9).
std::optional<NDIS_STATUS> refusal(const Binding& binding, const Adapter& adapter) {
    if (!binding.is_open())
        return NDIS_STATUS_CLOSING;
    if (adapter.resetting.load(std::memory_order_acquire))
        return NDIS_STATUS_RESET_IN_PROGRESS;
    if (!takes_sends(adapter))
        return NDIS_STATUS_FAILURE; // NDIS 5 has no code for low power
    return std::nullopt;
}

// One packet's share of the way, inline in what handles many; it is counted as started before the miniport gets it.
[[gnu::always_inline]] inline bool begin(Binding& binding, PNDIS_PACKET packet) {
    if (!begin_hop(packet, &binding)) [[unlikely]] {
        report("send-twice", "a packet was sent again before its send was complete");
        return false;
    }
    return true;
}

void tell_sender(Binding& binding, PNDIS_PACKET packet, NDIS_STATUS status) {
    ++completion_depth;
    nt::invoke(binding.abi, binding.block.SendCompleteHandler, binding.context(), packet, status);
    --completion_depth;
}

[[gnu::always_inline]] inline void deliver(const nt::Calls& calls, PNDIS_PACKET packet, NDIS_STATUS status) {
    auto* const binding = static_cast<Binding*>(end_hop(packet));
    if (!binding) [[unlikely]] {
        report("complete-twice", "a send was completed for a packet that is not being sent");
        return;
    }
    calls(binding->abi, binding->block.SendCompleteHandler, binding->context(), packet, status);
    binding->finished.add(1); // last: close() may go on as soon as it sees this
}
[[gnu::always_inline]] inline void deliver(PNDIS_PACKET packet, NDIS_STATUS status) {
    ++completion_depth;
    deliver(nt::Calls(), packet, status);
    --completion_depth;
}

void deliver_deferred(void* context) {
    auto& deferred = static_cast<Adapter*>(context)->deferred;
    machine::acquire(deferred.lock);
    std::deque<FinishedSend> finished = std::exchange(deferred.finished, {});
    machine::release(deferred.lock);
    for (const FinishedSend& send : finished)
        deliver(send.packet, send.status);
}

[[gnu::noinline]] void defer(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status) {
    DeferredSends& deferred = adapter.deferred;
    machine::acquire(deferred.lock);
    deferred.finished.push_back({packet, status});
    machine::release(deferred.lock);
    machine::queue_dpc(deferred.dpc, machine::current_processor());
}

// Gives one packet to a deserialized miniport. A miniport with a SendPackets handler always completes through NdisMSendComplete.
NDIS_STATUS hand_over(Adapter& adapter, PNDIS_PACKET packet) {
    const NDIS51_MINIPORT_CHARACTERISTICS& handlers = adapter.handlers();
    if (handlers.SendPacketsHandler && !(adapter.freedom && adapter.freedom->one_in(2))) {
        nt::invoke(adapter.abi, handlers.SendPacketsHandler, adapter.context(), &packet, UINT{1});
        return NDIS_STATUS_PENDING;
    }
    return nt::invoke(adapter.abi, handlers.SendHandler, adapter.context(), packet, NdisGetPacketFlags(packet));
}

// The packet is no longer inside the serialized miniport. False: it was not, because a reset had completed it before.
bool leave(Adapter& adapter, PNDIS_PACKET packet) {
    auto& inside = adapter.sends_inside;
    const auto found = std::find(inside.begin(), inside.end(), packet);
    if (found == inside.end() && adapter.sends_aborted > 0) {
        --adapter.sends_aborted;
        return false;
    }
    if (found != inside.end())
        inside.erase(found);
    return true;
}

void deliver_from(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status) {
    if (leave(adapter, packet))
        deliver(packet, status);
}

// Serialized miniports report in the packet; RESOURCES holds for this packet and all behind it.
void hand_over_array(Adapter& adapter, std::span<PNDIS_PACKET> packets) {
    adapter.sends_inside.insert(adapter.sends_inside.end(), packets.begin(), packets.end());
    nt::invoke(adapter.abi, adapter.handlers().SendPacketsHandler, adapter.context(), packets.data(),
               static_cast<UINT>(packets.size()));
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const NDIS_STATUS status = NDIS_GET_PACKET_STATUS(packets[i]);
        if (status == NDIS_STATUS_RESOURCES) {
            adapter.send_queue.insert(adapter.send_queue.begin(), packets.begin() + static_cast<std::ptrdiff_t>(i),
                                      packets.end());
            adapter.sends_stalled = true;
            for (PNDIS_PACKET packet : packets.subspan(i))
                leave(adapter, packet);
            return;
        }
        if (status != NDIS_STATUS_PENDING)
            deliver_from(adapter, packets[i], status);
    }
}

void hand_over_single(Adapter& adapter, PNDIS_PACKET packet) {
    adapter.sends_inside.push_back(packet);
    const NDIS_STATUS status =
        nt::invoke(adapter.abi, adapter.handlers().SendHandler, adapter.context(), packet, NdisGetPacketFlags(packet));
    if (status == NDIS_STATUS_RESOURCES) {
        adapter.send_queue.push_front(packet);
        adapter.sends_stalled = true;
        leave(adapter, packet);
    } else if (status != NDIS_STATUS_PENDING) {
        deliver_from(adapter, packet, status);
    }
}

template <class Packets> void deliver_all(Packets packets, NDIS_STATUS status) {
    for (PNDIS_PACKET packet : packets)
        deliver(packet, status);
}

// Inside the serializer: gives the miniport what waits, as many at a time as it said it takes.
void start_sends(Adapter& adapter) {
    if (!takes_sends(adapter)) {
        deliver_all(std::exchange(adapter.send_queue, {}), NDIS_STATUS_FAILURE);
        return;
    }
    std::array<PNDIS_PACKET, 64> batch;
    const std::size_t most =
        adapter.handlers().SendPacketsHandler
            ? std::min<std::size_t>(batch.size(),
                                    adapter.block.MaxSendPackets ? adapter.block.MaxSendPackets : batch.size())
            : 1;
    while (!adapter.send_queue.empty() && !adapter.sends_stalled) {
        std::size_t count = 0;
        for (; count < most && !adapter.send_queue.empty(); ++count) {
            batch[count] = adapter.send_queue.front();
            adapter.send_queue.pop_front();
        }
        if (adapter.handlers().SendPacketsHandler)
            hand_over_array(adapter, std::span(batch).first(count));
        else
            hand_over_single(adapter, batch[0]);
    }
}

void send_array(Binding& binding, std::span<const PNDIS_PACKET> packets) {
    if (packets.empty())
        return;
    const Adapter& adapter = *binding.adapter;
    binding.started.add(packets.size());
    nt::invoke(adapter.abi, adapter.handlers().SendPacketsHandler, adapter.context(),
               const_cast<PPNDIS_PACKET>(packets.data()), static_cast<UINT>(packets.size()));
}

// Behind the handler that is running: it may still look at the packet's status.
[[gnu::noinline]] void complete_serially(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status) {
    adapter.serializer.run([&adapter, packet, status] {
        deliver_from(adapter, packet, status);
        adapter.sends_stalled = false;
        start_sends(adapter);
    });
}

void queue_sends(Adapter& adapter, std::span<const PNDIS_PACKET> packets) {
    adapter.serializer.run([&adapter, queued = std::vector(packets.begin(), packets.end())] {
        adapter.send_queue.insert(adapter.send_queue.end(), queued.begin(), queued.end());
        start_sends(adapter);
    });
}

} // namespace

void prepare_sends(Adapter& adapter) {
    adapter.deferred.dpc.routine = deliver_deferred;
    adapter.deferred.dpc.context = &adapter;
}

bool begin_operation(Binding& binding, PNDIS_PACKET packet) {
    const bool begun = begin(binding, packet);
    binding.started.add(begun);
    return begun;
}

Binding* end_operation(PNDIS_PACKET packet) {
    return static_cast<Binding*>(end_hop(packet));
}

NDIS_STATUS send(Binding& binding, PNDIS_PACKET packet) {
    machine::DispatchScope dispatch;
    Adapter& adapter = *binding.adapter;
    if (const auto status = refusal(binding, adapter))
        return *status;
    if (!begin_operation(binding, packet))
        return NDIS_STATUS_FAILURE;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    if (!adapter.loops_back || !loop_back(binding, packet)) {
        if (!adapter.deserialized) {
            queue_sends(adapter, std::span(&packet, 1));
            return NDIS_STATUS_PENDING;
        }
        status = hand_over(adapter, packet);
        if (status == NDIS_STATUS_PENDING)
            return status;
    }
    end_operation(packet);
    binding.finished.add(1);
    return status;
}

void send(Binding& binding, std::span<const PNDIS_PACKET> packets) {
    machine::DispatchScope dispatch;
    Adapter& adapter = *binding.adapter;
    const bool whole_array = adapter.deserialized && adapter.handlers().SendPacketsHandler && !adapter.loops_back;
    if (!whole_array || refusal(binding, adapter)) {
        for (PNDIS_PACKET packet : packets) {
            const NDIS_STATUS status = send(binding, packet);
            if (status != NDIS_STATUS_PENDING) // NdisSendPackets: also what is finished at once ends in the handler
                tell_sender(binding, packet, status);
        }
        return;
    }
    for (std::size_t i = 0; i < packets.size(); ++i)
        if (!begin(binding, packets[i]))
            [[unlikely]] { // a packet that cannot go: the array is sent in two parts around it
            send_array(binding, packets.first(i));
            tell_sender(binding, packets[i], NDIS_STATUS_FAILURE);
            send(binding, packets.subspan(i + 1));
            return;
        }
    send_array(binding, packets);
}

void send_completed(Adapter& adapter, PNDIS_PACKET packet, NDIS_STATUS status) {
    machine::DispatchScope dispatch;
    if (status == NDIS_STATUS_RESOURCES) // NdisMSendComplete: never; drivers pass on what their allocator said
        status = NDIS_STATUS_FAILURE;
    if (!adapter.deserialized)
        complete_serially(adapter, packet, status);
    else if (completion_depth < max_completion_depth)
        deliver(packet, status);
    else
        defer(adapter, packet, status);
}

void send_completed(Adapter& adapter, std::span<const PNDIS_PACKET> packets) {
    machine::DispatchScope dispatch;
    if (!adapter.deserialized || completion_depth >= max_completion_depth) {
        for (PNDIS_PACKET packet : packets)
            send_completed(adapter, packet, NDIS_STATUS_SUCCESS);
        return;
    }
    const nt::Calls calls;
    ++completion_depth;
    for (PNDIS_PACKET packet : packets)
        deliver(calls, packet, NDIS_STATUS_SUCCESS);
    --completion_depth;
}

void sends_possible(Adapter& adapter) {
    serially(adapter, [&adapter] {
        adapter.sends_stalled = false;
        start_sends(adapter);
    });
}

void abort_sends_for_reset(Adapter& adapter) {
    if (adapter.deserialized)
        return;
    std::vector<PNDIS_PACKET> aborted = std::exchange(adapter.sends_inside, {});
    adapter.sends_aborted += aborted.size();
    aborted.insert(aborted.end(), adapter.send_queue.begin(), adapter.send_queue.end());
    adapter.send_queue.clear();
    adapter.sends_stalled = false;
    deliver_all(std::move(aborted), NDIS_STATUS_REQUEST_ABORTED);
}

void refuse_waiting_sends(Adapter& adapter) {
    serially(adapter, [&adapter] { start_sends(adapter); });
}

void abort_sends_of_halted(Adapter& adapter) {
    serially(adapter, [&adapter] {
        adapter.sends_stalled = false;
        adapter.sends_aborted = 0;
        deliver_all(std::exchange(adapter.sends_inside, {}), NDIS_STATUS_REQUEST_ABORTED);
    });
}

void cancel_sends(Binding& binding, PVOID cancel_id) {
    Adapter& adapter = *binding.adapter;
    if (!adapter.handlers().CancelSendPacketsHandler)
        return;
    machine::DispatchScope dispatch;
    nt::invoke(adapter.abi, adapter.handlers().CancelSendPacketsHandler, adapter.context(), cancel_id);
}

} // namespace ndispool::host
