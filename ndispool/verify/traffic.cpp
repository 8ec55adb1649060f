// The checked forms of sends, receives, requests and their completions, and what handlers do to the ledger.
#include "ndispool/verify/traffic.h"

#include "ndispool/verify/bindings.h"
#include "ndispool/verify/block_doors.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/packets.h"
#include "ndispool/verify/unfinished.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <string_view>

namespace ndispool::verify {

namespace {

struct RequestEntry {
    bool pending = false;
    Site made;
};

Table<RequestEntry>& requests() {
    static auto& all = *new Table<RequestEntry>;
    return all;
}

// The packets of an array that may go on: the array itself when all of them may.
class Chosen {
  public:
    template <class May> Chosen(PPNDIS_PACKET packets, UINT count, May may) : packets_(packets), count_(count) {
        for (UINT i = 0; i < count; ++i) {
            const bool goes = may(packets[i]);
            if (!goes && own_.empty() && !dropped_)
                own_.assign(packets, packets + i);
            dropped_ = dropped_ || !goes;
            if (dropped_ && goes)
                own_.push_back(packets[i]);
        }
    }
    PPNDIS_PACKET data() { return dropped_ ? own_.data() : packets_; }
    UINT size() const { return dropped_ ? static_cast<UINT>(own_.size()) : count_; }
    std::span<PNDIS_PACKET> span() { return {data(), size()}; }

