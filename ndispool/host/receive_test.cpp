#include "ndispool/host/receive.h"

#include "ndispool/host/testing.h"
#include "ndispool/machine/work.h"

#include <thread>

namespace ndispool::host::testing {
namespace {

TEST(Receive, a_packet_no_binding_wants_comes_back_at_once) {
    TestMiniport miniport;
    std::vector<PNDIS_PACKET> back;
    miniport.on_return = [&](PNDIS_PACKET packet) { back.push_back(packet); };
    Stack stack(miniport);
    TestPacket packet;
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(back, std::vector{packet.get()});
}

TEST(Receive, a_virtual_adapter_that_initializes_gets_its_packets_back_and_no_finding) {
    TestMiniport miniport;
    std::vector<PNDIS_PACKET> back;
    miniport.on_return = [&](PNDIS_PACKET packet) { back.push_back(packet); };
    Stack stack(miniport);
    TestProtocol protocol;
    int seen = 0;
    protocol.on_receive_packet = [&](PNDIS_PACKET) { return ++seen, 0; };
    stack.bind(protocol);
    TestPacket packet;
    for (const bool is_virtual : {true, false}) {
        stack.adapter().miniport->layered = is_virtual;
        stack.adapter().state = AdapterState::initializing;
        stack.indicate(std::array{packet.get()});
        stack.adapter().state = AdapterState::running;
        EXPECT_EQ(stack.findings().empty(), is_virtual) << "a miniport of its own must not indicate yet";
    }
    stack.adapter().miniport->layered = false;
    EXPECT_EQ(back, std::vector{packet.get()});
    EXPECT_EQ(seen, 0);
}

TEST(Receive, a_binding_receives_nothing_until_it_sets_a_filter) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.filter = 0;
    int seen = 0;
    protocol.on_receive_packet = [&](PNDIS_PACKET) { return ++seen, 0; };
    stack.bind(protocol);
    TestPacket packet;
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(seen, 0);
    protocol.set_filter(NDIS_PACKET_TYPE_BROADCAST);
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(seen, 1);
}

// k bindings that take r1..rk references, returned in any order, call the return handler exactly once.
TEST(Receive, a_packet_comes_back_once_when_all_references_of_all_bindings_were_returned) {
    for (int first_takes = 0; first_takes < 3; ++first_takes)
        for (int second_takes = 0; second_takes < 3; ++second_takes) {
            TestMiniport miniport;
            int returns = 0;
            miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
            Stack stack(miniport);
            TestProtocol first, second;
            first.on_receive_packet = [&](PNDIS_PACKET) { return first_takes; };
            second.on_receive_packet = [&](PNDIS_PACKET) { return second_takes; };
            stack.bind(first);
            stack.bind(second);
            TestPacket packet;
            PNDIS_PACKET p = packet.get();
            stack.indicate(std::array{p});
            for (int left = first_takes + second_takes; left > 0; --left) {
                EXPECT_EQ(returns, 0);
                NdisReturnPackets(&p, 1);
            }
            EXPECT_EQ(returns, 1);
            EXPECT_TRUE(stack.findings().empty());
        }
}

TEST(Receive, each_appearance_in_the_array_is_one_return) {
    TestMiniport miniport;
    int returns = 0;
    miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.on_receive_packet = [](PNDIS_PACKET) { return 3; };
    stack.bind(protocol);
    TestPacket packet;
    stack.indicate(std::array{packet.get()});
    std::array<PNDIS_PACKET, 3> thrice = {packet, packet, packet};
    NdisReturnPackets(thrice.data(), 3);
    EXPECT_EQ(returns, 1);
}

TEST(Receive, every_array_ends_in_one_receive_complete_for_each_binding_that_got_a_packet) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol hears, deaf;
    deaf.filter = 0;
    std::size_t seen = 0;
    hears.on_receive_packet = [&](PNDIS_PACKET) { return ++seen, 0; };
    hears.on_receive = [&](auto...) { return ++seen, NDIS_STATUS_SUCCESS; }; // shows what the miniport keeps
    stack.bind(hears);
    for (const bool alone : {true, false}) { // with one binding that takes all, and in the general case
        if (!alone)
            stack.bind(deaf);
        for (const NDIS_STATUS last : {NDIS_STATUS_SUCCESS, NDIS_STATUS_RESOURCES}) {
            TestPacket one, two, three;
            NDIS_SET_PACKET_STATUS(three.get(), last);
            seen = 0;
            hears.receive_completes = 0;
            stack.indicate(std::array{one.get(), two.get(), three.get()});
            EXPECT_EQ(seen, 3U);
            EXPECT_EQ(hears.receive_completes, 1);
        }
    }
    EXPECT_EQ(deaf.receive_completes, 0);
    stack.indicate({});
    EXPECT_EQ(hears.receive_completes, 1) << "it got nothing";
}

