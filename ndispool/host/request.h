// Requests to one adapter: strictly one after another, in the order they came (MiniportQueryInformation: one at a time).
//   Callers:   submit() and completed() at any IRQL up to DISPATCH_LEVEL, any thread; ask() at PASSIVE_LEVEL.
//   Holds:     each request is completed exactly once. A completion may come before the handler returned PENDING, also from
//              inside it; a completion without a request in the miniport is reported and ignored.
//   Not here:  objects a binding has for itself (packet filter, multicast list, lookahead): filter.h answers those.
#pragma once

#include "ndispool/machine/spin_lock.h"

#include <deque>
#include <functional>
#include <memory>
#include <ndis.h>
#include <optional>
#include <vector>

namespace ndispool::host {

struct Adapter;
struct Binding;

struct Request {
    NDIS_REQUEST_TYPE type = NdisRequestQueryInformation;
    NDIS_OID oid = 0;
    PVOID buffer = nullptr;
    UINT length = 0;
    UINT* done = nullptr; // bytes written or read; lies in the requester's NDIS_REQUEST
    UINT* needed = nullptr;
    std::vector<std::byte> own_buffer; // for values the host made, such as a merged filter
    // Called when the request's turn has come; an answer means that the miniport is not asked.
    std::function<std::optional<NDIS_STATUS>(Request&)> prepare;
    std::function<void(NDIS_STATUS)> complete; // called once, at DISPATCH_LEVEL
    UINT own_done = 0, own_needed = 0;
    bool finished = false; // guarded by the queue's lock

    void hold(std::vector<std::byte> value);
};

struct RequestQueue {
    std::uintptr_t lock = 0; // guards the two below
    std::deque<std::shared_ptr<Request>> waiting;
    std::shared_ptr<Request> active; // inside the miniport, or on its way into it
    bool closed = false;             // the adapter is going: everything is answered with REQUEST_ABORTED
    unsigned aborted = 0;            // answered for the miniport by a reset: a late completion is no mistake
};

// Puts the request at the end of the queue and starts what can be started.
void submit(Adapter& adapter, const std::shared_ptr<Request>& request);

// The miniport finished the request that is inside it.
void completed(Adapter& adapter, NDIS_STATUS status);

// Answers everything that waits with `status`; what is in the miniport stays there until it completes.
void abort_waiting(Adapter& adapter, NDIS_STATUS status);
// Nothing is in the miniport and nothing waits.
bool requests_over(Adapter& adapter);
// Until the miniport has completed what is in it; one that never does is reported. PASSIVE_LEVEL.
void wait_for_active(Adapter& adapter);

// A reset begins: what waits and what is in the miniport is answered with REQUEST_ABORTED.
void abort_requests_for_reset(Adapter& adapter);
// After a halt that led to sleep: requests are taken again.
void reopen_requests(Adapter& adapter);

// A protocol's request: the status when it is over before this returns, else PENDING and ProtocolRequestComplete follows.
// `accept` runs before a successful end is told.
NDIS_STATUS submit_for(Binding& binding, NDIS_REQUEST& original, const std::shared_ptr<Request>& request,
                       std::function<void()> accept = {});

// The host's own question: waits for the answer. `written` may be null.
NDIS_STATUS ask(Adapter& adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void* buffer, UINT length,
                UINT* written = nullptr);

} // namespace ndispool::host