  private:
    PPNDIS_PACKET packets_;
    UINT count_;
    std::vector<PNDIS_PACKET> own_;
    bool dropped_ = false;
};

bool is_freed(Call& call, const PacketEntry& entry) {
    if (!entry.freed)
        return false;
    call.found(rule::use_after_free, std::string(call.function().name) + " was given a packet that had been freed",
               {{"allocated", entry.allocated}, {"freed", entry.freed_at}});
    return true;
}

void leave_hands(Call& call, PNDIS_PACKET packet, PacketEntry& entry) {
    check_canary(packet, entry, call.site(), "when it was passed on");
    entry.head = packet->Private.Head;
    entry.passed = call.site();
    entry.how = "passed on";
}

// Back from below or above: its chain is as it was when it went.
void come_back(PNDIS_PACKET packet, PacketEntry& entry, const char* when) {
    if (!entry.pool)
        return;
    if (entry.head && packet->Private.Head != entry.head && !packet->Private.Head)
        found(entry.lent && entry.deserialized ? rule::oob_after_indicate : rule::free_in_flight,
              std::string("a packet was reinitialised before it came back, seen ") + when,
              {{"allocated", entry.allocated}, {"passed on", entry.passed}});
    check_canary(packet, entry, site_now(StackId::none), when);
}

bool begin_send(Call& call, PNDIS_PACKET packet) {
    if (call.null_argument(packet, "packet"))
        return false;
    return packets().make(packet, [&](PacketEntry& entry) {
        if (is_freed(call, entry))
            return false;
        if (entry.sent || entry.transferring || (entry.lent && entry.pool)) {
            call.found(rule::send_twice,
                       entry.lent ? "a packet was sent while it was lent to the drivers above"
                                  : "a packet was sent again before its send was complete",
                       {{"allocated", entry.allocated}, {"passed on", entry.passed}});
            return false;
        }
        leave_hands(call, packet, entry);
        entry.sent = true;
        return true;
    });
}

void end_send(PNDIS_PACKET packet) {
    packets().find(packet, [](PacketEntry* entry) {
        if (entry)
            entry->sent = false;
    });
}

VOID NTAPI Send(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_PACKET packet) {
    NDISPOOL_CALL(NdisSend);
    if (call.null_argument(binding, "binding handle") || !check_binding(call, binding) || !begin_send(call, packet)) {
        *status = NDIS_STATUS_FAILURE;
        return;
    }
    plain_NdisSend(status, binding, packet);
    if (*status != NDIS_STATUS_PENDING)
        end_send(packet);
}

NDIS_STATUS NTAPI SendByBlock(NDIS_HANDLE binding, PNDIS_PACKET packet) {
    NDISPOOL_CALL(NdisSend);
    if (!check_binding(call, binding) || !begin_send(call, packet))
        return NDIS_STATUS_FAILURE;
    const NDIS_STATUS status = plain_block_send(binding, packet);
    if (status != NDIS_STATUS_PENDING)
        end_send(packet);
    return status;
}

VOID NTAPI SendPackets(NDIS_HANDLE binding, PPNDIS_PACKET array, UINT count) {
    NDISPOOL_CALL(NdisSendPackets);
    if (call.null_argument(binding, "binding handle"))
        return;
    check_binding(call, binding); // on a closed one too every packet comes back through ProtocolSendComplete
    Chosen chosen(array, count, [&](PNDIS_PACKET packet) { return begin_send(call, packet); });
    if (chosen.size() > 0)
        plain_NdisSendPackets(binding, chosen.data(), chosen.size());
}

// The handler that runs is ProtocolReceivePacket for this packet. Not so in a MiniportReturnPacket inside it: an intermediate
// driver's indication upward may be over before its handler is.
bool in_receive_handler_of(const void* packet) {
    const Thread& thread = this_thread;
    return std::any_of(thread.receiving.begin(), thread.receiving.begin() + thread.receiving_count,
                       [&](const Thread::Receiving& one) { return one.packet == packet && one.depth == thread.depth; });
}

// One reference less. False: there was none to give back.
bool give_back(Call& call, PNDIS_PACKET packet) {
    if (call.null_argument(packet, "packet"))
        return false;
    return packets().find(packet, [&](PacketEntry* entry) {
        if (entry && entry->receiving > 0) {
            if (in_receive_handler_of(packet))
                call.found(rule::return_early, "NdisReturnPackets was called from inside ProtocolReceivePacket",
                           {{"received", entry->passed}});
        } else if (!entry || entry->owed_returns <= 0) {
            call.found(rule::return_too_many,
                       "NdisReturnPackets was given a packet more often than ProtocolReceivePacket said",
                       entry ? std::vector<Evidence>{{entry->how, entry->passed}} : std::vector<Evidence>{});
            return false;
        }
        --entry->owed_returns;
        entry->passed = call.site();
        entry->how = "returned";
        return true;
    });
}

VOID NTAPI ReturnPackets(PNDIS_PACKET* array, UINT count) {
    NDISPOOL_CALL(NdisReturnPackets);
    Chosen chosen(array, count, [&](PNDIS_PACKET packet) { return give_back(call, packet); });
    if (chosen.size() > 0)
        plain_NdisReturnPackets(chosen.data(), chosen.size());
}

bool begin_transfer(Call& call, PNDIS_PACKET packet) {
    if (call.null_argument(packet, "packet"))
        return false;
    return packets().make(packet, [&](PacketEntry& entry) {
        if (is_freed(call, entry))
            return false;
        if (entry.away()) {
            call.found(rule::send_twice, "a packet was given to NdisTransferData while it was on its way",
                       {{"allocated", entry.allocated}, {"passed on", entry.passed}});
            return false;
        }
        leave_hands(call, packet, entry);
        entry.transferring = true;
        return true;
    });
}

void end_transfer(PNDIS_PACKET packet) {
    packets().find(packet, [](PacketEntry* entry) {
        if (entry)
            entry->transferring = false;
    });
}

template <class Plain> NDIS_STATUS transfer(Call& call, NDIS_HANDLE binding, PNDIS_PACKET packet, Plain plain) {
    if (!check_binding(call, binding) || !begin_transfer(call, packet))
        return NDIS_STATUS_FAILURE;
    const NDIS_STATUS status = plain();
    if (status != NDIS_STATUS_PENDING)
        end_transfer(packet);
    return status;
}

VOID NTAPI TransferData(PNDIS_STATUS status, NDIS_HANDLE binding, NDIS_HANDLE context, UINT offset, UINT length,
                        PNDIS_PACKET packet, PUINT transferred) {
    NDISPOOL_CALL(NdisTransferData);
    *status = transfer(call, binding, packet, [&] {
        plain_NdisTransferData(status, binding, context, offset, length, packet, transferred);
        return *status;
    });
}

NDIS_STATUS NTAPI TransferByBlock(NDIS_HANDLE binding, NDIS_HANDLE context, UINT offset, UINT length,
                                  PNDIS_PACKET packet, PUINT transferred) {
    NDISPOOL_CALL(NdisTransferData);
    return transfer(call, binding, packet,
                    [&] { return plain_block_transfer(binding, context, offset, length, packet, transferred); });
}

template <class Plain> NDIS_STATUS request(Call& call, NDIS_HANDLE binding, PNDIS_REQUEST made, Plain plain) {
    if (call.null_argument(made, "request") || !check_binding(call, binding))
        return NDIS_STATUS_FAILURE;
    const bool fresh = requests().make(made, [&](RequestEntry& entry) {
        if (entry.pending) {
            call.found(rule::send_twice, "a request was made with an NDIS_REQUEST that is still pending",
                       {{"requested", entry.made}});
            return false;
        }
        entry = {true, call.site()};
        return true;
    });
    if (!fresh)
        return NDIS_STATUS_FAILURE;
    const NDIS_STATUS status = plain();
    if (status != NDIS_STATUS_PENDING)
        request_is_complete(made);
    return status;
}

VOID NTAPI Request(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_REQUEST made) {
    NDISPOOL_CALL(NdisRequest);
    *status = request(call, binding, made, [&] {
        plain_NdisRequest(status, binding, made);
        return *status;
    });
}

NDIS_STATUS NTAPI RequestByBlock(NDIS_HANDLE binding, PNDIS_REQUEST made) {
    NDISPOOL_CALL(NdisRequest);
    return request(call, binding, made, [&] { return plain_block_request(binding, made); });
}

NDIS_STATUS NTAPI ResetByBlock(NDIS_HANDLE binding) {
    NDISPOOL_CALL(NdisReset);
    return plain_block_reset(binding);
}

VOID NTAPI SendComplete(NDIS_HANDLE adapter, PNDIS_PACKET packet, NDIS_STATUS status) {
    NDISPOOL_CALL(NdisMSendComplete);
    if (call.null_argument(packet, "packet"))
        return;
    const bool owed = packets().find(packet, [&](PacketEntry* entry) {
        if (!entry || !entry->owes_completion) {
            call.found(rule::complete_twice, "a send was completed for a packet that the miniport does not have",
                       entry ? std::vector<Evidence>{{entry->how, entry->passed}} : std::vector<Evidence>{});
            return false;
        }
        entry->owes_completion = false;
        entry->passed = call.site();
        entry->how = "completed";
        return true;
    });
    if (owed)
        plain_NdisMSendComplete(adapter, packet, status);
}

VOID NTAPI TransferComplete(NDIS_HANDLE adapter, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred) {
    NDISPOOL_CALL(NdisMTransferDataComplete);
    plain_NdisMTransferDataComplete(adapter, packet, status, transferred);
}

bool complete_request(Call& call, NDIS_HANDLE adapter) {
    return adapters().make(context_of(adapter), [&](AdapterEntry& entry) {
        if (!entry.request_pending) {
            call.found(rule::complete_twice, "a request was completed that the miniport does not have");
            return false;
        }
        entry.request_pending = false;
        return true;
    });
}

VOID NTAPI QueryComplete(NDIS_HANDLE adapter, NDIS_STATUS status) {
    NDISPOOL_CALL(NdisMQueryInformationComplete);
    if (complete_request(call, adapter))
        plain_NdisMQueryInformationComplete(adapter, status);
}

VOID NTAPI SetComplete(NDIS_HANDLE adapter, NDIS_STATUS status) {
    NDISPOOL_CALL(NdisMSetInformationComplete);
    if (complete_request(call, adapter))
        plain_NdisMSetInformationComplete(adapter, status);
}

// What is wrong with the out-of-band status of one packet of an array; `kept` says whether RESOURCES came before it.
void check_status(Call& call, NDIS_STATUS status, bool& kept, const PacketEntry& entry) {
    const bool resources = status == NDIS_STATUS_RESOURCES;
    if (!resources && (kept || status != NDIS_STATUS_SUCCESS))
        call.found(rule::indicate_status,
                   kept ? "a packet behind one with NDIS_STATUS_RESOURCES in the array has another status"
                        : "a packet was indicated with an out-of-band status that is neither SUCCESS nor RESOURCES",
                   {{"allocated", entry.allocated}, {"passed on", entry.passed}});
    kept = kept || resources;
}

void check_reserved(Call& call, const PacketEntry& entry) {
    if (entry.pool && entry.pool->reserved < PROTOCOL_RESERVED_SIZE_IN_PACKET)
        call.found(rule::reserved_too_small,
                   "a packet was indicated that has " + std::to_string(entry.pool->reserved) +
                       " bytes of ProtocolReserved; protocols above use " +
                       std::to_string(PROTOCOL_RESERVED_SIZE_IN_PACKET),
                   {{"pool made", entry.pool->made}, {"allocated", entry.allocated}});
}

// False: the packet must not be shown to anybody.
bool begin_indication(Call& call, PNDIS_PACKET packet, bool& kept, bool deserialized) {
    if (call.null_argument(packet, "packet"))
        return false;
    return packets().make(packet, [&](PacketEntry& entry) {
        if (is_freed(call, entry))
            return false;
        if (entry.lent || (entry.pool && (entry.sent || entry.transferring))) {
            const bool same_array = entry.passed.time == call.site().time;
            const bool at_once = entry.lent && entry.deserialized && entry.lent_in == this_thread.serial && !same_array;
            call.found(at_once ? rule::oob_after_indicate : rule::indicate_status,
                       at_once ? "a deserialized miniport indicated a packet again right after its indication: the "
                                 "out-of-band status does not say that it is back"
                               : "a packet was indicated again before it came back",
                       {{"allocated", entry.allocated}, {"passed on", entry.passed}});
            return false;
        }
        check_status(call, NDIS_GET_PACKET_STATUS(packet), kept, entry);
        check_reserved(call, entry);
        leave_hands(call, packet, entry);
        entry.lent = entry.was_lent = true;
        entry.deserialized = deserialized;
        entry.lent_in = this_thread.serial;
        entry.status = NDIS_GET_PACKET_STATUS(packet);
        return true;
    });
}

void end_indication(PNDIS_PACKET packet) {
    packets().find(packet, [](PacketEntry* entry) {
        if (entry)
            entry->lent = false;
    });
}

VOID NTAPI Indicate(NDIS_HANDLE adapter, PPNDIS_PACKET array, UINT count) {
    NDISPOOL_CALL(block_indicate);
    const bool deserialized =
        adapters().make(context_of(adapter), [](const AdapterEntry& entry) { return entry.deserialized; });
    bool kept = false;
    UINT lent = 0; // how many come before the first RESOURCES
    Chosen chosen(array, count, [&](PNDIS_PACKET packet) {
        const bool goes = begin_indication(call, packet, kept, deserialized);
        lent += goes && !kept;
        return goes;
    });
    if (chosen.size() == 0)
        return;
    plain_block_indicate(adapter, chosen.data(), chosen.size());
    for (UINT i = deserialized ? lent : 0; i < chosen.size(); ++i)
        if (i >= lent || NDIS_GET_PACKET_STATUS(chosen.data()[i]) != NDIS_STATUS_PENDING)
            end_indication(chosen.data()[i]);
}

// Packets that `wanted` chooses, counted by what happened to them last.
struct Owed {
    std::vector<Evidence> places;
    std::uint64_t count = 0;
};
template <class Wanted> std::vector<Owed> owed(Wanted wanted) {
    std::map<StackId, Owed> groups;
    packets().each([&](const void*, PacketEntry& entry) {
        if (!wanted(entry))
            return;
        Owed& group = groups[entry.passed.stack];
        group.places = {{"received", entry.received}};
        if (std::string_view(entry.how) != "received")
            group.places.push_back({entry.how, entry.passed});
        ++group.count;
    });
    std::vector<Owed> all;
    std::transform(groups.begin(), groups.end(), std::back_inserter(all), [](const auto& one) { return one.second; });
    return all;
}

std::string packets_text(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " packet " : " packets ");
}

template <class Wanted> void report_owed(const Rule& rule, const char* what, const Evidence& last, Wanted wanted) {
    for (Owed& group : owed(wanted)) {
        group.places.push_back(last);
        found(rule, packets_text(group.count) + what, std::move(group.places));
    }
}

} // namespace

