// The rig of testing.h, and what a stack must do to come up and go down.
#include "ndispool/host/testing.h"

#include "ndispool/host/receive.h"
#include "ndispool/host/reset.h"
#include "ndispool/nt/text.h"

namespace ndispool::host::testing {

namespace {

TestMiniport* current_miniport = nullptr;
TestProtocol* current_protocol = nullptr;

TestMiniport& mini(NDIS_HANDLE context) {
    return *static_cast<TestMiniport*>(context);
}
TestProtocol& proto(NDIS_HANDLE context) {
    return *static_cast<TestProtocol*>(context);
}

NDIS_STATUS initialize(PNDIS_STATUS, PUINT selected, PNDIS_MEDIUM, UINT, NDIS_HANDLE handle, NDIS_HANDLE) {
    *selected = 0;
    TestMiniport& miniport = *current_miniport;
    miniport.handle = handle;
    NdisMSetAttributesEx(handle, &miniport, miniport.hang_check_seconds, miniport.attributes, NdisInterfaceInternal);
    return miniport.on_initialize();
}

VOID halt_handler(NDIS_HANDLE context) {
    mini(context).on_halt();
    ++mini(context).halts;
}

NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    if (const auto status = mini(context).on_request(false, oid, {static_cast<std::byte*>(buffer), length}))
        return *status;
    *needed = 0;
    if (oid == OID_802_3_CURRENT_ADDRESS && length >= station.size()) {
        std::memcpy(buffer, station.data(), station.size());
        *written = static_cast<ULONG>(station.size());
        return NDIS_STATUS_SUCCESS;
    }
    const ULONG value = oid == OID_GEN_MAC_OPTIONS           ? mini(context).mac_options
                        : oid == OID_GEN_MAXIMUM_LOOKAHEAD   ? 1500
                        : oid == OID_802_3_MAXIMUM_LIST_SIZE ? 4
                                                             : 0;
    if (value == 0 || length < sizeof value)
        return NDIS_STATUS_NOT_SUPPORTED;
    std::memcpy(buffer, &value, sizeof value);
    *written = sizeof value;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS set_information(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG) {
    *read = length;
    return mini(context).on_request(true, oid, {static_cast<std::byte*>(buffer), length}).value_or(NDIS_STATUS_SUCCESS);
}

VOID send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count) {
    mini(context).on_send_packets({packets, count});
}
NDIS_STATUS send_one(NDIS_HANDLE context, PNDIS_PACKET packet, UINT) {
    return mini(context).on_send(packet);
}
VOID return_packet(NDIS_HANDLE context, PNDIS_PACKET packet) {
    mini(context).on_return(packet);
}
NDIS_STATUS transfer_data(PNDIS_PACKET packet, PUINT transferred, NDIS_HANDLE context, NDIS_HANDLE receive_context,
                          UINT offset, UINT length) {
    return mini(context).on_transfer(packet, transferred, receive_context, offset, length);
}
NDIS_STATUS reset_handler(PBOOLEAN addressing, NDIS_HANDLE context) {
    return mini(context).on_reset(addressing);
}

BOOLEAN hang_check(NDIS_HANDLE context) {
    return mini(context).on_hang_check();
}
NDIS_STATUS pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT event) {
    return context ? proto(context).on_event(*event) : NDIS_STATUS_SUCCESS;
}

VOID open_complete(NDIS_HANDLE, NDIS_STATUS, NDIS_STATUS) {}
VOID cancel_sends(NDIS_HANDLE context, PVOID id) {
    mini(context).cancelled.push_back(id);
}
VOID close_complete(NDIS_HANDLE context, NDIS_STATUS) {
    NdisCompleteUnbindAdapter(proto(context).unbind_context, NDIS_STATUS_SUCCESS);
}
VOID send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    proto(context).on_sent(packet, status);
}
VOID transfer_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT bytes) {
    proto(context).on_transferred(packet, status, bytes);
}
VOID reset_complete(NDIS_HANDLE context, NDIS_STATUS status) {
    proto(context).resets.push_back(status);
}
VOID request_complete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status) {
    proto(context).on_request(request, status);
}
NDIS_STATUS receive(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header, UINT header_bytes, PVOID data,
                    UINT data_bytes, UINT packet_bytes) {
    return proto(context).on_receive(receive_context, {static_cast<std::byte*>(header), header_bytes},
                                     {static_cast<std::byte*>(data), data_bytes}, packet_bytes);
}
VOID receive_complete(NDIS_HANDLE context) {
    ++proto(context).receive_completes;
}
INT receive_packet(NDIS_HANDLE context, PNDIS_PACKET packet) {
    return proto(context).on_receive_packet(packet);
}
VOID status_handler(NDIS_HANDLE context, NDIS_STATUS status, PVOID, UINT) {
    proto(context).statuses.push_back(status);
}
VOID status_complete(NDIS_HANDLE) {}
VOID bind_handler(PNDIS_STATUS status, NDIS_HANDLE, PNDIS_STRING device, PVOID, PVOID) {
    TestProtocol& protocol = *current_protocol;
    NDIS_MEDIUM medium = NdisMedium802_3;
    NDIS_STATUS open_error;
    UINT selected;
    NdisOpenAdapter(status, &open_error, &protocol.binding, &selected, &medium, 1, protocol.protocol, &protocol, device,
                    0, nullptr);
}
VOID unbind_handler(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbind_context) {
    proto(context).unbind_context = unbind_context;
    NdisCloseAdapter(status, proto(context).binding);
}

