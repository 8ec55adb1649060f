#include "ndispool/host/power.h"

#include "ndispool/host/testing.h"

#include <algorithm>
#include <array>
#include <thread>

namespace ndispool::host::testing {
namespace {

using Log = std::vector<std::string>;

NDIS_DEVICE_POWER_STATE state_of(const void* buffer) {
    NDIS_DEVICE_POWER_STATE state;
    std::memcpy(&state, buffer, sizeof state);
    return state;
}

std::string letter(NDIS_DEVICE_POWER_STATE state) {
    return "D" + std::to_string(static_cast<int>(state) - NdisDeviceStateD0);
}

// Writes down what a miniport and a protocol are told about power.
struct Sleepers {
    Log log;
    TestMiniport miniport;
    TestProtocol* protocol = nullptr;

    explicit Sleepers(ULONG attributes) {
        miniport.attributes = attributes;
        miniport.on_request = [this](bool set, NDIS_OID oid, std::span<std::byte> value) -> std::optional<NDIS_STATUS> {
            if (oid == OID_PNP_SET_POWER)
                log.push_back("miniport set " + letter(state_of(value.data())));
            else if (oid == OID_PNP_QUERY_POWER)
                log.push_back("miniport query " + letter(state_of(value.data())));
            else if (set && oid == OID_GEN_CURRENT_PACKET_FILTER)
                log.emplace_back("filter");
            else
                return std::nullopt;
            return NDIS_STATUS_SUCCESS;
        };
    }

    void hear(TestProtocol& by) {
        protocol = &by;
        by.on_event = [this](NET_PNP_EVENT& event) {
            log.push_back((event.NetEvent == NetEventSetPower ? "protocol set " : "protocol query ") +
                          letter(state_of(event.Buffer)));
            return NDIS_STATUS_SUCCESS;
        };
    }
};

constexpr ULONG told = NDIS_ATTRIBUTE_DESERIALIZE | NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND;

TEST(Power, goes_down_bindings_first_and_up_miniport_first_with_its_filter_restored) {
    Sleepers sleepers(told);
    Stack stack(sleepers.miniport);
    TestProtocol protocol;
    sleepers.hear(protocol);
    stack.bind(protocol);
    sleepers.log.clear();
    EXPECT_TRUE(power_down(stack.adapter(), NdisDeviceStateD3));
    EXPECT_EQ(sleepers.log, (Log{"protocol query D3", "miniport query D3", "protocol set D3", "miniport set D3"}));
    EXPECT_FALSE(power_down(stack.adapter(), NdisDeviceStateD3)) << "it sleeps already";
    sleepers.log.clear();
    EXPECT_TRUE(power_up(stack.adapter()));
    EXPECT_EQ(sleepers.log, (Log{"miniport set D0", "filter", "protocol set D0"}));
    EXPECT_FALSE(power_up(stack.adapter())) << "it is awake";
    EXPECT_EQ(sleepers.miniport.halts, 0);
}

TEST(Power, a_sleeping_adapter_takes_no_send_and_no_request_and_its_indications_come_back) {
    Sleepers sleepers(told);
    int returned = 0, received = 0;
    sleepers.miniport.on_return = [&](PNDIS_PACKET) { ++returned; };
    Stack stack(sleepers.miniport);
    TestProtocol protocol;
    sleepers.hear(protocol);
    protocol.on_receive_packet = [&](PNDIS_PACKET) { return ++received * 0; };
    stack.bind(protocol);
    power_down(stack.adapter(), NdisDeviceStateD3);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE);
    EXPECT_EQ(protocol.set_filter(NDIS_PACKET_TYPE_BROADCAST), NDIS_STATUS_FAILURE);
    PNDIS_PACKET const one = packet;
    stack.indicate({&one, 1});
    NdisMIndicateStatus(sleepers.miniport.handle, NDIS_STATUS_MEDIA_CONNECT, nullptr, 0);
    EXPECT_EQ(returned, 1);
    EXPECT_EQ(received, 0);
    EXPECT_TRUE(protocol.statuses.empty());
    power_up(stack.adapter());
    stack.indicate({&one, 1});
    EXPECT_EQ(received, 1);
    EXPECT_TRUE(stack.findings().empty());
}

TEST(Power, a_miniport_that_knows_no_states_is_halted_and_initialized_again_under_its_bindings) {
    Sleepers sleepers(NDIS_ATTRIBUTE_DESERIALIZE);
    int initialized = 0;
    sleepers.miniport.on_initialize = [&] { return ++initialized, NDIS_STATUS_SUCCESS; };
    Stack stack(sleepers.miniport);
    TestProtocol protocol;
    sleepers.hear(protocol);
    stack.bind(protocol);
    power_down(stack.adapter(), NdisDeviceStateD3);
    EXPECT_EQ(sleepers.miniport.halts, 1);
    EXPECT_TRUE(power_up(stack.adapter()));
    EXPECT_EQ(initialized, 2);
    EXPECT_TRUE(protocol.bound().is_open());
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_EQ(protocol.sent.size(), 1u) << "the miniport of this test completes at once";
}

// Takes the first packet and answers RESOURCES to all behind it.
class OneSlot {
  public:
    explicit OneSlot(TestMiniport& miniport) {
        miniport.on_send_packets = [this](std::span<PNDIS_PACKET> packets) {
            EXPECT_FALSE(halted);
            for (PNDIS_PACKET packet : packets) {
                NDIS_SET_PACKET_STATUS(packet, inside ? NDIS_STATUS_RESOURCES : NDIS_STATUS_PENDING);
                if (inside)
                    return; // and the same holds for all that follow
                inside = packet;
            }
        };
        miniport.on_initialize = [this] { return halted = false, inside = nullptr, NDIS_STATUS_SUCCESS; };
    }
    PNDIS_PACKET inside = nullptr;
    std::atomic<bool> halted = false;
};

// Such a miniport that knows no states, serialized, with a protocol on it.
struct OneSlotStack {
    Sleepers sleepers{0};
    OneSlot slot{sleepers.miniport};
    Stack stack{sleepers.miniport};
    TestProtocol protocol;