void send_is_complete(PNDIS_PACKET packet) {
    packets().find(packet, [&](PacketEntry* entry) {
        if (!entry || entry->freed)
            return;
        entry->sent = false;
        come_back(packet, *entry, "when its send was completed");
    });
}

void transfer_is_complete(PNDIS_PACKET packet) {
    end_transfer(packet);
}

void request_is_complete(const void* request) {
    requests().erase(request);
}

void receiving(const void* handler, NDIS_HANDLE context, PNDIS_PACKET packet) {
    if (this_thread.receiving_count < this_thread.receiving.size())
        this_thread.receiving[this_thread.receiving_count++] = {packet, this_thread.depth};
    packets().make(packet, [&](PacketEntry& entry) {
        if (!entry.pool && entry.freed)
            entry = {}; // the memory of a pool that is gone is another's by now
        ++entry.receiving;
        entry.context = context;
        entry.received = entry.passed = site_of_handler(handler);
        entry.how = "received";
    });
}

void received(const void* handler, NDIS_HANDLE, PNDIS_PACKET packet, int kept) {
    if (this_thread.receiving_count > 0)
        --this_thread.receiving_count;
    packets().find(packet, [&](PacketEntry* entry) {
        if (!entry)
            return;
        --entry->receiving;
        entry->owed_returns += kept;
        if (entry->owed_returns < 0 && entry->receiving == 0) {
            found(rule::return_too_many, "a packet was returned more often than ProtocolReceivePacket said",
                  {{entry->how, entry->passed}, {"handler", site_of_handler(handler)}});
            entry->owed_returns = 0;
        }
    });
}

