#include "ndispool/host/wire_edge.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/frame.h"
#include "ndispool/host/pnp.h"
#include "ndispool/machine/event.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace ndispool::host {

namespace {

constexpr std::size_t slot_count = 512;
constexpr std::uint64_t settle_pause_100ns = 10'000; // 1 ms
constexpr int settle_tries = 1000;

std::vector<WireEdge*> edges; // made and destroyed while nothing is bound

WireEdge& at(NDIS_HANDLE context) {
    return *static_cast<WireEdge*>(context);
}

// A received packet carries the time its wire gave it; the lowest packet of the stack has it.
std::uint64_t time_received(PNDIS_PACKET packet) {
    PNDIS_PACKET const original = NDIS_GET_ORIGINAL_PACKET(packet);
    return NDIS_GET_PACKET_TIME_RECEIVED(original ? original : packet);
}

VOID open_complete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS) {
    at(context).opened(status);
}
VOID close_complete(NDIS_HANDLE context, NDIS_STATUS) {
    at(context).closed();
}
VOID send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    at(context).sent(packet, status);
}
VOID transfer_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT) {
    at(context).transferred(packet, status);
}
VOID reset_complete(NDIS_HANDLE, NDIS_STATUS) {}
VOID request_complete(NDIS_HANDLE context, PNDIS_REQUEST, NDIS_STATUS status) {
    at(context).request_completed(status);
}
NDIS_STATUS receive(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header, UINT header_bytes, PVOID data,
                    UINT data_bytes, UINT packet_bytes) {
    return at(context).received(receive_context, header, header_bytes, data, data_bytes, packet_bytes);
}
VOID receive_complete(NDIS_HANDLE context) {
    at(context).received_all();
}
INT receive_packet(NDIS_HANDLE context, PNDIS_PACKET packet) {
    return at(context).received(packet);
}
VOID status(NDIS_HANDLE, NDIS_STATUS, PVOID, UINT) {}
VOID status_complete(NDIS_HANDLE) {}
// Every other handler gets its edge as its binding context.
VOID bind_adapter(PNDIS_STATUS status, NDIS_HANDLE context, PNDIS_STRING device, PVOID, PVOID) {
    const Protocol* const protocol = static_cast<const BindContext*>(context)->protocol;
    WireEdge* const edge = *std::ranges::find_if(edges, [&](WireEdge* each) { return &each->protocol() == protocol; });
    *status = edge->bind(device);
}
VOID unbind_adapter(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE) {
    *status = at(context).unbind();
}
NDIS_STATUS pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT event) {
    if (event->NetEvent == NetEventSetPower && context)
        return at(context).power(*static_cast<PNDIS_DEVICE_POWER_STATE>(event->Buffer));
    return NDIS_STATUS_SUCCESS;
}

} // namespace

WireEdge::WireEdge(wire::Wire& wire, Traffic& traffic, unsigned processor, Freedom& freedom)
    : wire_(wire), traffic_(traffic), processor_(processor), slots_(processor, slot_count, Reserved::protocol),
      freedom_(freedom), outlet_(wire, traffic, [this](std::span<const PNDIS_PACKET> taken) { give_back(taken); }),
      returns_([this](PNDIS_PACKET packet) {
          freedom_.did(Way::returned_later);
          NdisReturnPackets(&packet, 1);
      }),
      waker_(wire, processor) {
    edges.push_back(this);
}

WireEdge::~WireEdge() {
    std::erase(edges, this);
}

