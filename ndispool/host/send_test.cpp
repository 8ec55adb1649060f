#include "ndispool/host/send.h"

#include "ndispool/host/testing.h"

#include <thread>

namespace ndispool::host::testing {
namespace {

std::vector<PNDIS_PACKET> packets_of(std::deque<TestPacket>& packets) {
    std::vector<PNDIS_PACKET> array;
    for (TestPacket& packet : packets)
        array.push_back(packet);
    return array;
}

std::vector<PNDIS_PACKET> sent_by(const TestProtocol& protocol) {
    std::vector<PNDIS_PACKET> packets;
    for (const auto& [packet, status] : protocol.sent)
        packets.push_back(packet);
    return packets;
}

TEST(Send, a_status_that_is_not_pending_is_the_end_of_the_send) {
    TestMiniport miniport;
    miniport.use_send_handler = true;
    miniport.on_send = [](PNDIS_PACKET) { return NDIS_STATUS_NETWORK_UNREACHABLE; };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_EQ(status, NDIS_STATUS_NETWORK_UNREACHABLE);
    EXPECT_TRUE(protocol.sent.empty());
}

TEST(Send, a_completion_inside_the_send_means_pending_and_one_completion) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_EQ(status, NDIS_STATUS_PENDING);
    EXPECT_EQ(sent_by(protocol), std::vector{packet.get()});
}

TEST(Send, every_packet_of_an_array_ends_in_a_completion_also_one_that_is_finished_at_once) {
    TestMiniport miniport;
    miniport.use_send_handler = true;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    std::deque<TestPacket> packets(5);
    auto array = packets_of(packets);
    NdisSendPackets(protocol.binding, array.data(), 5);
    EXPECT_EQ(sent_by(protocol), array);
}

TEST(Send, the_array_reaches_a_deserialized_miniport_whole_and_in_order) {
    TestMiniport miniport;
    std::vector<std::vector<PNDIS_PACKET>> calls;
    const auto complete = miniport.on_send_packets;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        calls.emplace_back(packets.begin(), packets.end());
        complete(packets);
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    std::deque<TestPacket> packets(7);
    auto array = packets_of(packets);
    NdisSendPackets(protocol.binding, array.data(), 7);
    EXPECT_EQ(calls, (std::vector<std::vector<PNDIS_PACKET>>{array}));
}

TEST(Send, a_final_status_of_resources_is_a_failed_send) {
    TestMiniport miniport;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        NdisMSendComplete(miniport.handle, packets[0], NDIS_STATUS_RESOURCES);
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    ASSERT_EQ(protocol.sent.size(), 1u);
    EXPECT_EQ(protocol.sent[0].second, NDIS_STATUS_FAILURE);
}

TEST(Send, a_second_completion_is_reported_and_ignored) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    NdisMSendComplete(miniport.handle, packet, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol.sent.size(), 1u);
    const auto findings = stack.findings();
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].rule, "complete-twice");
}

TEST(Send, a_serialized_miniport_that_answers_resources_gets_the_rest_again_in_order) {
    TestMiniport miniport;
    miniport.attributes = 0;
    std::vector<PNDIS_PACKET> accepted;
    std::size_t room = 2;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        for (PNDIS_PACKET packet : packets) {
            const bool takes = accepted.size() < room;
            NDIS_SET_PACKET_STATUS(packet, takes ? NDIS_STATUS_PENDING : NDIS_STATUS_RESOURCES);
            if (!takes)
                return; // and the same holds for all that follow
            accepted.push_back(packet);
        }
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    std::deque<TestPacket> packets(6);
    auto array = packets_of(packets);
    NdisSendPackets(protocol.binding, array.data(), 6);
    EXPECT_EQ(accepted.size(), 2u);
    room = 4;
    NdisMSendComplete(miniport.handle, array[0], NDIS_STATUS_SUCCESS);
    EXPECT_EQ(accepted.size(), 4u);
    room = 6;
    NdisMSendResourcesAvailable(miniport.handle);
    EXPECT_EQ(accepted, array);
    for (std::size_t i = 1; i < array.size(); ++i)
        NdisMSendComplete(miniport.handle, array[i], NDIS_STATUS_SUCCESS);
    EXPECT_EQ(sent_by(protocol), array);
}

