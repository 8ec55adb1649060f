#include "ndispool/host/request.h"

#include "ndispool/host/filter.h"
#include "ndispool/host/testing.h"

#include <thread>

namespace ndispool::host::testing {
namespace {

NDIS_REQUEST query(NDIS_OID oid, void* buffer, UINT length) {
    NDIS_REQUEST request{};
    request.RequestType = NdisRequestQueryInformation;
    request.DATA.QUERY_INFORMATION.Oid = oid;
    request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
    request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
    return request;
}

NDIS_STATUS submit_on(TestProtocol& protocol, NDIS_REQUEST& request) {
    NDIS_STATUS status;
    (NdisRequest)(&status, protocol.binding, &request);
    return status;
}

TEST(Request, one_at_a_time_is_inside_a_miniport_and_the_order_is_kept) {
    TestMiniport miniport;
    std::vector<NDIS_OID> inside;
    bool pend = false;
    miniport.on_request = [&](bool, NDIS_OID oid, std::span<std::byte>) -> std::optional<NDIS_STATUS> {
        if (!pend)
            return std::nullopt;
        inside.push_back(oid);
        return NDIS_STATUS_PENDING;
    };
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    pend = true;
    ULONG value = 0;
    NDIS_REQUEST first = query(OID_GEN_XMIT_OK, &value, sizeof value);
    NDIS_REQUEST second = query(OID_GEN_RCV_OK, &value, sizeof value);
    const std::size_t before = protocol.requests.size();
    EXPECT_EQ(submit_on(protocol, first), NDIS_STATUS_PENDING);
    EXPECT_EQ(submit_on(protocol, second), NDIS_STATUS_PENDING);
    EXPECT_EQ(inside, std::vector<NDIS_OID>{OID_GEN_XMIT_OK});
    NdisMQueryInformationComplete(miniport.handle, NDIS_STATUS_SUCCESS);
    EXPECT_EQ(inside, (std::vector<NDIS_OID>{OID_GEN_XMIT_OK, OID_GEN_RCV_OK}));
    NdisMQueryInformationComplete(miniport.handle, NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(protocol.requests.size(), before + 2);
    EXPECT_EQ(protocol.requests.back(), NDIS_STATUS_NOT_SUPPORTED);
    pend = false;
}

TEST(Request, a_completion_without_a_request_is_reported) {
    TestMiniport miniport;
    Stack stack(miniport);
    NdisMSetInformationComplete(miniport.handle, NDIS_STATUS_SUCCESS);
    const auto findings = stack.findings();
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].rule, "complete-twice");
}

TEST(Request, the_byte_counts_land_in_the_requesters_block) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    std::array<std::uint8_t, 6> address{};
    NDIS_REQUEST request = query(OID_802_3_CURRENT_ADDRESS, address.data(), 6);
    submit_on(protocol, request);
    EXPECT_EQ(request.DATA.QUERY_INFORMATION.BytesWritten, 6u);
    EXPECT_EQ(address, station);
}

TEST(Request, concurrent_requests_of_many_threads_are_each_completed_once_and_never_overlap) {
    TestMiniport miniport;
    std::atomic<int> inside{0};
    std::atomic<bool> overlapped{false};
    miniport.on_request = [&](bool, NDIS_OID oid, std::span<std::byte>) -> std::optional<NDIS_STATUS> {
        if (oid != OID_GEN_XMIT_OK && oid != OID_GEN_RCV_OK)
            return std::nullopt;
        overlapped = overlapped || inside.fetch_add(1) != 0;
        inside.fetch_sub(1);
        if (oid == OID_GEN_RCV_OK)
            return NDIS_STATUS_SUCCESS;
        NdisMQueryInformationComplete(miniport.handle, NDIS_STATUS_SUCCESS); // early, then PENDING
        return NDIS_STATUS_PENDING;
    };
    Stack stack(miniport, 2);
    TestProtocol protocol;
    std::atomic<int> completed{0};
    stack.bind(protocol);
    protocol.on_request = [&](PNDIS_REQUEST, NDIS_STATUS) { ++completed; };
    std::deque<NDIS_REQUEST> requests;
    std::array<ULONG, 400> values{};
    for (std::size_t i = 0; i < values.size(); ++i)
        requests.push_back(query(i % 2 ? OID_GEN_XMIT_OK : OID_GEN_RCV_OK, &values[i], sizeof(ULONG)));
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (std::size_t i = thread; i < requests.size(); i += 4)
                if (submit_on(protocol, requests[i]) != NDIS_STATUS_PENDING)
                    ++completed; // by its return value, and then never through the handler
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_TRUE(eventually([&] { return completed == 400; })) << completed;
    EXPECT_FALSE(overlapped);
    protocol.on_request = [&](PNDIS_REQUEST, NDIS_STATUS status) { protocol.requests.push_back(status); };
}