Protocol& WireEdge::enroll(Driver& driver) {
    auto protocol = std::make_unique<Protocol>();
    protocol->driver = &driver;
    protocol->name = u"WIREEDGE";
    NDIS50_PROTOCOL_CHARACTERISTICS& handlers = protocol->handlers;
    handlers.MajorNdisVersion = 5;
    handlers.OpenAdapterCompleteHandler = open_complete;
    handlers.CloseAdapterCompleteHandler = close_complete;
    handlers.SendCompleteHandler = send_complete;
    handlers.TransferDataCompleteHandler = transfer_complete;
    handlers.ResetCompleteHandler = reset_complete;
    handlers.RequestCompleteHandler = request_complete;
    handlers.ReceiveHandler = receive;
    handlers.ReceiveCompleteHandler = receive_complete;
    handlers.StatusHandler = status;
    handlers.StatusCompleteHandler = status_complete;
    handlers.ReceivePacketHandler = receive_packet;
    handlers.BindAdapterHandler = bind_adapter;
    handlers.UnbindAdapterHandler = unbind_adapter;
    handlers.PnPEventHandler = pnp_event;
    protocol_ = protocol.get();
    driver.protocols.push_back(std::move(protocol));
    return *protocol_;
}

NDIS_STATUS WireEdge::bind(PNDIS_STRING device) {
    NDIS_MEDIUM medium = NdisMedium802_3;
    NDIS_STATUS status, open_error;
    NDIS_HANDLE binding = nullptr;
    UINT selected;
    NdisOpenAdapter(&status, &open_error, &binding, &selected, &medium, 1, protocol_, this, device, 0, nullptr);
    if (status == NDIS_STATUS_PENDING) {
        machine::wait(event_, true, std::nullopt);
        status = open_status_;
    }
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    awake_.store(true, std::memory_order_relaxed);
    binding_.store(binding, std::memory_order_release); // pairs with the acquire in bound() and poll()
    ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;        // whatever comes through the driver goes to the wire
    NDIS_REQUEST set{};
    set.RequestType = NdisRequestSetInformation;
    set.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    set.DATA.SET_INFORMATION.InformationBuffer = &filter;
    set.DATA.SET_INFORMATION.InformationBufferLength = sizeof filter;
    status = request(set);
    if (status != NDIS_STATUS_SUCCESS)
        unbind();
    return status;
}

NDIS_STATUS WireEdge::unbind() {
    NDIS_HANDLE const binding = binding_.exchange(nullptr, std::memory_order_acq_rel);
    machine::synchronize(); // no poll sends on it any more
    NDIS_STATUS status;
    event_ = 0;
    NdisCloseAdapter(&status, binding);
    if (status == NDIS_STATUS_PENDING)
        machine::wait(event_, true, std::nullopt);
    settle();
    return NDIS_STATUS_SUCCESS;
}

// What was lent goes to the wire, or back without it when the wire takes nothing for a while: the adapter waits for it.
void WireEdge::settle() {
    for (int tries = 0; outlet_.waiting() > 0 && tries < settle_tries; ++tries) {
        machine::wake(processor_);
        machine::sleep_100ns(settle_pause_100ns);
    }
    give_up();
}

// A sleeping adapter's binding: nothing is sent, and what was sent comes back before this is answered.
NDIS_STATUS WireEdge::power(NDIS_DEVICE_POWER_STATE state) {
    awake_.store(state == NdisDeviceStateD0, std::memory_order_release); // pairs with the acquire in forward()
    if (state == NdisDeviceStateD0) {
        machine::wake(processor_);
        return NDIS_STATUS_SUCCESS;
    }
    machine::synchronize(); // no poll sends any more
    for (int tries = 0; slots_.out() > 0 && tries < settle_tries; ++tries)
        machine::sleep_100ns(settle_pause_100ns);
    return NDIS_STATUS_SUCCESS;
}

void WireEdge::opened(NDIS_STATUS status) {
    open_status_ = status;
    machine::set(event_);
}

void WireEdge::closed() {
    machine::set(event_);
}

NDIS_STATUS WireEdge::request(NDIS_REQUEST& request) {
    NDIS_STATUS status;
    (NdisRequest)(&status, binding_.load(std::memory_order_acquire), &request);
    if (status != NDIS_STATUS_PENDING)
        return status;
    machine::wait(event_, true, std::nullopt);
    return request_status_;
}