TEST(Receive, a_return_before_the_handler_has_said_its_count_does_not_end_the_loan) {
    TestMiniport miniport;
    std::atomic<int> returns{0};
    miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
    Stack stack(miniport, 2);
    TestProtocol protocol;
    int returns_inside = -1;
    protocol.on_receive_packet = [&](PNDIS_PACKET packet) {
        std::thread([packet]() mutable { NdisReturnPackets(&packet, 1); }).join();
        returns_inside = returns;
        return 1;
    };
    stack.bind(protocol);
    TestPacket packet;
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(returns_inside, 0);
    EXPECT_EQ(returns, 1);
}

TEST(Receive, returns_on_other_processors_while_packets_are_indicated_are_counted_exactly) {
    TestMiniport miniport;
    std::atomic<int> returns{0};
    miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
    Stack stack(miniport, 2);
    TestProtocol protocol;
    protocol.on_receive_packet = [&](PNDIS_PACKET packet) {
        machine::queue_work(
            [](void* p) {
                auto* one = static_cast<PNDIS_PACKET>(p);
                NdisReturnPackets(&one, 1);
            },
            packet);
        return 1;
    };
    stack.bind(protocol);
    std::deque<TestPacket> packets(32);
    std::vector<PNDIS_PACKET> array;
    array.reserve(packets.size());
    for (TestPacket& packet : packets)
        array.push_back(packet);
    for (int round = 1; round <= 20; ++round) {
        stack.indicate(array);
        ASSERT_TRUE(eventually([&] { return returns == 32 * round; })) << returns;
    }
    EXPECT_EQ(stack.adapter().lent.sum(), stack.adapter().returned.sum());
}

TEST(Receive, resources_holds_for_the_rest_of_the_array_and_never_calls_the_return_handler) {
    TestMiniport miniport;
    std::vector<PNDIS_PACKET> back;
    miniport.on_return = [&](PNDIS_PACKET packet) { back.push_back(packet); };
    Stack stack(miniport);
    TestProtocol protocol;
    int lent = 0, shown = 0;
    protocol.on_receive_packet = [&](PNDIS_PACKET) { return ++lent, 0; };
    protocol.on_receive = [&](NDIS_HANDLE, auto, auto, UINT) { return ++shown, NDIS_STATUS_SUCCESS; };
    stack.bind(protocol);
    TestPacket a, b, c;
    NDIS_SET_PACKET_STATUS(b.get(), NDIS_STATUS_RESOURCES);
    stack.indicate(std::array{a.get(), b.get(), c.get()});
    EXPECT_EQ(lent, 1);
    EXPECT_EQ(shown, 2);
    EXPECT_EQ(back, std::vector{a.get()});
}

TEST(Receive, a_protocol_that_keeps_a_resources_packet_is_reported) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.on_receive_packet = [](PNDIS_PACKET) { return 1; };
    stack.bind(protocol);
    protocol.bound().block.ReceiveHandler = nullptr; // a protocol that has only ProtocolReceivePacket
    TestPacket packet;
    NDIS_SET_PACKET_STATUS(packet.get(), NDIS_STATUS_RESOURCES);
    stack.indicate(std::array{packet.get()});
    ASSERT_EQ(stack.findings().size(), 1u);
}

TEST(Receive, a_packet_indicated_while_the_adapter_halts_comes_back_at_once) {
    TestMiniport miniport;
    TestPacket packet;
    int returns = 0;
    miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
    {
        Stack stack(miniport);
        miniport.on_halt = [&] {
            PNDIS_PACKET p = packet;
            NdisMIndicateReceivePacket(miniport.handle, &p, 1);
            EXPECT_EQ(returns, 1) << "a driver that waits for it in MiniportHalt would wait for ever";
        };
    }
    EXPECT_EQ(miniport.halts, 1);
    EXPECT_TRUE(take_findings().empty());
}

// A driver that knows several media has these calls in a switch; here none is ever right.
TEST(Receive, an_indication_for_token_ring_or_fddi_is_reported_and_reaches_nobody) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    int received = 0;
    protocol.on_receive = [&](NDIS_HANDLE, auto, auto, UINT) {
        ++received;
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    UCHAR header[14] = {0x40}, data[40] = {};
    NdisMTrIndicateReceive(miniport.handle, nullptr, header, sizeof header, data, sizeof data, sizeof data);
    NdisMTrIndicateReceiveComplete(miniport.handle);
    NdisMFddiIndicateReceive(miniport.handle, nullptr, header, sizeof header, data, sizeof data, sizeof data);
    NdisMFddiIndicateReceiveComplete(miniport.handle);
    EXPECT_EQ(received, 0);
    const auto findings = stack.findings();
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].rule, "indicate-status");
    EXPECT_EQ(findings[0].count, 4u);
}