NDIS_HANDLE packet_pool() {
    static NDIS_HANDLE pool = [] {
        NDIS_HANDLE handle;
        NDIS_STATUS status;
        NdisAllocatePacketPoolEx(&status, &handle, 64, 4096, PROTOCOL_RESERVED_SIZE_IN_PACKET);
        return handle;
    }();
    return pool;
}

} // namespace

TestProtocol::~TestProtocol() {
    if (binding)
        unbind(bound());
}

NDIS_STATUS TestProtocol::set(NDIS_OID oid, void* value, UINT length) {
    NDIS_REQUEST request{};
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = oid;
    request.DATA.SET_INFORMATION.InformationBuffer = value;
    request.DATA.SET_INFORMATION.InformationBufferLength = length;
    const std::size_t before = requests.size();
    NDIS_STATUS status;
    (NdisRequest)(&status, binding, &request);
    if (status != NDIS_STATUS_PENDING)
        return status;
    EXPECT_GT(requests.size(), before) << "the miniport of this test answers at once";
    return requests.back();
}

TestPacket::TestPacket(std::size_t bytes, std::uint8_t first_byte) : bytes_(bytes, first_byte) {
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &packet_, packet_pool());
    NdisAllocateBuffer(&status, &buffer_, nullptr, bytes_.data(), static_cast<UINT>(bytes_.size()));
    NdisChainBufferAtFront(packet_, buffer_);
    NDIS_SET_PACKET_HEADER_SIZE(packet_, 14);
    NDIS_SET_PACKET_STATUS(packet_, NDIS_STATUS_SUCCESS);
}

TestPacket::~TestPacket() {
    NdisFreeBuffer(buffer_);
    NdisFreePacket(packet_);
}

Stack::Stack(TestMiniport& miniport, unsigned processors, machine::Clock clock) {
    take_findings();
    machine::start({.processors = processors, .clock = clock});
    driver_.name = "test";
    auto made = std::make_unique<MiniportDriver>();
    made->driver = &driver_;
    NDIS51_MINIPORT_CHARACTERISTICS& handlers = made->handlers;
    handlers.MajorNdisVersion = 5;
    handlers.MinorNdisVersion = 1;
    handlers.InitializeHandler = initialize;
    handlers.HaltHandler = halt_handler;
    handlers.QueryInformationHandler = query;
    handlers.SetInformationHandler = set_information;
    if (miniport.use_send_handler)
        handlers.SendHandler = send_one;
    else
        handlers.SendPacketsHandler = send_packets;
    handlers.ReturnPacketHandler = return_packet;
    handlers.CancelSendPacketsHandler = cancel_sends;
    if (miniport.on_transfer)
        handlers.TransferDataHandler = transfer_data;
    if (miniport.on_hang_check)
        handlers.CheckForHangHandler = hang_check;
    if (miniport.on_reset)
        handlers.ResetHandler = reset_handler;
    driver_.miniports.push_back(std::move(made));
    adapter_ = &add_adapter(*driver_.miniports.front(), u"\\Device\\{6E646973-0000-TEST}", u"test adapter");
    current_miniport = &miniport;
    started_ = start(*adapter_);
}

Adapter& Stack::add(MiniportDriver& driver, TestMiniport& miniport, std::u16string name) {
    Adapter& added = add_adapter(driver, std::move(name), u"one more test adapter");
    current_miniport = &miniport;
    EXPECT_EQ(start(added), NDIS_STATUS_SUCCESS);
    return added;
}

