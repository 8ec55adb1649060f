#include "ndispool/host/wire_adapter.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/frame.h"
#include "ndispool/host/send.h"

#include <algorithm>
#include <cstring>

namespace ndispool::host {

namespace {

constexpr std::size_t slot_count = 512;
constexpr ULONG frame_bytes = 1500; // without the header; longer frames of a capture pass all the same
constexpr char description[] = "ndispool wire adapter";

// Locally administered; the first adapter's ends in 1.
std::array<std::uint8_t, 6> address_of(std::size_t number) {
    return {0x02, 0x4e, 0x44, 0x49, 0x53, static_cast<std::uint8_t>(number + 1)};
}

WireAdapter& at(NDIS_HANDLE context) {
    return *static_cast<WireAdapter*>(context);
}

std::uint64_t time_to_send(PNDIS_PACKET packet) {
    return NDIS_GET_PACKET_TIME_TO_SEND(packet);
}

NDIS_STATUS initialize(PNDIS_STATUS, PUINT selected, PNDIS_MEDIUM media, UINT count, NDIS_HANDLE adapter, NDIS_HANDLE) {
    return at(NdisIMGetDeviceContext(adapter)).initialize(adapter, selected, media, count);
}

VOID halted(NDIS_HANDLE context) {
    at(context).quiesce();
}

NDIS_STATUS reset_hardware(PBOOLEAN addressing_reset, NDIS_HANDLE context) {
    *addressing_reset = TRUE; // as most cards' do: NDIS then sets filter and addresses again
    at(context).give_up();    // a deserialized miniport aborts its sends itself
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    return at(context).ask({false, oid, buffer, length, written, needed});
}

NDIS_STATUS set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed) {
    return at(context).ask({true, oid, buffer, length, read, needed});
}

NDIS_STATUS send_one(NDIS_HANDLE context, PNDIS_PACKET packet, UINT) {
    return at(context).send_one(packet);
}

VOID send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count) {
    at(context).send(std::span<const PNDIS_PACKET>(packets, count));
}

VOID return_packet(NDIS_HANDLE context, PNDIS_PACKET packet) {
    at(context).take_back(packet);
}

constexpr std::array<NDIS_OID, 36> supported = {
    OID_GEN_SUPPORTED_LIST,
    OID_GEN_HARDWARE_STATUS,
    OID_GEN_MEDIA_SUPPORTED,
    OID_GEN_MEDIA_IN_USE,
    OID_GEN_MAXIMUM_LOOKAHEAD,
    OID_GEN_MAXIMUM_FRAME_SIZE,
    OID_GEN_LINK_SPEED,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_DRIVER_VERSION,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_MAC_OPTIONS,
    OID_GEN_MEDIA_CONNECT_STATUS,
    OID_GEN_MAXIMUM_SEND_PACKETS,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR,
    OID_GEN_RCV_ERROR,
    OID_GEN_RCV_NO_BUFFER,
    OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS,
    OID_802_3_MULTICAST_LIST,
    OID_802_3_MAXIMUM_LIST_SIZE,
    OID_802_3_RCV_ERROR_ALIGNMENT,
    OID_802_3_XMIT_ONE_COLLISION,
    OID_802_3_XMIT_MORE_COLLISIONS,
    OID_PNP_CAPABILITIES,
    OID_PNP_QUERY_POWER,
    OID_PNP_SET_POWER,
};

// The value of an object, as bytes; empty: not one of this adapter's.
std::vector<std::byte> bytes(const void* from, std::size_t length) {
    const auto* first = static_cast<const std::byte*>(from);
    return {first, first + length};
}
std::vector<std::byte> number(ULONG value) {
    return bytes(&value, sizeof value);
}

