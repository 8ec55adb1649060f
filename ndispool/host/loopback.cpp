#include "ndispool/host/loopback.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/frame.h"
#include "ndispool/host/receive.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace ndispool::host {

namespace {

// Capture drivers of Windows 2000 use this reserved bit for the same wish as NDIS_FLAGS_DONT_LOOPBACK.
constexpr UINT dont_loop_back = NDIS_FLAGS_DONT_LOOPBACK | NDIS_FLAGS_RESERVED4;

constexpr unsigned most_at_a_time = 64;
constexpr std::size_t most_waiting = 16'384; // protocols that answer each other's frames would fill all memory

bool hears(const Binding& binding, const Adapter& adapter, std::span<const std::byte> header) {
    return (binding.filter.types.load(std::memory_order_relaxed) & NDIS_PACKET_TYPE_ALL_LOCAL) ||
           accepts(binding, adapter.address, header);
}

// The host's own descriptor for one frame at a time; a small pool of its own for each delivery.
void show_copy(Adapter& adapter, LoopedFrame& frame) {
    HostPacket packet(frame.bytes);
    if (!packet)
        return; // no memory: the frame is lost as it would be on a loaded machine
    NdisSetPacketFlags(packet.get(), NDIS_FLAGS_IS_LOOPBACK_PACKET);
    show(adapter, packet.get(), frame.skip);
}

std::optional<LoopedFrame> take(Loopback& loopback) {
    std::optional<LoopedFrame> frame;
    machine::acquire(loopback.lock);
    if (!loopback.frames.empty()) {
        frame = std::move(loopback.frames.front());
        loopback.frames.pop_front();
    }
    machine::release(loopback.lock);
    return frame;
}

// What hears a frame may send one for it, which comes here too: other work of the processor gets its turn.
void deliver(void* context) {
    Adapter& adapter = *static_cast<Adapter*>(context);
    for (unsigned left = most_at_a_time; left > 0; --left) {
        std::optional<LoopedFrame> frame = take(adapter.loopback);
        if (!frame)
            return;
        show_copy(adapter, *frame);
    }
    machine::queue_dpc(adapter.loopback.dpc, machine::current_processor());
}

} // namespace

void prepare_loopback(Adapter& adapter) {
    adapter.loopback.dpc.routine = deliver;
    adapter.loopback.dpc.context = &adapter;
}

bool loop_back(Binding& sender, PNDIS_PACKET packet) {
    Adapter& adapter = *sender.adapter;
    const UINT flags = NdisGetPacketFlags(packet);
    if (flags & dont_loop_back)
        return false;
    const std::span<const std::byte> header = first_bytes(packet);
    const bool only_here = (flags & NDIS_FLAGS_LOOPBACK_ONLY) ||
                           (header.size() >= 6 && std::memcmp(header.data(), adapter.address.data(), 6) == 0);
    const bool deaf = sender.protocol_options.load(std::memory_order_relaxed) & NDIS_PROT_OPTION_NO_LOOPBACK;
    const auto& bindings = adapter.bindings.load(std::memory_order_acquire)->items;
    const bool wanted = std::any_of(bindings.begin(), bindings.end(), [&](const Binding* binding) {
        return !(deaf && binding == &sender) && hears(*binding, adapter, header);
    });
    if (!wanted)
        return only_here;

    Loopback& loopback = adapter.loopback;
    LoopedFrame frame{copy_of(packet), deaf ? &sender : nullptr};
    machine::acquire(loopback.lock);
    if (loopback.frames.size() < most_waiting)
        loopback.frames.push_back(std::move(frame));
    machine::release(loopback.lock);
    machine::queue_dpc(loopback.dpc, machine::current_processor());
    return only_here;
}

} // namespace ndispool::host