TEST(Receive, returning_a_packet_that_is_not_lent_is_reported_and_ignored) {
    TestMiniport miniport;
    int returns = 0;
    miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
    Stack stack(miniport);
    TestPacket packet;
    PNDIS_PACKET p = packet;
    NdisReturnPackets(&p, 1);
    EXPECT_EQ(returns, 0);
    const auto findings = stack.findings();
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].rule, "return-too-many");
}

TEST(Receive, a_serialized_miniport_reads_success_when_the_packet_is_back_and_pending_when_it_is_lent) {
    TestMiniport miniport;
    miniport.attributes = 0;
    int returns = 0;
    miniport.on_return = [&](PNDIS_PACKET) { ++returns; };
    Stack stack(miniport);
    TestProtocol protocol;
    int takes = 0;
    protocol.on_receive_packet = [&](PNDIS_PACKET) { return takes; };
    stack.bind(protocol);
    TestPacket packet;
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet.get()), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(returns, 0) << "SUCCESS means owned again, without MiniportReturnPacket";

    takes = 1;
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet.get()), NDIS_STATUS_PENDING);
    PNDIS_PACKET p = packet;
    NdisReturnPackets(&p, 1);
    EXPECT_EQ(returns, 1);
}

TEST(Receive, a_binding_without_receive_packet_sees_the_whole_frame_as_lookahead) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.with_receive_packet = false;
    TestPacket packet(200, 7);
    PNDIS_PACKET seen = nullptr;
    protocol.on_receive = [&](NDIS_HANDLE context, auto header, auto data, UINT size) {
        EXPECT_EQ(header.size(), 14u);
        EXPECT_EQ(data.size(), 186u);
        EXPECT_EQ(size, 186u);
        seen = NdisGetReceivedPacket(protocol.binding, context);
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(seen, packet.get());
    EXPECT_EQ(protocol.receive_completes, 1);
}

TEST(Receive, a_frame_in_several_buffers_is_shown_in_one_piece) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.with_receive_packet = false;
    TestPacket packet(20, 1);
    std::vector<std::uint8_t> tail(30, 2);
    NDIS_STATUS status;
    PNDIS_BUFFER buffer;
    NdisAllocateBuffer(&status, &buffer, nullptr, tail.data(), static_cast<UINT>(tail.size()));
    NdisChainBufferAtBack(packet.get(), buffer);
    std::vector<int> seen;
    protocol.on_receive = [&](NDIS_HANDLE, auto header, auto data, UINT) {
        for (auto part : {header, data})
            for (std::byte byte : part)
                seen.push_back(std::to_integer<int>(byte));
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    stack.indicate(std::array{packet.get()});
    std::vector<int> expected(20, 1);
    expected.insert(expected.end(), 30, 2);
    EXPECT_EQ(seen, expected);
    NdisUnchainBufferAtBack(packet.get(), &buffer);
    NdisFreeBuffer(buffer);
}

TEST(Receive, transfer_data_copies_from_the_indicated_packet_from_behind_the_header) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.with_receive_packet = false;
    TestPacket source(100), target(50, 0);
    for (std::size_t i = 0; i < source.bytes().size(); ++i)
        source.bytes()[i] = static_cast<std::uint8_t>(i);
    protocol.on_receive = [&](NDIS_HANDLE context, auto, auto, UINT) {
        NDIS_STATUS status;
        UINT copied = 0;
        NdisTransferData(&status, protocol.binding, context, 10, 50, target, &copied);
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
        EXPECT_EQ(copied, 50u);
        NdisTransferData(&status, protocol.binding, context, 80, 50, target, &copied);
        EXPECT_EQ(status, NDIS_STATUS_FAILURE) << "beyond the end of the frame";
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    stack.indicate(std::array{source.get()});
    EXPECT_EQ(target.bytes()[0], 24) << "14 of the header and 10 of the offset";
    EXPECT_EQ(target.bytes()[49], 73);
}