std::vector<std::byte> value_of(NDIS_OID oid, const wire::Counters& counters, ULONG lookahead, bool connected,
                                const std::array<std::uint8_t, 6>& address) {
    switch (oid) {
    case OID_GEN_SUPPORTED_LIST:
        return bytes(supported.data(), sizeof supported);
    case OID_GEN_HARDWARE_STATUS:
        return number(NdisHardwareStatusReady);
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE:
        return number(NdisMedium802_3);
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE:
        return number(frame_bytes);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return number(lookahead);
    case OID_GEN_LINK_SPEED:
        return number(10'000'000); // 1 Gbit/s in units of 100 bit/s
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE:
        return number(frame_bytes + ethernet_header_bytes);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
    case OID_GEN_RECEIVE_BUFFER_SPACE:
        return number(slot_count * (frame_bytes + ethernet_header_bytes));
    case OID_GEN_VENDOR_ID:
        return number(0x00FFFFFF); // no vendor's code
    case OID_GEN_VENDOR_DESCRIPTION:
        return bytes(description, sizeof description);
    case OID_GEN_DRIVER_VERSION: {
        const USHORT version = 0x0501;
        return bytes(&version, sizeof version);
    }
    case OID_GEN_VENDOR_DRIVER_VERSION:
        return number(1);
    case OID_GEN_MAC_OPTIONS:
        // Not NO_LOOPBACK: what a driver sends here goes out on the wire and comes back only from there.
        return number(NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND |
                      NDIS_MAC_OPTION_FULL_DUPLEX);
    case OID_GEN_MEDIA_CONNECT_STATUS:
        return number(connected ? NdisMediaStateConnected : NdisMediaStateDisconnected);
    case OID_PNP_CAPABILITIES: {
        const NDIS_PNP_CAPABILITIES none{}; // wakes nobody up
        return bytes(&none, sizeof none);
    }
    case OID_PNP_QUERY_POWER:
        return number(NdisDeviceStateD3); // any state will do
    case OID_GEN_MAXIMUM_SEND_PACKETS:
        return number(64);
    case OID_GEN_XMIT_OK:
        return number(static_cast<ULONG>(counters.frames_out));
    case OID_GEN_RCV_OK:
        return number(static_cast<ULONG>(counters.frames_in));
    case OID_GEN_RCV_ERROR:
        return number(static_cast<ULONG>(counters.skipped));
    case OID_GEN_XMIT_ERROR:
    case OID_GEN_RCV_NO_BUFFER:
    case OID_802_3_RCV_ERROR_ALIGNMENT:
    case OID_802_3_XMIT_ONE_COLLISION:
    case OID_802_3_XMIT_MORE_COLLISIONS:
        return number(0);
    case OID_802_3_PERMANENT_ADDRESS:
    case OID_802_3_CURRENT_ADDRESS:
        return bytes(address.data(), address.size());
    case OID_802_3_MAXIMUM_LIST_SIZE:
        return number(32);
    default:
        return {};
    }
}

} // namespace

WireAdapter::WireAdapter(wire::Wire& wire, Traffic& traffic, unsigned processor, Freedom& freedom, std::size_t number)
    : wire_(wire), traffic_(traffic), processor_(processor), address_(address_of(number)),
      slots_(processor, slot_count, Reserved::miniport), freedom_(freedom),
      outlet_(wire, traffic, [this](std::span<const PNDIS_PACKET> packets) { sent(packets); }),
      completions_([this](PNDIS_PACKET packet) { complete_put_off(packet); }), waker_(wire, processor),
      lookahead_(frame_bytes) {}

void WireAdapter::enroll(Driver& driver) {
    auto miniport = std::make_unique<MiniportDriver>();
    miniport->driver = &driver;
    NDIS51_MINIPORT_CHARACTERISTICS& handlers = miniport->handlers;
    handlers.MajorNdisVersion = 5;
    handlers.MinorNdisVersion = 1;
    handlers.InitializeHandler = host::initialize;
    handlers.HaltHandler = halted;
    handlers.ResetHandler = reset_hardware;
    handlers.QueryInformationHandler = host::query;
    handlers.SetInformationHandler = host::set;
    handlers.SendHandler = host::send_one; // for an adapter whose sends vary; else the array form goes before it
    handlers.SendPacketsHandler = send_packets;
    handlers.ReturnPacketHandler = return_packet;
    driver.miniports.push_back(std::move(miniport));
}

NDIS_STATUS WireAdapter::initialize(NDIS_HANDLE adapter, PUINT selected, PNDIS_MEDIUM media, UINT count) {
    adapter_ = adapter;
    const PNDIS_MEDIUM found = std::find(media, media + count, NdisMedium802_3);
    if (found == media + count)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    *selected = static_cast<UINT>(found - media);
    NdisMSetAttributesEx(adapter, this, 0, NDIS_ATTRIBUTE_DESERIALIZE | NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND,
                         NdisInterfaceInternal);
    awake_.store(true, std::memory_order_relaxed);
    initialized_.store(true, std::memory_order_release); // pairs with the acquire in may_receive(): adapter_ is set
    return NDIS_STATUS_SUCCESS;
}

bool WireAdapter::poll() noexcept {
    const bool sent = outlet_.look();
    const bool received = receive();
    if (received)
        traffic_.moved();
    return sent || received;
}