Adapter& Stack::add(TestMiniport& miniport, std::u16string name) {
    return add(*driver_.miniports.front(), miniport, std::move(name));
}

Adapter& Stack::add_above(TestMiniport& miniport, TestProtocol& below, std::u16string name) {
    MiniportDriver& edge =
        *driver_.miniports.emplace_back(std::make_unique<MiniportDriver>(*driver_.miniports.front()));
    edge.layered = true;
    below.protocol->upper_edge = &edge;
    return add(edge, miniport, std::move(name));
}

Stack::~Stack() {
    for (auto miniport = driver_.miniports.rbegin(); miniport != driver_.miniports.rend(); ++miniport)
        for (Adapter* const adapter : adapters_of(**miniport))
            remove(*adapter);
    remove(*adapter_);
    machine::drain_work();
    machine::stop();
    forget_bindings();
    forget_adapters();
}

void Stack::bind(TestProtocol& protocol, Adapter& adapter) {
    auto made = std::make_unique<Protocol>();
    made->driver = &driver_;
    made->name = u"TEST";
    NDIS50_PROTOCOL_CHARACTERISTICS& handlers = made->handlers;
    handlers.MajorNdisVersion = 5;
    handlers.OpenAdapterCompleteHandler = open_complete;
    handlers.CloseAdapterCompleteHandler = close_complete;
    handlers.SendCompleteHandler = send_complete;
    handlers.TransferDataCompleteHandler = transfer_complete;
    handlers.ResetCompleteHandler = reset_complete;
    handlers.RequestCompleteHandler = request_complete;
    handlers.ReceiveHandler = receive;
    handlers.ReceiveCompleteHandler = receive_complete;
    handlers.StatusHandler = status_handler;
    handlers.StatusCompleteHandler = status_complete;
    handlers.ReceivePacketHandler = protocol.with_receive_packet ? receive_packet : nullptr;
    handlers.BindAdapterHandler = bind_handler;
    handlers.UnbindAdapterHandler = unbind_handler;
    if (protocol.on_event)
        handlers.PnPEventHandler = pnp_event;
    protocol.protocol = made.get();
    driver_.protocols.push_back(std::move(made));
    current_protocol = &protocol;
    ASSERT_EQ(host::bind(*protocol.protocol, adapter), NDIS_STATUS_SUCCESS);
    if (protocol.filter) {
        ASSERT_EQ(protocol.set_filter(protocol.filter), NDIS_STATUS_SUCCESS);
    }
}

void Stack::indicate(std::span<const PNDIS_PACKET> packets) {
    NdisMIndicateReceivePacket(adapter_->handle(), const_cast<PPNDIS_PACKET>(packets.data()),
                               static_cast<UINT>(packets.size()));
}

namespace {

TEST(Stack, comes_up_and_halts_once) {
    TestMiniport miniport;
    {
        Stack stack(miniport);
        ASSERT_EQ(stack.started(), NDIS_STATUS_SUCCESS);
        EXPECT_TRUE(std::equal(station.begin(), station.end(), stack.adapter().address.begin()));
        EXPECT_EQ(stack.adapter().block.MaximumLookahead, 1500u);
        EXPECT_EQ(miniport.halts, 0);
    }
    EXPECT_EQ(miniport.halts, 1);
}

// Sends, indications, bindings and removal of an adapter are its own.
TEST(Stack, one_driver_may_have_several_adapters) {
    TestMiniport first, second;
    int sent[2] = {}, received[2] = {};
    first.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        ++sent[0];
        NdisMSendComplete(first.handle, packets.front(), NDIS_STATUS_SUCCESS);
    };
    second.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        ++sent[1];
        NdisMSendComplete(second.handle, packets.front(), NDIS_STATUS_SUCCESS);
    };
    Stack stack(first);
    Adapter& other = stack.add(second, u"\\Device\\{6E646973-0000-TES2}");
    EXPECT_NE(first.handle, second.handle);
    EXPECT_EQ(adapters_of(*other.miniport).size(), 2u);
    TestProtocol above_first, above_second;
    above_first.on_receive_packet = [&](PNDIS_PACKET) { return ++received[0], 0; };
    above_second.on_receive_packet = [&](PNDIS_PACKET) { return ++received[1], 0; };
    stack.bind(above_first);
    stack.bind(above_second, other);

    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, above_second.binding, packet.get());
    EXPECT_EQ(sent[0], 0);
    EXPECT_EQ(sent[1], 1);
    PNDIS_PACKET indicated = packet;
    NdisMIndicateReceivePacket(second.handle, &indicated, 1);
    EXPECT_EQ(received[0], 0);
    EXPECT_EQ(received[1], 1);

    remove(other);
    above_second.binding = nullptr; // closed by the removal
    EXPECT_EQ(second.halts, 1);
    EXPECT_EQ(first.halts, 0);
    NdisSend(&status, above_first.binding, packet.get());
    EXPECT_EQ(sent[0], 1);
    stack.indicate({&indicated, 1});
    EXPECT_EQ(received[0], 1);
    EXPECT_TRUE(stack.findings().empty());
}