TEST(Send, a_serialized_miniport_may_finish_packets_through_their_status) {
    TestMiniport miniport;
    miniport.attributes = 0;
    miniport.on_send_packets = [](std::span<PNDIS_PACKET> packets) {
        for (PNDIS_PACKET packet : packets)
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    std::deque<TestPacket> packets(3);
    auto array = packets_of(packets);
    NdisSendPackets(protocol.binding, array.data(), 3);
    EXPECT_EQ(sent_by(protocol), array);
}

TEST(Send, handlers_of_a_serialized_miniport_never_overlap) {
    TestMiniport miniport;
    miniport.attributes = 0;
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        overlapped = overlapped || inside.fetch_add(1) != 0;
        for (PNDIS_PACKET packet : packets)
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
        inside.fetch_sub(1);
    };
    Stack stack(miniport, 2);
    TestProtocol protocol;
    std::deque<TestPacket> packets(2);
    std::array<std::atomic<int>, 2> completed{};
    protocol.on_sent = [&](PNDIS_PACKET packet, NDIS_STATUS) { ++completed[packet == packets[1].get()]; };
    stack.bind(protocol);
    std::vector<std::thread> senders;
    for (std::size_t which = 0; which < 2; ++which)
        senders.emplace_back([&, which] {
            for (int sends = 1; sends <= 500; ++sends) {
                NDIS_STATUS status;
                NdisSend(&status, protocol.binding, packets[which]);
                EXPECT_EQ(status, NDIS_STATUS_PENDING);
                while (completed[which] < sends)
                    std::this_thread::yield();
            }
        });
    for (std::thread& sender : senders)
        sender.join();
    EXPECT_FALSE(overlapped);
}

TEST(Send, a_protocol_that_sends_from_its_completion_does_not_grow_the_stack) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    std::atomic<int> left{20'000};
    int depth = 0, deepest = 0;
    protocol.on_sent = [&](PNDIS_PACKET packet, NDIS_STATUS) {
        deepest = std::max(deepest, ++depth);
        NDIS_STATUS status;
        if (--left > 0)
            NdisSend(&status, protocol.binding, packet);
        --depth;
    };
    stack.bind(protocol);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_TRUE(eventually([&] { return left <= 0; }));
    machine::synchronize();
    EXPECT_LE(deepest, 16);
}

TEST(Send, a_closed_binding_sends_nothing) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    unbind(protocol.bound());
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_EQ(status, NDIS_STATUS_CLOSING);
}

TEST(Send, a_close_waits_for_sends_that_are_out) {
    TestMiniport miniport;
    PNDIS_PACKET held = nullptr;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) { held = packets[0]; };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    std::thread closer([&] { unbind(protocol.bound()); });
    EXPECT_TRUE(eventually([&] { return protocol.bound().state == BindingState::closing; }));
    EXPECT_EQ(protocol.bound().state, BindingState::closing);
    NdisMSendComplete(miniport.handle, held, NDIS_STATUS_SUCCESS);
    closer.join();
    EXPECT_EQ(protocol.bound().state, BindingState::closed);
    EXPECT_EQ(protocol.sent.size(), 1u);
}

TEST(Send, a_miniport_that_cannot_hear_itself_is_looped_back_in_software) {
    TestMiniport miniport;
    miniport.mac_options = NDIS_MAC_OPTION_NO_LOOPBACK;
    Stack stack(miniport);
    TestProtocol sender, listener;
    std::atomic<int> heard{0};
    UINT flags = 0;
    listener.with_receive_packet = false;
    listener.on_receive = [&](NDIS_HANDLE context, auto, auto, UINT) {
        flags = NdisGetPacketFlags(NdisGetReceivedPacket(listener.binding, context));
        ++heard;
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(sender);
    stack.bind(listener);
    ULONG options = NDIS_PROT_OPTION_NO_LOOPBACK;
    sender.set(OID_GEN_PROTOCOL_OPTIONS, &options, sizeof options);
    int own = 0;
    sender.on_receive = [&](NDIS_HANDLE, auto, auto, UINT) { return ++own, NDIS_STATUS_SUCCESS; };
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, sender.binding, packet);
    ASSERT_TRUE(eventually([&] { return heard == 1; }));
    EXPECT_TRUE(flags & NDIS_FLAGS_IS_LOOPBACK_PACKET);
    EXPECT_EQ(own, 0) << "the sender asked not to hear itself";

    NdisSetPacketFlags(packet.get(), NDIS_FLAGS_DONT_LOOPBACK);
    NdisSend(&status, sender.binding, packet);
    machine::synchronize();
    EXPECT_EQ(heard, 1);
}

TEST(Send, a_frame_to_the_adapters_own_address_goes_no_further) {
    TestMiniport miniport;
    miniport.mac_options = NDIS_MAC_OPTION_NO_LOOPBACK;
    int sent_down = 0;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET>) { ++sent_down; };
    Stack stack(miniport);
    TestProtocol protocol;
    std::atomic<int> heard{0};
    protocol.on_receive = [&](NDIS_HANDLE, auto, auto, UINT) { return ++heard, NDIS_STATUS_SUCCESS; };
    stack.bind(protocol);
    TestPacket packet;
    std::copy(station.begin(), station.end(), packet.bytes().begin());
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(sent_down, 0);
    EXPECT_TRUE(eventually([&] { return heard == 1; }));
}

TEST(Send, a_cancel_reaches_the_miniport_with_its_id) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    int id = 0;
    NdisCancelSendPackets(protocol.binding, &id);
    EXPECT_EQ(miniport.cancelled, std::vector<PVOID>{&id});
}

} // namespace
} // namespace ndispool::host::testing