void WireEdge::request_completed(NDIS_STATUS status) {
    request_status_ = status;
    machine::set(event_);
}

bool WireEdge::poll() noexcept {
    const bool taken = outlet_.look();
    const bool sent = forward();
    if (sent)
        traffic_.moved();
    return taken || sent;
}

// Frames of the wire go down, as many as there are descriptors for.
bool WireEdge::forward() {
    NDIS_HANDLE const binding = binding_.load(std::memory_order_acquire);
    if (!binding || !awake_.load(std::memory_order_acquire) || sending_.busy())
        return false;
    std::array<wire::Frame, batch> frames;
    std::array<PNDIS_PACKET, batch> packets;
    const std::size_t wanted = traffic_.reserve(std::min(batch, slots_.free_now()));
    const std::size_t count = wanted > 0 ? wire_.receive(std::span(frames).first(wanted)) : 0;
    traffic_.give_back(wanted - count);
    const std::size_t filled =
        slots_.take(std::span(frames).first(count), packets, [](PNDIS_PACKET packet, const wire::Frame& frame) {
            NDIS_SET_PACKET_TIME_TO_SEND(packet, frame.time_100ns);
            NdisSetPacketFlags(packet, NDIS_FLAGS_DONT_LOOPBACK); // the wire does not want its own frames back
        });
    if (filled > 0)
        send(std::span(packets).first(filled));
    return count > 0;
}

// In one array, here; or, with freedom, in several and singly, some on another processor. Order is kept.
void WireEdge::send(std::span<PNDIS_PACKET> packets) {
    while (!packets.empty()) {
        NDIS_HANDLE const binding = binding_.load(std::memory_order_acquire);
        const std::span<PNDIS_PACKET> group =
            packets.first(freedom_.portion(packets.size(), Way::sent_singly, Way::sent_in_array));
        packets = packets.subspan(group.size());
        freedom_.did(group.size() == 1 ? Way::sent_singly : Way::sent_in_array, group.size());
        if (!binding) {
            for (PNDIS_PACKET packet : group)
                sent(packet, NDIS_STATUS_CLOSING);
        } else if (group.size() == 1 && freedom_.one_in(2)) {
            NDIS_STATUS status;
            NdisSend(&status, binding, group.front());
            if (status != NDIS_STATUS_PENDING)
                sent(group.front(), status);
        } else {
            NdisSendPackets(binding, group.data(), static_cast<UINT>(group.size()));
        }
        if (!packets.empty() && !sending_.busy() && freedom_.one_in(4)) {
            sending_.start(freedom_.processor(), [this, rest = std::vector(packets.begin(), packets.end())]() mutable {
                send(rest);
                machine::wake(processor_);
            });
            return;
        }
    }
}

void WireEdge::give_back(std::span<const PNDIS_PACKET> packets) {
    while (!packets.empty()) {
        const std::span<const PNDIS_PACKET> group = packets.first(freedom_.portion(packets.size()));
        packets = packets.subspan(group.size());
        if (freedom_.choose(2, Way::returned_at_once, Way::returned_later)) {
            for (PNDIS_PACKET packet : group)
                returns_.add(freedom_.processor(), packet);
        } else {
            freedom_.did(Way::returned_at_once, group.size());
            NdisReturnPackets(const_cast<PPNDIS_PACKET>(group.data()), static_cast<UINT>(group.size()));
        }
    }
}

void WireEdge::sent(PNDIS_PACKET packet, NDIS_STATUS status) {
    if (status != NDIS_STATUS_SUCCESS)
        refused_.fetch_add(1, std::memory_order_relaxed); // a count; orders no other data
    slots_.put(packet);
}

int WireEdge::received(PNDIS_PACKET packet) {
    if (NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES || freedom_.one_in(4)) {
        push(outgoing(time_received(packet), copy_of(packet)));
        return 0;
    }
    const unsigned processor = machine::processor_held();
    Lent& lent = lent_[processor];
    lent.packets[lent.count++] = packet;
    if (lent.count == batch) [[unlikely]]
        push_lent(processor);
    return 1;
}