void unbound(const void* handler, NDIS_HANDLE context, const NDIS_STATUS* status) {
    if (*status == NDIS_STATUS_PENDING)
        return;
    const Evidence here{"handler", site_of_handler(handler)};
    report_owed(rule::return_missing,
                "received through the binding and not returned when ProtocolUnbindAdapter was over", here,
                [&](const PacketEntry& entry) { return entry.owed_returns > 0 && entry.context == context; });
    if (const auto open = open_binding_with(context))
        found(rule::unbind_order, "ProtocolUnbindAdapter was over and the binding was not closed",
              {{"opened", open->opened}, here});
}

void request_given(const void* handler, NDIS_HANDLE context) {
    adapters().make(context, [&](AdapterEntry& entry) {
        entry.request_pending = true;
        entry.request = site_of_handler(handler);
    });
}

void request_answered(NDIS_HANDLE context, NDIS_STATUS status) {
    if (status != NDIS_STATUS_PENDING)
        adapters().make(context, [](AdapterEntry& entry) { entry.request_pending = false; });
}

void sends_given(const void* handler, NDIS_HANDLE context, PPNDIS_PACKET array, UINT count) {
    const Site here = site_of_handler(handler);
    for (UINT i = 0; i < count; ++i)
        packets().make(array[i], [&](PacketEntry& entry) {
            if (!entry.pool && entry.freed)
                entry = {};
            entry.owes_completion = true;
            entry.context = context;
            entry.received = entry.passed = here;
            entry.how = "received";
        });
}

