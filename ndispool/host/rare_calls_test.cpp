// Calls that few drivers make, each as documented.
#include "ndispool/host/configuration.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/testing.h"
#include "ndispool/machine/irql.h"
#include "ndispool/nt/text.h"

#include <thread>

namespace ndispool::host::testing {
namespace {

TEST(Receive, tells_inside_ProtocolReceive_what_the_packet_carries_beside_its_data) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.with_receive_packet = false;
    TestPacket packet;
    char media[] = "media";
    NDIS_SET_PACKET_TIME_SENT(packet.get(), 11);
    NDIS_SET_PACKET_TIME_RECEIVED(packet.get(), 22);
    NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet.get(), media, sizeof media);
    int calls = 0;
    protocol.on_receive = [&](NDIS_HANDLE context, auto, auto, UINT) {
        LONGLONG sent = 0, received = 0;
        UCHAR bytes[16] = {};
        UINT needed = 0;
        EXPECT_EQ(NdisQueryReceiveInformation(protocol.binding, context, &sent, &received, bytes, 2, &needed),
                  NDIS_STATUS_BUFFER_TOO_SHORT);
        EXPECT_EQ(needed, sizeof media);
        EXPECT_EQ(
            NdisQueryReceiveInformation(protocol.binding, context, nullptr, nullptr, bytes, sizeof bytes, &needed),
            NDIS_STATUS_SUCCESS);
        EXPECT_STREQ(reinterpret_cast<char*>(bytes), media);
        EXPECT_EQ(sent, 11);
        EXPECT_EQ(received, 22);
        ++calls;
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(protocol);
    stack.indicate(std::array{packet.get()});
    EXPECT_EQ(calls, 1);
    protocol.on_receive = [&](NDIS_HANDLE context, auto, auto, UINT) {
        UINT needed = 1;
        EXPECT_EQ(NdisQueryReceiveInformation(protocol.binding, context, nullptr, nullptr, nullptr, 0, &needed),
                  NDIS_STATUS_FAILURE)
            << "indicated without a packet";
        EXPECT_EQ(needed, 0u);
        ++calls;
        return NDIS_STATUS_SUCCESS;
    };
    UCHAR frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    int receive_context = 0;
    machine::DispatchScope dispatch;
    // As a compiled miniport calls it, with the filter of its block.
    EthFilterDprIndicateReceive(stack.adapter().block.EthDB, &receive_context, reinterpret_cast<PCHAR>(frame), frame,
                                14, frame + 14, 46, 46);
    EXPECT_EQ(calls, 2);
    const int before = protocol.receive_completes;
    EthFilterDprIndicateReceiveComplete(stack.adapter().block.EthDB);
    EXPECT_EQ(protocol.receive_completes, before + 1);
}

TEST(Stack, a_protocol_may_ask_for_its_own_unbinding) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    EXPECT_EQ(NdisUnbindAdapter(protocol.binding), NDIS_STATUS_SUCCESS);
    machine::drain_work();
    EXPECT_FALSE(protocol.bound().is_open());
    EXPECT_EQ(NdisUnbindAdapter(protocol.binding), NDIS_STATUS_CLOSING);
    EXPECT_TRUE(stack.findings().empty());
}

// A binding that closes takes its filter away; the miniport may answer that when nobody is bound any more.
TEST(Stack, a_halt_waits_for_the_request_that_is_inside) {
    TestMiniport miniport;
    std::atomic<bool> pend{false}, answered{false}, halted_before{false};
    std::jthread later;
    miniport.on_request = [&](bool set, NDIS_OID oid, std::span<std::byte>) -> std::optional<NDIS_STATUS> {
        if (!set || oid != OID_GEN_CURRENT_PACKET_FILTER || !pend)
            return std::nullopt;
        later = std::jthread([&] {
            machine::sleep_100ns(300'000);
            answered = true;
            NdisMSetInformationComplete(miniport.handle, NDIS_STATUS_SUCCESS);
        });
        return NDIS_STATUS_PENDING;
    };
    miniport.on_halt = [&] { halted_before = !answered; };
    {
        Stack stack(miniport);
        TestProtocol protocol;
        stack.bind(protocol);
        pend = true;
        unbind(protocol.bound());
        protocol.binding = nullptr;
        remove(stack.adapter());
        EXPECT_EQ(miniport.halts, 1);
        EXPECT_TRUE(answered);
        EXPECT_FALSE(halted_before);
        EXPECT_TRUE(stack.findings().empty());
        later.join();
    }
}

TEST(Stack, obsolete_calls_change_nothing) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    NdisSetProtocolFilter(&status, protocol.binding, nullptr, nullptr, NdisMedium802_3, 0, 0, nullptr);
    EXPECT_EQ(status, NDIS_STATUS_NOT_SUPPORTED);
    NdisRegisterTdiCallBack(nullptr, nullptr);
    NdisDeregisterTdiCallBack();
    EXPECT_TRUE(protocol.bound().is_open());
}

TEST(Stack, a_power_event_that_a_protocol_completes_later_is_waited_for) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    std::jthread later;
    std::atomic<bool> answered{false};
    protocol.on_event = [&](NET_PNP_EVENT& event) {
        later = std::jthread([&] {
            answered = true;
            NdisCompletePnPEvent(NDIS_STATUS_FAILURE, protocol.binding, &event);
        });
        return NDIS_STATUS_PENDING;
    };
    stack.bind(protocol);
    NET_PNP_EVENT event{};
    event.NetEvent = NetEventQueryRemoveDevice;
    EXPECT_EQ(tell(*protocol.protocol, &protocol.bound(), event), NDIS_STATUS_FAILURE);
    EXPECT_TRUE(answered);
    later.join();
    protocol.on_event = [](NET_PNP_EVENT&) { return NDIS_STATUS_SUCCESS; };
    NdisCompletePnPEvent(NDIS_STATUS_SUCCESS, protocol.binding, &event);
    const auto findings = stack.findings();
    ASSERT_EQ(findings.size(), 1u) << "nothing pends any more";
    EXPECT_EQ(findings[0].rule, "complete-twice");
}