TEST(Receive, lookahead_reaches_the_miniports_transfer_handler_with_its_own_context) {
    TestMiniport miniport;
    int own = 0;
    NDIS_HANDLE context_seen = nullptr;
    miniport.on_transfer = [&](PNDIS_PACKET, UINT* bytes, NDIS_HANDLE context, UINT offset, UINT length) {
        context_seen = context;
        EXPECT_EQ(offset, 4u);
        *bytes = length;
        return NDIS_STATUS_SUCCESS;
    };
    Stack stack(miniport);
    TestProtocol protocol;
    TestPacket target(96, 0);
    protocol.on_receive = [&](NDIS_HANDLE context, auto, auto data, UINT size) {
        EXPECT_EQ(data.size(), 4u);
        EXPECT_EQ(size, 100u);
        EXPECT_EQ(NdisGetReceivedPacket(protocol.binding, context), nullptr);
        NDIS_STATUS status;
        UINT copied = 0;
        NdisTransferData(&status, protocol.binding, context, 4, 96, target, &copied);
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
        EXPECT_EQ(copied, 96u);
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    std::array<std::uint8_t, 14> header{};
    std::array<std::uint8_t, 4> data{};
    NdisMEthIndicateReceive(miniport.handle, &own, header.data(), 14, data.data(), 4, 100);
    EXPECT_EQ(context_seen, &own);
    EXPECT_EQ(protocol.receive_completes, 0);
    NdisMEthIndicateReceiveComplete(miniport.handle);
    EXPECT_EQ(protocol.receive_completes, 1);
    NdisMEthIndicateReceiveComplete(miniport.handle);
    EXPECT_EQ(protocol.receive_completes, 1) << "only bindings that got something since the last one";
}

TEST(Receive, a_transfer_that_pends_is_completed_to_the_binding) {
    TestMiniport miniport;
    miniport.on_transfer = [&](PNDIS_PACKET packet, UINT*, NDIS_HANDLE, UINT, UINT) {
        NdisMTransferDataComplete(miniport.handle, packet, NDIS_STATUS_SUCCESS, 10); // before it returns PENDING
        return NDIS_STATUS_PENDING;
    };
    Stack stack(miniport);
    TestProtocol protocol;
    TestPacket target(96, 0);
    UINT completed = 0;
    protocol.on_transferred = [&](PNDIS_PACKET packet, NDIS_STATUS, UINT bytes) {
        EXPECT_EQ(packet, target.get());
        completed = bytes;
    };
    protocol.on_receive = [&](NDIS_HANDLE context, auto, auto, UINT) {
        NDIS_STATUS status;
        UINT copied;
        NdisTransferData(&status, protocol.binding, context, 0, 96, target, &copied);
        EXPECT_EQ(status, NDIS_STATUS_PENDING);
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    std::array<std::uint8_t, 14> header{};
    NdisMEthIndicateReceive(miniport.handle, nullptr, header.data(), 14, header.data(), 4, 100);
    EXPECT_EQ(completed, 10u);
}

TEST(Receive, the_lowest_packet_is_its_own_original_while_it_is_lent) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    PNDIS_PACKET original = nullptr;
    protocol.on_receive_packet = [&](PNDIS_PACKET packet) {
        original = NDIS_GET_ORIGINAL_PACKET(packet);
        return 0;
    };
    stack.bind(protocol);
    TestPacket packet;
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(original, packet.get());
    EXPECT_EQ(NDIS_GET_ORIGINAL_PACKET(packet.get()), nullptr)
        << "a recycled descriptor must not point at a stale original";
}

TEST(Receive, a_directed_binding_hears_its_address_broadcast_and_its_groups_only) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.filter = 0;
    int seen = 0;
    protocol.on_receive_packet = [&](PNDIS_PACKET) { return ++seen, 0; };
    stack.bind(protocol);
    protocol.set_filter(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_MULTICAST);
    std::array<std::uint8_t, 6> group = {0x01, 0, 0x5e, 1, 2, 3};
    ASSERT_EQ(protocol.set(OID_802_3_MULTICAST_LIST, group.data(), 6), NDIS_STATUS_SUCCESS);
    const auto heard = [&](std::array<std::uint8_t, 6> to) {
        TestPacket packet;
        std::copy(to.begin(), to.end(), packet.bytes().begin());
        seen = 0;
        stack.indicate(std::array{packet.get()});
        return seen == 1;
    };
    EXPECT_TRUE(heard(station));
    EXPECT_TRUE(heard({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
    EXPECT_TRUE(heard(group));
    EXPECT_FALSE(heard({0x01, 0, 0x5e, 1, 2, 4}));
    EXPECT_FALSE(heard({0x02, 9, 9, 9, 9, 9}));
}

TEST(Receive, a_packet_indicated_again_before_it_came_back_is_reported_when_no_location_is_left) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.on_receive_packet = [](PNDIS_PACKET) { return 1; };
    stack.bind(protocol);
    TestPacket packet;
    PNDIS_PACKET p = packet;
    for (int i = 0; i < 4; ++i) // the first, two stack locations, and one too many
        stack.indicate(std::array{p});
    EXPECT_EQ(stack.findings().size(), 1u);
    for (int i = 0; i < 3; ++i)
        NdisReturnPackets(&p, 1);
    EXPECT_EQ(stack.adapter().lent.sum(), stack.adapter().returned.sum());
}

} // namespace
} // namespace ndispool::host::testing