    OneSlotStack() {
        sleepers.hear(protocol);
        stack.bind(protocol);
    }
};

TEST(Power, sends_of_a_serialized_miniport_that_is_halted_to_sleep_end_and_none_comes_to_it) {
    OneSlotStack one;
    std::size_t ended_before = 0;
    one.sleepers.miniport.on_halt = [&] {
        one.slot.halted = true;
        ended_before = one.protocol.sent.size();
        NdisMSendResourcesAvailable(one.sleepers.miniport.handle);
    };
    std::array<TestPacket, 3> packets;
    std::array<PNDIS_PACKET, 3> array = {packets[0], packets[1], packets[2]};
    NdisSendPackets(one.protocol.binding, array.data(), 3);
    ASSERT_EQ(one.slot.inside, array[0]);
    power_down(one.stack.adapter(), NdisDeviceStateD3);
    using Ends = std::vector<std::pair<PNDIS_PACKET, NDIS_STATUS>>;
    EXPECT_EQ(ended_before, 2u) << "what waited";
    EXPECT_EQ(one.protocol.sent, (Ends{{array[1], NDIS_STATUS_FAILURE},
                                       {array[2], NDIS_STATUS_FAILURE},
                                       {array[0], NDIS_STATUS_REQUEST_ABORTED}}));
    EXPECT_TRUE(power_up(one.stack.adapter()));
    NdisSendPackets(one.protocol.binding, &array[1], 1);
    EXPECT_EQ(one.slot.inside, array[1]) << "it no longer waits for resources";
    NdisMSendComplete(one.sleepers.miniport.handle, array[1], NDIS_STATUS_SUCCESS);
    one.sleepers.miniport.on_halt = [] {}; // that of the end comes without the protocol
    EXPECT_TRUE(one.stack.findings().empty());
}

TEST(Power, what_a_miniport_has_inside_gets_a_moment_before_it_is_halted_to_sleep) {
    OneSlotStack one;
    one.sleepers.miniport.on_halt = [&] { one.slot.halted = true; };
    TestPacket packet;
    PNDIS_PACKET array = packet;
    NdisSendPackets(one.protocol.binding, &array, 1);
    std::jthread finisher([&] {
        EXPECT_TRUE(eventually([&] { return one.stack.adapter().state.load() == AdapterState::low_power; }));
        EXPECT_FALSE(one.slot.halted);
        NdisMSendComplete(one.sleepers.miniport.handle, one.slot.inside, NDIS_STATUS_SUCCESS);
    });
    power_down(one.stack.adapter(), NdisDeviceStateD3);
    ASSERT_EQ(one.protocol.sent.size(), 1u);
    EXPECT_EQ(one.protocol.sent[0].second, NDIS_STATUS_SUCCESS);
}

TEST(Power, what_a_serialized_miniport_completes_in_its_halt_handler_is_complete) {
    OneSlotStack one;
    one.sleepers.miniport.on_halt = [&] {
        NdisMSendComplete(one.sleepers.miniport.handle, one.slot.inside, NDIS_STATUS_SUCCESS);
    };
    TestPacket packet;
    PNDIS_PACKET array = packet;
    NdisSendPackets(one.protocol.binding, &array, 1);
    power_down(one.stack.adapter(), NdisDeviceStateD3);
    ASSERT_EQ(one.protocol.sent.size(), 1u);
    EXPECT_EQ(one.protocol.sent[0].second, NDIS_STATUS_SUCCESS);
    one.sleepers.miniport.on_halt = [] {};
    EXPECT_TRUE(one.stack.findings().empty());
}

// A miniport that knows no states, transfers nothing at once, and a protocol that transfers what it is shown into
// `target`.
struct TransferringStack {
    using Ends = std::vector<std::pair<PNDIS_PACKET, NDIS_STATUS>>;