// As by NdisIMNotifyPnPEvent: an intermediate driver hands on the event that it is told itself, and answers when it is over.
TEST(Stack, an_event_that_is_handed_on_pends_for_each_binding_by_itself) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol below, above;
    std::jthread later;
    above.on_event = [&](NET_PNP_EVENT& event) {
        later = std::jthread([&] { NdisCompletePnPEvent(NDIS_STATUS_FAILURE, above.binding, &event); });
        return NDIS_STATUS_PENDING;
    };
    NDIS_STATUS answer_above = NDIS_STATUS_SUCCESS;
    below.on_event = [&](NET_PNP_EVENT& event) {
        answer_above = tell(*above.protocol, &above.bound(), event);
        return NDIS_STATUS_SUCCESS;
    };
    stack.bind(below);
    stack.bind(above);
    NET_PNP_EVENT event{};
    event.NetEvent = NetEventQueryRemoveDevice;
    EXPECT_EQ(tell(*below.protocol, &below.bound(), event), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(answer_above, NDIS_STATUS_FAILURE);
    EXPECT_TRUE(stack.findings().empty());
}

TEST(Stack, an_adapters_context_is_known_to_its_driver_and_to_who_is_bound_to_it) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    EXPECT_EQ(NdisIMGetBindingContext(protocol.binding), nullptr) << "no intermediate driver's adapter";
    int context = 0;
    stack.adapter().device_context = &context;
    EXPECT_EQ(NdisIMGetBindingContext(protocol.binding), &context);
    stack.adapter().device_context = nullptr;

    BindContext bind{};
    bind.adapter = &stack.adapter();
    NDIS_STRING name{};
    ASSERT_EQ(NdisQueryBindInstanceName(&name, &bind), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(nt::view(name), u"test adapter");
    NdisFreeMemory(name.Buffer, 0, 0);
}

TEST(MiniportTimer, fires_once_or_until_it_is_cancelled_at_dispatch_level) {
    TestMiniport miniport;
    Stack stack(miniport);
    struct Calls {
        std::atomic<int> count{0}, irql{-1};
    } calls;
    const auto function = [](PVOID, PVOID context, PVOID, PVOID) {
        static_cast<Calls*>(context)->irql = machine::current_irql();
        ++static_cast<Calls*>(context)->count;
    };
    NDIS_MINIPORT_TIMER timer;
    BOOLEAN cancelled = TRUE;
    NdisMInitializeTimer(&timer, miniport.handle, function, &calls);
    NdisMCancelTimer(&timer, &cancelled);
    EXPECT_FALSE(cancelled) << "it was not set";
    NdisMSetTimer(&timer, 1);
    ASSERT_TRUE(eventually([&] { return calls.count == 1; }));
    EXPECT_EQ(calls.irql, int{DISPATCH_LEVEL});
    NdisMSetTimer(&timer, 1'000'000);
    NdisMCancelTimer(&timer, &cancelled);
    EXPECT_TRUE(cancelled);
    NdisMSetPeriodicTimer(&timer, 1);
    ASSERT_TRUE(eventually([&] { return calls.count >= 4; }));
    NdisMCancelTimer(&timer, &cancelled);
    EXPECT_TRUE(cancelled);
    machine::synchronize();
    const int count = calls.count;
    machine::sleep_100ns(100'000);
    EXPECT_EQ(calls.count, count);
}

TEST(Resources, shared_memory_is_aligned_for_a_card_and_its_address_is_the_cards) {
    TestMiniport miniport;
    Stack stack(miniport);
    PVOID address = nullptr;
    NDIS_PHYSICAL_ADDRESS seen_by_card{};
    NdisMAllocateSharedMemory(miniport.handle, 1000, FALSE, &address, &seen_by_card);
    ASSERT_NE(address, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(address) % 64, 0u);
    EXPECT_EQ(static_cast<std::uintptr_t>(seen_by_card.QuadPart), reinterpret_cast<std::uintptr_t>(address));
    EXPECT_EQ(NdisGetPhysicalAddressLow(seen_by_card), static_cast<ULONG>(seen_by_card.QuadPart));
    EXPECT_EQ(NdisGetPhysicalAddressHigh(seen_by_card), static_cast<LONG>(seen_by_card.QuadPart >> 32));
    std::memset(address, 1, 1000);
    NdisMFreeSharedMemory(miniport.handle, 1000, FALSE, address, seen_by_card);
}

TEST(Resources, other_media_and_the_rest_of_the_hardware_are_out_of_scope) {
    for (const char* name : {"TrFilterDprIndicateReceive", "FddiFilterDprIndicateReceiveComplete"})
        EXPECT_NE(out_of_scope(name).find("Ethernet"), std::string_view::npos) << name;
    for (const char* name : {"NdisMSetupDmaTransfer", "NdisCompleteDmaTransfer", "NdisMStartBufferPhysicalMapping",
                             "NdisReadEisaSlotInformation", "NdisOverrideBusNumber", "NdisUpdateSharedMemory"})
        EXPECT_NE(out_of_scope(name).find("hardware"), std::string_view::npos) << name;
}

} // namespace
} // namespace ndispool::host::testing