void send_answered(PNDIS_PACKET packet, NDIS_STATUS status) {
    if (status == NDIS_STATUS_PENDING)
        return;
    packets().find(packet, [](PacketEntry* entry) {
        if (entry)
            entry->owes_completion = false;
    });
}

void sends_answered(NDIS_HANDLE context, PPNDIS_PACKET array, UINT count) {
    if (adapters().make(context, [](const AdapterEntry& entry) { return entry.deserialized; }))
        return; // every packet ends in NdisMSendComplete, and may be gone by now
    for (UINT i = 0; i < count; ++i)
        packets().find(array[i], [&](PacketEntry* entry) {
            if (entry && entry->owes_completion)
                entry->owes_completion = NDIS_GET_PACKET_STATUS(array[i]) == NDIS_STATUS_PENDING;
        });
}

void packet_is_back(PNDIS_PACKET packet) {
    packets().find(packet, [&](PacketEntry* entry) {
        if (!entry || entry->freed)
            return;
        come_back(packet, *entry, "when it was returned");
        if (entry->pool && entry->deserialized && NDIS_GET_PACKET_STATUS(packet) != entry->status)
            found(rule::oob_after_indicate,
                  "the out-of-band data of a packet was changed while it was lent to the drivers above",
                  {{"allocated", entry->allocated}, {"passed on", entry->passed}});
        entry->lent = false;
    });
}

