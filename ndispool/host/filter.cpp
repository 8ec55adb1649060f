#include "ndispool/host/filter.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/pnp.h"

#include <algorithm>
#include <cstring>

namespace ndispool::host {

namespace {

// Bits that mean something on Ethernet; a set with another bit is refused (OID_GEN_CURRENT_PACKET_FILTER).
constexpr ULONG ethernet_types = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
                                 NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
                                 NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL;

using AddressList = std::vector<MacAddress>;

// What the adapter must be told: the union over its open bindings, with one binding's part replaced (or left out).
struct Union {
    ULONG types = 0;
    UINT lookahead = 0;
    AddressList multicast;
};

void add_addresses(AddressList& all, const AddressList& more) {
    for (const MacAddress& address : more)
        if (std::find(all.begin(), all.end(), address) == all.end())
            all.push_back(address);
}

Union merge_without(const Adapter& adapter, const Binding* left_out) {
    Union merged;
    for (const Binding* other : bindings_on(adapter)) {
        if (other == left_out || !other->is_open())
            continue;
        merged.types |= other->filter.types.load(std::memory_order_relaxed);
        merged.lookahead = std::max(merged.lookahead, other->lookahead.load(std::memory_order_relaxed));
        if (const auto list = other->filter.multicast.load())
            add_addresses(merged.multicast, *list);
    }
    return merged;
}

std::vector<std::byte> bytes_of(ULONG value) {
    std::vector<std::byte> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::vector<std::byte> bytes_of(const AddressList& list) {
    std::vector<std::byte> bytes(list.size() * sizeof(MacAddress));
    if (!list.empty())
        std::memcpy(bytes.data(), list.data(), bytes.size());
    return bytes;
}

// Puts a set of the union in the adapter's queue. `merge` fills in the value when the request's turn has come, so that two
// bindings that set at the same time see each other's; it may answer instead. `accept` runs when the miniport took the value.
// The protocol's request completes with the status.
NDIS_STATUS forward(Binding& binding, NDIS_REQUEST& original, NDIS_OID oid,
                    std::function<std::optional<NDIS_STATUS>(Request&)> merge, std::function<void()> accept) {
    auto request = std::make_shared<Request>();
    request->type = NdisRequestSetInformation;
    request->oid = oid;
    request->prepare = std::move(merge);
    const UINT read = original.DATA.SET_INFORMATION.InformationBufferLength;
    return submit_for(binding, original, request, [&original, read, accept = std::move(accept)] {
        accept();
        original.DATA.SET_INFORMATION.BytesRead = read;
    });
}

NDIS_STATUS too_short(NDIS_REQUEST& request, UINT needed) {
    request.DATA.SET_INFORMATION.BytesNeeded = needed;
    return NDIS_STATUS_INVALID_LENGTH;
}

NDIS_STATUS done(NDIS_REQUEST& request) {
    request.DATA.SET_INFORMATION.BytesRead = request.DATA.SET_INFORMATION.InformationBufferLength;
    return NDIS_STATUS_SUCCESS;
}

ULONG value_of(const NDIS_REQUEST& request) {
    ULONG value;
    std::memcpy(&value, request.DATA.SET_INFORMATION.InformationBuffer, sizeof value);
    return value;
}

NDIS_STATUS set_packet_filter(Binding& binding, NDIS_REQUEST& request) {
    if (request.DATA.SET_INFORMATION.InformationBufferLength < sizeof(ULONG))
        return too_short(request, sizeof(ULONG));
    const ULONG types = value_of(request);
    if (types & ~ethernet_types)
        return NDIS_STATUS_NOT_SUPPORTED;
    Adapter& adapter = *binding.adapter;
    auto merge = [&binding, &adapter, types](Request& set) -> std::optional<NDIS_STATUS> {
        set.hold(bytes_of(merge_without(adapter, &binding).types | types));
        return set.own_buffer == bytes_of(adapter.merged_filter) ? std::optional(NDIS_STATUS_SUCCESS) : std::nullopt;
    };
    auto accept = [&binding, &adapter, types] {
        adapter.merged_filter = merge_without(adapter, &binding).types | types;
        binding.filter.types.store(types, std::memory_order_release); // pairs with the acquire in accepts()
    };
    return forward(binding, request, OID_GEN_CURRENT_PACKET_FILTER, merge, accept);
}

NDIS_STATUS set_multicast_list(Binding& binding, NDIS_REQUEST& request) {
    const UINT length = request.DATA.SET_INFORMATION.InformationBufferLength;
    if (length % sizeof(MacAddress))
        return too_short(request, (length / sizeof(MacAddress) + 1) * sizeof(MacAddress));
    auto list = std::make_shared<AddressList>(length / sizeof(MacAddress));
    if (length)
        std::memcpy(list->data(), request.DATA.SET_INFORMATION.InformationBuffer, length);
    Adapter& adapter = *binding.adapter;
    auto merge = [&binding, &adapter, list](Request& set) -> std::optional<NDIS_STATUS> {
        AddressList merged = merge_without(adapter, &binding).multicast;
        add_addresses(merged, *list);
        if (merged.size() > adapter.maximum_list_size)
            return NDIS_STATUS_MULTICAST_FULL;
        set.hold(bytes_of(merged));
        return std::nullopt;
    };
    return forward(binding, request, OID_802_3_MULTICAST_LIST, merge,
                   [&binding, list] { binding.filter.multicast.store(list); });
}

NDIS_STATUS set_lookahead(Binding& binding, NDIS_REQUEST& request) {
    if (request.DATA.SET_INFORMATION.InformationBufferLength < sizeof(ULONG))
        return too_short(request, sizeof(ULONG));
    const ULONG wanted = value_of(request);
    Adapter& adapter = *binding.adapter;
    if (wanted > adapter.block.MaximumLookahead)
        return NDIS_STATUS_INVALID_DATA;
    auto merged = [&binding, &adapter, wanted] {
        return std::max<UINT>(merge_without(adapter, &binding).lookahead, wanted);
    };
    auto merge = [&adapter, merged](Request& set) -> std::optional<NDIS_STATUS> {
        set.hold(bytes_of(merged()));
        return merged() == adapter.block.CurrentLookahead ? std::optional(NDIS_STATUS_SUCCESS) : std::nullopt;
    };
    auto accept = [&binding, &adapter, merged, wanted] {
        adapter.block.CurrentLookahead = merged();
        binding.lookahead.store(wanted, std::memory_order_relaxed); // a wish; orders no other data
    };
    return forward(binding, request, OID_GEN_CURRENT_LOOKAHEAD, merge, accept);
}

NDIS_STATUS answer(NDIS_REQUEST& request, const void* value, UINT length) {
    auto& query = request.DATA.QUERY_INFORMATION;
    query.BytesNeeded = length;
    query.BytesWritten = 0;
    if (query.InformationBufferLength < length)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    if (length)
        std::memcpy(query.InformationBuffer, value, length);
    query.BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS answer(NDIS_REQUEST& request, ULONG value) {
    return answer(request, &value, sizeof value);
}

// Nobody waits for the answer.
void tell(
    Adapter& adapter, NDIS_OID oid, std::vector<std::byte> value, std::function<void()> afterwards = [] {}) {
    auto request = std::make_shared<Request>();
    request->type = NdisRequestSetInformation;
    request->oid = oid;
    request->hold(std::move(value));
    request->complete = [afterwards = std::move(afterwards)](NDIS_STATUS) { afterwards(); };
    submit(adapter, request);
}

void tell_all(Adapter& adapter, std::function<void()> afterwards) {
    const Union merged = merge_without(adapter, nullptr);
    tell(adapter, OID_GEN_CURRENT_PACKET_FILTER, bytes_of(merged.types));
    if (merged.lookahead > 0)
        tell(adapter, OID_GEN_CURRENT_LOOKAHEAD, bytes_of(merged.lookahead));
    tell(adapter, OID_802_3_MULTICAST_LIST, bytes_of(merged.multicast), std::move(afterwards));
}

void tell_what_is_due(Adapter& adapter) {
    if (adapter.running() && !stands_on_sleeper(adapter) && adapter.filters_due.exchange(false))
        tell_all(adapter, [] {});
}

// False: the miniport can be told now. Whoever wakes up the adapter below looks at the mark afterwards, and here the
// adapter is looked at after the mark: one of the two sees the other.
bool put_off(Adapter& adapter) {
    if (!stands_on_sleeper(adapter))
        return false;
    adapter.filters_due.store(true);
    tell_what_is_due(adapter);
    return true;
}

bool is_broadcast(std::span<const std::byte> header) {
    return std::all_of(header.begin(), header.begin() + 6, [](std::byte b) { return b == std::byte{0xff}; });
}

bool same(std::span<const std::byte> header, const MacAddress& address) {
    return std::memcmp(header.data(), address.data(), address.size()) == 0;
}

} // namespace

bool accepts(const Binding& binding, const MacAddress& own, std::span<const std::byte> header) {
    // Acquire pairs with the release in set_packet_filter: who sees the filter sees the binding the protocol has set up.
    const ULONG types = binding.filter.types.load(std::memory_order_acquire);
    if (types & NDIS_PACKET_TYPE_PROMISCUOUS)
        return true;
    if (types == 0 || header.size() < own.size())
        return false;
    if (is_broadcast(header))
        return types & NDIS_PACKET_TYPE_BROADCAST;
    if (std::to_integer<unsigned>(header[0]) & 1) {
        if (types & NDIS_PACKET_TYPE_ALL_MULTICAST)
            return true;
        if (!(types & NDIS_PACKET_TYPE_MULTICAST))
            return false;
        const auto list = binding.filter.multicast.load();
        return list && std::any_of(list->begin(), list->end(), [&](const MacAddress& a) { return same(header, a); });
    }
    return (types & NDIS_PACKET_TYPE_DIRECTED) && same(header, own);
}

std::optional<NDIS_STATUS> answer_for_binding(Binding& binding, NDIS_REQUEST& request) {
    const bool query = request.RequestType == NdisRequestQueryInformation;
    switch (request.DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        if (query)
            return answer(request, binding.filter.types.load(std::memory_order_relaxed));
        return std::nullopt;
    case OID_GEN_CURRENT_LOOKAHEAD: {
        const UINT wish = query ? merge_without(*binding.adapter, nullptr).lookahead : 0;
        return wish > 0 ? std::optional(answer(request, wish)) : std::nullopt; // nobody's wish: the miniport's own
    }
    case OID_802_3_MULTICAST_LIST: {
        if (!query)
            return std::nullopt;
        const auto list = binding.filter.multicast.load();
        return answer(request, list ? list->data() : nullptr,
                      list ? static_cast<UINT>(list->size() * sizeof(MacAddress)) : 0);
    }
    case OID_GEN_PROTOCOL_OPTIONS:
        if (query)
            return answer(request, binding.protocol_options.load(std::memory_order_relaxed));
        if (request.DATA.SET_INFORMATION.InformationBufferLength < sizeof(ULONG))
            return too_short(request, sizeof(ULONG));
        binding.protocol_options.store(value_of(request), std::memory_order_relaxed); // a wish; orders no other data
        return done(request);
    default:
        return std::nullopt;
    }
}

std::optional<NDIS_STATUS> merge_for_adapter(Binding& binding, NDIS_REQUEST& request) {
    if (request.RequestType != NdisRequestSetInformation)
        return std::nullopt;
    switch (request.DATA.SET_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
        return set_packet_filter(binding, request);
    case OID_802_3_MULTICAST_LIST:
        return set_multicast_list(binding, request);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return set_lookahead(binding, request);
    default:
        return std::nullopt;
    }
}

void withdraw(Binding& binding) {
    Adapter& adapter = *binding.adapter;
    if (!adapter.running())
        return;
    const bool had_addresses = binding.filter.multicast.load() != nullptr;
    const Union merged = merge_without(adapter, &binding);
    const bool had_types = merged.types != adapter.merged_filter;
    adapter.merged_filter = merged.types;
    if ((!had_addresses && !had_types) || put_off(adapter))
        return;
    if (had_addresses)
        tell(adapter, OID_802_3_MULTICAST_LIST, bytes_of(merged.multicast));
    if (had_types)
        tell(adapter, OID_GEN_CURRENT_PACKET_FILTER, bytes_of(merged.types));
}

void restore(Adapter& adapter, std::function<void()> afterwards) {
    if (!put_off(adapter)) {
        adapter.filters_due.store(false);
        tell_all(adapter, std::move(afterwards));
        return;
    }
    const machine::DispatchScope dispatch;
    afterwards();
}

void restore_above(Adapter& adapter) {
    for (Binding* const binding : bindings_on(adapter)) {
        const MiniportDriver* const edge = binding->protocol->upper_edge;
        if (!edge || edge == adapter.miniport)
            continue;
        for (Adapter* const above : adapters_of(*edge)) {
            tell_what_is_due(*above);
            restore_above(*above);
        }
    }
}

} // namespace ndispool::host