bool WireAdapter::may_receive() const {
    // An adapter that is inserted while the processor polls is initialized a moment before it runs.
    return initialized_.load(std::memory_order_acquire) &&
           adapter_of(adapter_)->state.load(std::memory_order_acquire) == AdapterState::running &&
           awake_.load(std::memory_order_relaxed) && connected_.load(std::memory_order_relaxed);
}

bool WireAdapter::receive() {
    if (!may_receive() || indication_.busy()) // what is still being indicated comes first
        return false;
    std::array<wire::Frame, batch> frames;
    std::array<PNDIS_PACKET, batch> packets;
    const std::size_t wanted = traffic_.reserve(std::min(batch, slots_.free_now()));
    const std::size_t count = wanted > 0 ? wire_.receive(std::span(frames).first(wanted)) : 0;
    traffic_.give_back(wanted - count);
    const std::size_t filled =
        slots_.take(std::span(frames).first(count), packets, [](PNDIS_PACKET packet, const wire::Frame& frame) {
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
            NDIS_SET_PACKET_TIME_RECEIVED(packet, frame.time_100ns);
        });
    if (filled > 0)
        indicate(std::span(packets).first(filled));
    return count > 0;
}

// In one array, here; or, with freedom, in several, some with RESOURCES, some on another processor. Order is kept.
void WireAdapter::indicate(std::span<PNDIS_PACKET> packets) {
    while (!packets.empty()) {
        const std::span<PNDIS_PACKET> group =
            packets.first(freedom_.portion(packets.size(), Way::indicated_singly, Way::indicated_in_array));
        packets = packets.subspan(group.size());
        const std::size_t lent = freedom_.choose(2, Way::indicated_as_loan, Way::indicated_with_resources)
                                     ? group.size() - freedom_.portion(group.size())
                                     : group.size();
        for (PNDIS_PACKET packet : group.subspan(lent))
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_RESOURCES);
        freedom_.did(group.size() == 1 ? Way::indicated_singly : Way::indicated_in_array, group.size());
        count_loans(lent, group.size() - lent);
        NdisMIndicateReceivePacket(adapter_, group.data(), static_cast<UINT>(group.size()));
        for (PNDIS_PACKET packet : group.subspan(lent))
            take_back(packet);
        if (!packets.empty() && !indication_.busy() && freedom_.one_in(4)) {
            indication_.start(freedom_.processor(),
                              [this, rest = std::vector(packets.begin(), packets.end())]() mutable {
                                  indicate(rest);
                                  machine::wake(processor_);
                              });
            return;
        }
    }
}

void WireAdapter::count_loans(std::size_t lent, std::size_t with_resources) {
    freedom_.did(Way::indicated_as_loan, lent);
    freedom_.did(Way::indicated_with_resources, with_resources);
}

// The frame goes on as a copy, and the packet is free.
void WireAdapter::keep_copy(PNDIS_PACKET packet) {
    Outgoing copy = outgoing(time_to_send(packet), copy_of(packet));
    outlet_.push(std::span(&copy, 1));
}

void WireAdapter::send(std::span<const PNDIS_PACKET> packets) {
    if (!connected_.load(std::memory_order_relaxed)) {
        for (PNDIS_PACKET packet : packets)
            NdisMSendComplete(adapter_, packet, NDIS_STATUS_NO_CABLE);
        return;
    }
    if (!freedom_.used()) {
        outlet_.push(packets, time_to_send);
        return;
    }
    for (PNDIS_PACKET packet : packets)
        if (const NDIS_STATUS status = send_one(packet); status != NDIS_STATUS_PENDING)
            NdisMSendComplete(adapter_, packet, status);
}

NDIS_STATUS WireAdapter::send_one(PNDIS_PACKET packet) {
    if (!connected_.load(std::memory_order_relaxed))
        return NDIS_STATUS_NO_CABLE;
    if (freedom_.choose(2, Way::send_completed_later, Way::send_completed_at_once)) {
        keep_copy(packet);
        freedom_.did(Way::send_completed_at_once);
        return NDIS_STATUS_SUCCESS;
    }
    outlet_.push(std::span(&packet, 1), time_to_send);
    return NDIS_STATUS_PENDING;
}

void WireAdapter::sent(std::span<const PNDIS_PACKET> packets) {
    if (!freedom_.used()) {
        send_completed(*adapter_of(adapter_), packets);
        return;
    }
    for (PNDIS_PACKET packet : packets)
        if (freedom_.one_in(2)) {
            completions_.add(freedom_.processor(), packet);
        } else {
            freedom_.did(Way::send_completed_later);
            NdisMSendComplete(adapter_, packet, NDIS_STATUS_SUCCESS);
        }
}