    TestPacket target{96, 0};
    PNDIS_PACKET inside = nullptr;
    Ends ended;
    Sleepers sleepers{NDIS_ATTRIBUTE_DESERIALIZE};
    Stack stack;
    TestProtocol protocol;

    TransferringStack() : stack((set_up(), sleepers.miniport), 1, machine::Clock::virtual_) {
        sleepers.hear(protocol);
        protocol.on_transferred = [this](PNDIS_PACKET packet, NDIS_STATUS status, UINT bytes) {
            ended.emplace_back(packet, status);
            EXPECT_EQ(bytes, status == NDIS_STATUS_SUCCESS ? 96u : 0u);
        };
        protocol.on_receive = [this](NDIS_HANDLE context, auto, auto, UINT) {
            NDIS_STATUS status;
            UINT copied;
            NdisTransferData(&status, protocol.binding, context, 0, 96, target, &copied);
            EXPECT_EQ(status, NDIS_STATUS_PENDING);
            return NDIS_STATUS_SUCCESS;
        };
        stack.bind(protocol);
    }
    void set_up() {
        sleepers.miniport.on_transfer = [this](PNDIS_PACKET packet, UINT*, NDIS_HANDLE, UINT, UINT) {
            inside = packet;
            return NDIS_STATUS_PENDING;
        };
    }
    void receive() {
        std::array<std::uint8_t, 14> header{};
        NdisMEthIndicateReceive(sleepers.miniport.handle, nullptr, header.data(), 14, header.data(), 4, 100);
        EXPECT_EQ(inside, target.get());
    }
    void complete() { NdisMTransferDataComplete(sleepers.miniport.handle, target, NDIS_STATUS_SUCCESS, 96); }
};

TEST(Power, a_transfer_that_pends_when_its_miniport_is_halted_to_sleep_ends_once) {
    TransferringStack one;
    one.receive();
    one.sleepers.miniport.on_halt = [&] { EXPECT_TRUE(one.ended.empty()) << "it may still complete it"; };
    power_down(one.stack.adapter(), NdisDeviceStateD3);
    one.sleepers.miniport.on_halt = [] {}; // that of the end comes without a transfer
    EXPECT_EQ(one.ended, (TransferringStack::Ends{{one.target, NDIS_STATUS_REQUEST_ABORTED}}));
    EXPECT_TRUE(one.stack.findings().empty());
    EXPECT_TRUE(operations_over(one.protocol.bound()));

    // The packet is the protocol's: what the miniport says of it now ends nothing that it is used for.
    power_up(one.stack.adapter());
    one.sleepers.miniport.on_send_packets = [](auto) {};
    NDIS_STATUS status;
    NdisSend(&status, one.protocol.binding, one.target);
    EXPECT_EQ(status, NDIS_STATUS_PENDING);
    one.complete();
    EXPECT_EQ(one.ended.size(), 1u);
    EXPECT_EQ(one.stack.findings().size(), 1u);
    EXPECT_FALSE(operations_over(one.protocol.bound())) << "the send";
    NdisMSendComplete(one.sleepers.miniport.handle, one.target, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(one.protocol.sent.size(), 1u);
    EXPECT_TRUE(one.stack.findings().empty());
}

TEST(Power, a_transfer_that_its_miniport_completes_while_it_is_halted_to_sleep_is_complete) {
    TransferringStack one;
    one.receive();
    one.sleepers.miniport.on_halt = [&] { one.complete(); };
    power_down(one.stack.adapter(), NdisDeviceStateD3);
    EXPECT_EQ(one.ended, (TransferringStack::Ends{{one.target, NDIS_STATUS_SUCCESS}}));
    EXPECT_TRUE(one.stack.findings().empty());
    one.sleepers.miniport.on_halt = [] {}; // that of the end comes without a transfer
}

TEST(Power, a_transfer_of_a_binding_that_was_closed_without_it_tells_nobody) {
    TransferringStack one;
    one.receive();
    unbind(one.protocol.bound()); // gives up after 10 s
    EXPECT_EQ(one.stack.findings().size(), 1u);
    one.complete();
    one.protocol.binding = nullptr;
    EXPECT_TRUE(one.ended.empty());
    EXPECT_TRUE(one.stack.findings().empty());
}

// An intermediate driver between a miniport and a protocol, told of power on both edges.
struct IntermediateStack {
    Sleepers lower{told}, upper{told};
    Stack stack{lower.miniport, 1, machine::Clock::virtual_};
    TestProtocol edge, protocol;
    Adapter* above = nullptr;

    IntermediateStack() {
        lower.hear(edge);
        stack.bind(edge);
        above = &stack.add_above(upper.miniport, edge, u"\\Device\\{6E646973-0000-ABOV}");
        upper.hear(protocol);
        stack.bind(protocol, *above);
    }
    bool told_filter() const { return std::ranges::find(upper.log, "filter") != upper.log.end(); }
};

TEST(Power, an_intermediate_driver_is_told_its_filters_when_both_its_edges_are_awake) {
    IntermediateStack im;
    power_down(im.stack.adapter(), NdisDeviceStateD3);
    power_down(*im.above, NdisDeviceStateD3);
    im.upper.log.clear();
    EXPECT_TRUE(power_up(*im.above));
    EXPECT_FALSE(im.told_filter()) << "it would keep that until the adapter below wakes up";
    EXPECT_TRUE(power_up(im.stack.adapter()));
    EXPECT_TRUE(im.told_filter());

    power_down(*im.above, NdisDeviceStateD3);
    im.upper.log.clear();
    EXPECT_TRUE(power_up(*im.above));
    EXPECT_TRUE(im.told_filter());
}

TEST(Power, an_intermediate_driver_is_told_what_a_closed_binding_no_longer_wants_when_the_adapter_below_is_awake) {
    IntermediateStack im;
    power_down(im.stack.adapter(), NdisDeviceStateD3);
    im.upper.log.clear();
    unbind(im.protocol.bound());
    im.protocol.binding = nullptr;
    EXPECT_FALSE(im.told_filter());
    EXPECT_TRUE(power_up(im.stack.adapter()));
    EXPECT_TRUE(im.told_filter());
}

TEST(Power, an_intermediate_drivers_adapter_stays_awake_while_the_driver_keeps_a_request_for_a_sleeping_one) {
    IntermediateStack im;
    power_down(im.stack.adapter(), NdisDeviceStateD3);
    im.upper.miniport.on_request = [](bool set, NDIS_OID oid, auto) -> std::optional<NDIS_STATUS> {
        return set && oid == OID_GEN_CURRENT_PACKET_FILTER ? std::optional(NDIS_STATUS_PENDING) : std::nullopt;
    };
    NDIS_REQUEST request{};
    ULONG types = NDIS_PACKET_TYPE_DIRECTED;
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    request.DATA.SET_INFORMATION.InformationBuffer = &types;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof types;
    NDIS_STATUS status;
    (NdisRequest)(&status, im.protocol.binding, &request);
    ASSERT_EQ(status, NDIS_STATUS_PENDING);
    EXPECT_TRUE(keeps_request(*im.above));
    EXPECT_FALSE(power_down(*im.above, NdisDeviceStateD3));
    NdisMSetInformationComplete(im.upper.miniport.handle, NDIS_STATUS_FAILURE);
    EXPECT_EQ(im.protocol.requests.back(), NDIS_STATUS_FAILURE);
    EXPECT_TRUE(power_down(*im.above, NdisDeviceStateD3));
    EXPECT_TRUE(im.stack.findings().empty());
}

TEST(Power, an_adapter_may_be_removed_while_it_sleeps_and_is_not_halted_twice) {
    for (const ULONG attributes : {told, ULONG{NDIS_ATTRIBUTE_DESERIALIZE}}) {
        Sleepers sleepers(attributes);
        {
            Stack stack(sleepers.miniport);
            TestProtocol protocol;
            sleepers.hear(protocol);
            stack.bind(protocol);
            power_down(stack.adapter(), NdisDeviceStateD3);
            remove(stack.adapter());
            EXPECT_EQ(protocol.bound().state.load(), BindingState::closed);
        }
        EXPECT_EQ(sleepers.miniport.halts, 1);
    }
}

TEST(Power, a_protocol_that_knows_no_power_events_is_unbound_and_bound_again) {
    Sleepers sleepers(told);
    Stack stack(sleepers.miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_HANDLE const before = protocol.binding;
    power_down(stack.adapter(), NdisDeviceStateD3);
    EXPECT_EQ(protocol.bound().state.load(), BindingState::closed);
    power_up(stack.adapter());
    EXPECT_NE(protocol.binding, before);
    EXPECT_TRUE(protocol.bound().is_open());
}

} // namespace
} // namespace ndispool::host::testing