TEST(Filter, the_miniport_sees_the_union_over_its_bindings_and_it_shrinks_when_one_closes) {
    TestMiniport miniport;
    std::vector<ULONG> filters;
    miniport.on_request = [&](bool set, NDIS_OID oid, std::span<std::byte> value) -> std::optional<NDIS_STATUS> {
        if (set && oid == OID_GEN_CURRENT_PACKET_FILTER) {
            filters.emplace_back();
            std::memcpy(&filters.back(), value.data(), sizeof(ULONG));
        }
        return std::nullopt;
    };
    Stack stack(miniport);
    TestProtocol first, second;
    first.filter = NDIS_PACKET_TYPE_DIRECTED;
    second.filter = NDIS_PACKET_TYPE_BROADCAST;
    stack.bind(first);
    stack.bind(second);
    EXPECT_EQ(filters,
              (std::vector<ULONG>{NDIS_PACKET_TYPE_DIRECTED, NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST}));
    second.set_filter(NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_DIRECTED);
    EXPECT_EQ(filters.size(), 2u) << "the union did not change";
    unbind(second.bound());
    EXPECT_EQ(filters.back(), ULONG{NDIS_PACKET_TYPE_DIRECTED});
}

TEST(Filter, a_filter_the_miniport_refuses_leaves_the_binding_as_it_was) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    protocol.filter = NDIS_PACKET_TYPE_DIRECTED;
    stack.bind(protocol);
    miniport.on_request = [](bool set, NDIS_OID, std::span<std::byte>) {
        return set ? std::optional(NDIS_STATUS_INVALID_DATA) : std::nullopt;
    };
    EXPECT_EQ(protocol.set_filter(NDIS_PACKET_TYPE_PROMISCUOUS), NDIS_STATUS_INVALID_DATA);
    EXPECT_EQ(protocol.bound().filter.types, ULONG{NDIS_PACKET_TYPE_DIRECTED});
}

TEST(Filter, bits_that_mean_nothing_on_ethernet_are_not_supported) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol protocol;
    stack.bind(protocol);
    EXPECT_EQ(protocol.set_filter(NDIS_PACKET_TYPE_SOURCE_ROUTING), NDIS_STATUS_NOT_SUPPORTED);
}

TEST(Filter, each_binding_is_told_its_own_filter_without_asking_the_miniport) {
    TestMiniport miniport;
    Stack stack(miniport);
    TestProtocol first, second;
    first.filter = NDIS_PACKET_TYPE_DIRECTED;
    second.filter = NDIS_PACKET_TYPE_BROADCAST;
    stack.bind(first);
    stack.bind(second);
    ULONG value = 0;
    NDIS_REQUEST request = query(OID_GEN_CURRENT_PACKET_FILTER, &value, sizeof value);
    EXPECT_EQ(submit_on(first, request), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(value, ULONG{NDIS_PACKET_TYPE_DIRECTED});
}

TEST(Filter, a_multicast_list_is_a_multiple_of_six_bytes_and_at_most_the_miniports_maximum) {
    TestMiniport miniport; // takes 4
    Stack stack(miniport);
    TestProtocol first, second;
    stack.bind(first);
    stack.bind(second);
    std::array<std::array<std::uint8_t, 6>, 5> groups{};
    for (std::size_t i = 0; i < groups.size(); ++i)
        groups[i] = {1, 0, 0, 0, 0, static_cast<std::uint8_t>(i)};
    EXPECT_EQ(first.set(OID_802_3_MULTICAST_LIST, groups.data(), 7), NDIS_STATUS_INVALID_LENGTH);
    EXPECT_EQ(first.set(OID_802_3_MULTICAST_LIST, groups.data(), 18), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(second.set(OID_802_3_MULTICAST_LIST, &groups[2], 12), NDIS_STATUS_SUCCESS) << "one address is in both";
    EXPECT_EQ(second.set(OID_802_3_MULTICAST_LIST, &groups[2], 18), NDIS_STATUS_MULTICAST_FULL);
}

TEST(Filter, the_lookahead_is_the_largest_wish_and_never_above_the_maximum) {
    TestMiniport miniport;
    miniport.on_request = [](bool set, NDIS_OID oid, std::span<std::byte> buffer) -> std::optional<NDIS_STATUS> {
        if (set || oid != OID_GEN_CURRENT_LOOKAHEAD)
            return std::nullopt;
        const ULONG own = 123;
        std::memcpy(buffer.data(), &own, sizeof own);
        return NDIS_STATUS_SUCCESS;
    };
    Stack stack(miniport);
    TestProtocol first, second;
    stack.bind(first);
    stack.bind(second);
    ULONG current = 0;
    NDIS_REQUEST request = query(OID_GEN_CURRENT_LOOKAHEAD, &current, sizeof current);
    EXPECT_EQ(submit_on(first, request), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(current, 123u) << "nobody has a wish: what the miniport says";
    ULONG wish = 200;
    EXPECT_EQ(first.set(OID_GEN_CURRENT_LOOKAHEAD, &wish, sizeof wish), NDIS_STATUS_SUCCESS);
    wish = 100;
    EXPECT_EQ(second.set(OID_GEN_CURRENT_LOOKAHEAD, &wish, sizeof wish), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(stack.adapter().block.CurrentLookahead, 200u);
    EXPECT_EQ(submit_on(second, request), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(current, 200u);
    wish = 1501;
    EXPECT_EQ(second.set(OID_GEN_CURRENT_LOOKAHEAD, &wish, sizeof wish), NDIS_STATUS_INVALID_DATA);
}

} // namespace
} // namespace ndispool::host::testing