// The host calls ProtocolReceiveComplete behind every array, and on the processor of its ProtocolReceivePacket.
void WireEdge::received_all() {
    push_lent(machine::processor_held());
}

void WireEdge::push_lent(unsigned processor) {
    Lent& lent = lent_[processor];
    const std::size_t count = std::exchange(lent.count, 0);
    if (count > 0)
        outlet_.push(std::span(lent.packets).first(count), time_received);
}

NDIS_STATUS WireEdge::received(NDIS_HANDLE receive_context, const void* header, UINT header_bytes, const void* data,
                               UINT data_bytes, UINT packet_bytes) {
    NDIS_HANDLE const binding = binding_.load(std::memory_order_acquire);
    if (!binding)
        return NDIS_STATUS_NOT_ACCEPTED;
    std::vector<std::byte> frame(std::size_t{header_bytes} + packet_bytes);
    std::memcpy(frame.data(), header, header_bytes);
    std::memcpy(frame.data() + header_bytes, data, std::min(data_bytes, packet_bytes));
    if (data_bytes < packet_bytes)
        return fetch_rest(binding, receive_context, std::move(frame), header_bytes + data_bytes, data_bytes);
    PNDIS_PACKET const packet = NdisGetReceivedPacket(binding, receive_context);
    push(outgoing(packet ? time_received(packet) : 0, std::move(frame)));
    return NDIS_STATUS_SUCCESS;
}

// The transfer may be complete before NdisTransferData returns, so it is entered first.
NDIS_STATUS WireEdge::fetch_rest(NDIS_HANDLE binding, NDIS_HANDLE receive_context, std::vector<std::byte> frame,
                                 std::size_t have, UINT offset) {
    auto transfer = std::make_unique<Transfer>();
    transfer->frame = std::move(frame);
    const std::span<std::byte> rest = std::span(transfer->frame).subspan(have);
    transfer->packet = std::make_unique<HostPacket>(rest);
    if (!*transfer->packet)
        return NDIS_STATUS_NOT_ACCEPTED;
    PNDIS_PACKET const packet = transfer->packet->get();
    machine::acquire(lock_);
    transfers_[packet] = std::move(transfer);
    machine::release(lock_);
    NDIS_STATUS status;
    UINT bytes = 0;
    NdisTransferData(&status, binding, receive_context, offset, static_cast<UINT>(rest.size()), packet, &bytes);
    if (status != NDIS_STATUS_PENDING)
        transferred(packet, status);
    return status == NDIS_STATUS_PENDING ? NDIS_STATUS_SUCCESS : status;
}

std::unique_ptr<WireEdge::Transfer> WireEdge::end_transfer(PNDIS_PACKET packet) {
    machine::acquire(lock_);
    const auto found = transfers_.find(packet);
    std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    machine::release(lock_);
    return transfer;
}

void WireEdge::transferred(PNDIS_PACKET packet, NDIS_STATUS status) {
    const std::unique_ptr<Transfer> transfer = end_transfer(packet);
    if (status == NDIS_STATUS_SUCCESS)
        push(outgoing(0, std::move(transfer->frame)));
}

void WireEdge::push(Outgoing frame) {
    push_lent(machine::processor_held()); // what came before it
    outlet_.push(std::span(&frame, 1));
}

void WireEdge::give_up() {
    machine::DispatchScope dispatch;
    std::vector<PNDIS_PACKET> packets = outlet_.drop();
    if (!packets.empty())
        NdisReturnPackets(packets.data(), static_cast<UINT>(packets.size()));
}

bool WireEdge::idle() {
    return outlet_.waiting() == 0 && slots_.out() == 0 && returns_.empty() && !sending_.busy();
}

} // namespace ndispool::host