TEST(Stack, a_miniport_that_fails_to_initialize_is_not_halted) {
    TestMiniport miniport;
    miniport.on_initialize = [] { return NDIS_STATUS_RESOURCES; };
    {
        Stack stack(miniport);
        EXPECT_EQ(stack.started(), NDIS_STATUS_RESOURCES);
        EXPECT_EQ(find_adapter(stack.adapter().name), nullptr);
    }
    EXPECT_EQ(miniport.halts, 0);
}

TEST(Stack, a_miniport_without_a_current_address_is_halted) {
    TestMiniport miniport;
    miniport.on_request = [](bool, NDIS_OID oid, std::span<std::byte>) {
        return oid == OID_802_3_CURRENT_ADDRESS ? std::optional(NDIS_STATUS_NOT_SUPPORTED) : std::nullopt;
    };
    Stack stack(miniport);
    EXPECT_NE(stack.started(), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(miniport.halts, 1);
}

TEST(Stack, requests_of_ndis_itself_may_pend_and_be_completed_inside_the_handler) {
    TestMiniport miniport;
    miniport.on_request = [&](bool, NDIS_OID oid, std::span<std::byte>) -> std::optional<NDIS_STATUS> {
        if (oid != OID_GEN_MAC_OPTIONS)
            return std::nullopt;
        NdisMQueryInformationComplete(miniport.handle, NDIS_STATUS_NOT_SUPPORTED); // before PENDING is returned
        return NDIS_STATUS_PENDING;
    };
    Stack stack(miniport);
    EXPECT_EQ(stack.started(), NDIS_STATUS_SUCCESS);
    EXPECT_TRUE(stack.findings().empty());
}

TEST(Stack, an_adapter_is_opened_only_inside_a_bind) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_STATUS status, open_error;
    NDIS_HANDLE binding;
    UINT selected;
    NDIS_MEDIUM medium = NdisMedium802_3;
    NDIS_STRING name = stack.adapter().block.MiniportName;
    NdisOpenAdapter(&status, &open_error, &binding, &selected, &medium, 1, protocol.protocol, &protocol, &name, 0,
                    nullptr);
    EXPECT_EQ(status, NDIS_STATUS_OPEN_FAILED);
    EXPECT_EQ(binding, nullptr);
}

TEST(Stack, status_reaches_every_open_binding) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol first, second;
    stack.bind(first);
    stack.bind(second);
    NdisMIndicateStatus(miniport.handle, NDIS_STATUS_MEDIA_DISCONNECT, nullptr, 0);
    EXPECT_EQ(first.statuses, std::vector<NDIS_STATUS>{NDIS_STATUS_MEDIA_DISCONNECT});
    EXPECT_EQ(second.statuses, first.statuses);
}

TEST(Stack, a_reset_is_bracketed_and_told_to_who_asked) {
    TestMiniport miniport;
    miniport.on_reset = [](BOOLEAN* addressing) {
        *addressing = FALSE;
        return NDIS_STATUS_SUCCESS;
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_STATUS status;
    NdisReset(&status, protocol.binding);
    EXPECT_EQ(status, NDIS_STATUS_PENDING);
    EXPECT_EQ(protocol.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END}));
    EXPECT_EQ(protocol.resets, std::vector<NDIS_STATUS>{NDIS_STATUS_SUCCESS});
}

TEST(Stack, a_second_reset_is_refused_while_one_goes_on_and_ndis_may_ask_for_one_itself) {
    TestMiniport miniport;
    miniport.on_reset = [](BOOLEAN*) { return NDIS_STATUS_PENDING; };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    EXPECT_EQ(reset(stack.adapter(), nullptr), NDIS_STATUS_PENDING);
    NDIS_STATUS status;
    NdisReset(&status, protocol.binding);
    EXPECT_EQ(status, NDIS_STATUS_RESET_IN_PROGRESS);
    NdisMResetComplete(miniport.handle, NDIS_STATUS_SUCCESS, FALSE);
    EXPECT_EQ(protocol.statuses, (std::vector<NDIS_STATUS>{NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END}));
    EXPECT_TRUE(protocol.resets.empty()) << "nobody asked";
    NdisMResetComplete(miniport.handle, NDIS_STATUS_SUCCESS, FALSE);
    EXPECT_EQ(stack.findings().size(), 1u);
}