void halted(const void* handler, NDIS_HANDLE context) {
    const Evidence here{"handler", site_of_handler(handler)};
    report_owed(rule::complete_missing, "given to the miniport to send and not completed when MiniportHalt was over",
                here, [&](PacketEntry& entry) {
                    const bool owed = entry.owes_completion && entry.context == context;
                    entry.owes_completion = entry.owes_completion && !owed;
                    return owed;
                });
    adapters().find(context, [&](AdapterEntry* entry) {
        if (entry && entry->request_pending)
            found(rule::complete_missing, "a request was pending when MiniportHalt was over",
                  {{"requested", entry->request}, here});
    });
    adapters().erase(context);
}

std::vector<Unfinished> unfinished_traffic() {
    std::vector<Unfinished> all;
    for (Owed& group : owed([](const PacketEntry& entry) { return entry.owes_completion; }))
        all.push_back(
            {packets_text(group.count) + "given to the miniport to send not completed", std::move(group.places)});
    for (Owed& group : owed([](const PacketEntry& entry) { return entry.owed_returns > 0; }))
        all.push_back({packets_text(group.count) + "received not returned", std::move(group.places)});
    adapters().each([&](const void*, const AdapterEntry& entry) {
        if (entry.request_pending)
            all.push_back({"a request given to the miniport not completed", {{"requested", entry.request}}});
    });
    requests().each([&](const void*, const RequestEntry& entry) {
        if (entry.pending)
            all.push_back({"a request of the driver pending below", {{"requested", entry.made}}});
    });
    return all;
}

void forget_traffic() {
    requests().erase_if([](const void*, const RequestEntry&) { return true; });
}

std::span<const DoorPart> traffic_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisSend, Send),
        NDISPOOL_PART(NdisSendPackets, SendPackets),
        NDISPOOL_PART(NdisReturnPackets, ReturnPackets),
        NDISPOOL_PART(NdisTransferData, TransferData),
        NDISPOOL_PART(NdisRequest, Request),
        NDISPOOL_PART(NdisMSendComplete, SendComplete),
        NDISPOOL_PART(NdisMTransferDataComplete, TransferComplete),
        NDISPOOL_PART(NdisMQueryInformationComplete, QueryComplete),
        NDISPOOL_PART(NdisMSetInformationComplete, SetComplete),
        NDISPOOL_PART(block_send, SendByBlock),
        NDISPOOL_PART(block_transfer, TransferByBlock),
        NDISPOOL_PART(block_request, RequestByBlock),
        NDISPOOL_PART(block_reset, ResetByBlock),
        NDISPOOL_PART(block_indicate, Indicate),
    };
    return list;
}

} // namespace ndispool::verify