void WireAdapter::complete_put_off(PNDIS_PACKET packet) {
    freedom_.did(Way::send_completed_later);
    if (machine::current_processor() != processor_)
        freedom_.did(Way::send_completed_elsewhere);
    NdisMSendComplete(adapter_, packet, NDIS_STATUS_SUCCESS);
}

void WireAdapter::take_back(PNDIS_PACKET packet) {
    slots_.put(packet);
}

void WireAdapter::give_up(NDIS_STATUS status) {
    machine::DispatchScope dispatch;
    for (PNDIS_PACKET packet : outlet_.drop())
        NdisMSendComplete(adapter_, packet, status);
}

void WireAdapter::connect(bool connected) {
    machine::DispatchScope dispatch;
    if (connected_.exchange(connected, std::memory_order_relaxed) == connected)
        return;
    if (!connected)
        give_up(NDIS_STATUS_NO_CABLE);
    NdisMIndicateStatus(adapter_, connected ? NDIS_STATUS_MEDIA_CONNECT : NDIS_STATUS_MEDIA_DISCONNECT, nullptr, 0);
    NdisMIndicateStatusComplete(adapter_);
}

void WireAdapter::quiesce() {
    initialized_.store(false, std::memory_order_release);
    machine::synchronize(); // a poll that had begun is over
    constexpr std::uint64_t poll_100ns = 10'000;
    while (indication_.busy()) // and what it left for later
        machine::sleep_100ns(poll_100ns);
}

NDIS_STATUS WireAdapter::set_power(ULONG state) {
    if (state < NdisDeviceStateD0 || state > NdisDeviceStateD3)
        return NDIS_STATUS_INVALID_DATA;
    const bool awake = state == NdisDeviceStateD0;
    awake_.store(awake, std::memory_order_relaxed);
    if (!awake)
        give_up(NDIS_STATUS_FAILURE); // a protocol that went to sleep with sends out
    return NDIS_STATUS_SUCCESS;
}

bool WireAdapter::idle() {
    return outlet_.waiting() == 0 && slots_.out() == 0 && completions_.empty() && !indication_.busy();
}

NDIS_STATUS WireAdapter::answer(const Question& question) {
    return question.set ? set(question.oid, question.buffer, question.length, question.done, question.needed)
                        : query(question.oid, question.buffer, question.length, question.done, question.needed);
}

NDIS_STATUS WireAdapter::ask(const Question& question) {
    if (!freedom_.choose(2, Way::request_at_once, Way::request_later) || request_.busy()) {
        freedom_.did(Way::request_at_once);
        return answer(question);
    }
    freedom_.did(Way::request_later);
    request_.start(freedom_.processor(), [this, question] {
        const NDIS_STATUS status = answer(question);
        if (question.set)
            NdisMSetInformationComplete(adapter_, status);
        else
            NdisMQueryInformationComplete(adapter_, status);
    });
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS WireAdapter::query(NDIS_OID oid, void* buffer, ULONG length, ULONG* written, ULONG* needed) {
    const std::vector<std::byte> value =
        value_of(oid, wire_.counters(), lookahead_, connected_.load(std::memory_order_relaxed), address_);
    *written = 0;
    if (value.empty())
        return NDIS_STATUS_NOT_SUPPORTED;
    *needed = static_cast<ULONG>(value.size());
    if (length < value.size())
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    std::memcpy(buffer, value.data(), value.size());
    *written = *needed;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS WireAdapter::set(NDIS_OID oid, const void* value, ULONG length, ULONG* read, ULONG* needed) {
    *read = length;
    ULONG power = NdisDeviceStateD0;
    ULONG* const number = oid == OID_GEN_CURRENT_PACKET_FILTER ? &filter_
                          : oid == OID_GEN_CURRENT_LOOKAHEAD   ? &lookahead_
                          : oid == OID_PNP_SET_POWER           ? &power
                                                               : nullptr;
    if (oid == OID_802_3_MULTICAST_LIST)
        return NDIS_STATUS_SUCCESS; // the host filters for each binding
    if (!number)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (length < sizeof *number) {
        *read = 0;
        *needed = sizeof *number;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    std::memcpy(number, value, sizeof *number);
    return number == &power ? set_power(power) : NDIS_STATUS_SUCCESS;
}

} // namespace ndispool::host