TEST(Stack, a_reset_aborts_the_sends_and_the_request_a_serialized_miniport_has_inside_once) {
    TestMiniport miniport;
    miniport.attributes = 0;
    std::vector<PNDIS_PACKET> inside;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) {
        for (PNDIS_PACKET packet : packets) {
            NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_PENDING);
            inside.push_back(packet);
        }
    };
    bool hold = false;
    miniport.on_request = [&](bool set, NDIS_OID, std::span<std::byte>) {
        return hold && !set ? std::optional(NDIS_STATUS_PENDING) : std::nullopt;
    };
    miniport.on_reset = [](BOOLEAN*) { return NDIS_STATUS_SUCCESS; };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    hold = true;
    ULONG value = 0;
    NDIS_REQUEST query{};
    query.RequestType = NdisRequestQueryInformation;
    query.DATA.QUERY_INFORMATION.Oid = OID_GEN_LINK_SPEED;
    query.DATA.QUERY_INFORMATION.InformationBuffer = &value;
    query.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof value;
    NDIS_STATUS status;
    (NdisRequest)(&status, protocol.binding, &query);
    ASSERT_EQ(status, NDIS_STATUS_PENDING);
    TestPacket packet;
    NdisSend(&status, protocol.binding, packet);
    ASSERT_EQ(inside.size(), 1u);

    NdisReset(&status, protocol.binding);
    ASSERT_EQ(protocol.sent.size(), 1u);
    EXPECT_EQ(protocol.sent[0].second, NDIS_STATUS_REQUEST_ABORTED);
    EXPECT_EQ(protocol.requests, std::vector<NDIS_STATUS>{NDIS_STATUS_REQUEST_ABORTED});
    NdisMSendComplete(miniport.handle, inside[0], NDIS_STATUS_SUCCESS); // late, and no mistake
    NdisMQueryInformationComplete(miniport.handle, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol.sent.size(), 1u);
    EXPECT_TRUE(stack.findings().empty());
    hold = false;
    NdisSend(&status, protocol.binding, packet);
    NdisMSendComplete(miniport.handle, packet, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(protocol.sent.size(), 2u);
}

TEST(Stack, a_miniport_that_says_it_hangs_is_reset) {
    TestMiniport miniport;
    std::atomic<int> checks{0}, resets{0};
    miniport.on_hang_check = [&] { return ++checks == 1; };
    miniport.on_reset = [&](BOOLEAN* addressing) {
        ++resets;
        *addressing = FALSE;
        return NDIS_STATUS_SUCCESS;
    };
    Stack stack(miniport);
    EXPECT_TRUE(eventually([&] { return checks > 0 && resets > 0 && !stack.adapter().resetting; }));
    EXPECT_EQ(resets, 1);
}

TEST(Stack, adapters_and_bindings_that_are_long_gone_are_not_kept) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    protocol.protocol->configured = {&stack.adapter()};
    for (int i = 0; i < 200; ++i) {
        unbind(protocol.bound());
        ASSERT_EQ(bind(*protocol.protocol, stack.adapter()), NDIS_STATUS_SUCCESS);
    }
    EXPECT_LE(bindings_kept(), 66u);
}

TEST(Stack, an_adapter_without_a_reset_handler_is_not_resettable) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_STATUS status;
    NdisReset(&status, protocol.binding);
    EXPECT_EQ(status, NDIS_STATUS_NOT_RESETTABLE);
}

TEST(Stack, a_reset_that_lost_the_addresses_gets_the_filter_again) {
    TestMiniport miniport;
    std::vector<NDIS_OID> set;
    miniport.on_request = [&](bool is_set, NDIS_OID oid, std::span<std::byte>) -> std::optional<NDIS_STATUS> {
        if (is_set)
            set.push_back(oid);
        return std::nullopt;
    };
    miniport.on_reset = [&](BOOLEAN* addressing) {
        set.clear();
        *addressing = TRUE;
        return NDIS_STATUS_SUCCESS;
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_STATUS status;
    NdisReset(&status, protocol.binding);
    machine::drain_work();
    EXPECT_NE(std::find(set.begin(), set.end(), NDIS_OID{OID_GEN_CURRENT_PACKET_FILTER}), set.end());
    EXPECT_NE(std::find(set.begin(), set.end(), NDIS_OID{OID_802_3_MULTICAST_LIST}), set.end());
    EXPECT_EQ(std::find(set.begin(), set.end(), NDIS_OID{OID_GEN_CURRENT_LOOKAHEAD}), set.end()) << "nobody has a wish";
    EXPECT_FALSE(stack.adapter().resetting);
}

TEST(Stack, tells_names_driver_handle_and_what_is_pending) {
    TestMiniport miniport;
    PNDIS_PACKET held = nullptr;
    miniport.on_send_packets = [&](std::span<PNDIS_PACKET> packets) { held = packets[0]; };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    for (const bool by_binding : {true, false}) {
        NDIS_STRING name{};
        ASSERT_EQ(by_binding ? NdisQueryAdapterInstanceName(&name, protocol.binding)
                             : NdisMQueryAdapterInstanceName(&name, miniport.handle),
                  NDIS_STATUS_SUCCESS);
        EXPECT_EQ(nt::view(name), u"test adapter");
        NdisFreeMemory(name.Buffer, 0, 0);
    }
    NDIS_HANDLE driver = nullptr;
    NdisGetDriverHandle(protocol.binding, &driver);
    EXPECT_EQ(driver, stack.adapter().miniport);

    ULONG pending = 99;
    EXPECT_EQ(NdisQueryPendingIOCount(protocol.binding, &pending), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(pending, 0u);
    TestPacket packet;
    NDIS_STATUS status;
    NdisSend(&status, protocol.binding, packet);
    NdisQueryPendingIOCount(protocol.binding, &pending);
    EXPECT_EQ(pending, 1u);
    NdisMSendComplete(miniport.handle, held, NDIS_STATUS_SUCCESS);
    unbind(protocol.bound());
    EXPECT_EQ(NdisQueryPendingIOCount(protocol.binding, &pending), NDIS_STATUS_CLOSING);
}

TEST(Stack, reenumeration_binds_a_configured_adapter_that_is_not_bound_and_no_other) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    NDIS_HANDLE const first = protocol.binding;
    protocol.protocol->configured = {&stack.adapter()};
    NdisReEnumerateProtocolBindings(protocol.protocol);
    machine::drain_work();
    EXPECT_EQ(protocol.binding, first) << "it is bound already";
    unbind(protocol.bound());
    NdisReEnumerateProtocolBindings(protocol.protocol);
    machine::drain_work();
    EXPECT_NE(protocol.binding, first);
    EXPECT_TRUE(protocol.bound().is_open());
}

TEST(Stack, a_queued_miniport_callback_runs_at_dispatch_level_with_its_context) {
    TestMiniport miniport;
    Stack stack(miniport);
    static std::atomic<void*> seen;
    static std::atomic<int> irql;
    seen = nullptr;
    int context = 0;
    NDIS_HANDLE switched = nullptr;
    EXPECT_TRUE(NdisIMSwitchToMiniport(miniport.handle, &switched));
    NdisIMRevertBack(miniport.handle, switched);
    const auto callback = [](NDIS_HANDLE, PVOID argument) {
        irql = machine::current_irql();
        seen = argument;
    };
    EXPECT_EQ(NdisIMQueueMiniportCallback(miniport.handle, callback, &context), NDIS_STATUS_PENDING);
    EXPECT_TRUE(eventually([&] { return seen == &context; }));
    EXPECT_EQ(irql, int{DISPATCH_LEVEL});
}

TEST(Stack, there_are_no_device_objects_and_a_shutdown_handler_is_kept_until_it_is_deregistered) {
    TestMiniport miniport;
    Stack stack(miniport);
    auto* device = reinterpret_cast<PDEVICE_OBJECT>(&miniport);
    NdisMGetDeviceProperty(miniport.handle, &device, nullptr, nullptr, nullptr, nullptr);
    EXPECT_EQ(device, nullptr);
    NdisMRegisterAdapterShutdownHandler(miniport.handle, &miniport, [](PVOID) {});
    EXPECT_NE(stack.adapter().shutdown_handler, nullptr);
    NdisMDeregisterAdapterShutdownHandler(miniport.handle);
    EXPECT_EQ(stack.adapter().shutdown_handler, nullptr);
}

} // namespace

} // namespace ndispool::host::testing
