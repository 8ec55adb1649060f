#include "ndispool/host/request.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/findings.h"
#include "ndispool/machine/event.h"

#include <chrono>
#include <cstring>
#include <utility>

namespace ndispool::host {

namespace {

using namespace std::chrono_literals;
constexpr auto answer_limit = 10s; // a lower driver that never answers must not hang the run

NDIS_STATUS call_handler(Adapter& adapter, Request& request) {
    const NDIS51_MINIPORT_CHARACTERISTICS& handlers = adapter.handlers();
    if (request.type == NdisRequestSetInformation)
        return nt::invoke(adapter.abi, handlers.SetInformationHandler, adapter.context(), request.oid, request.buffer,
                          ULONG{request.length}, request.done, request.needed);
    return nt::invoke(adapter.abi, handlers.QueryInformationHandler, adapter.context(), request.oid, request.buffer,
                      ULONG{request.length}, request.done, request.needed);
}

void start_next(Adapter& adapter);

// Takes the request out of the miniport. False: it was finished before (a status returned after an early completion).
bool finish(Adapter& adapter, const std::shared_ptr<Request>& request, NDIS_STATUS status) {
    RequestQueue& queue = adapter.requests;
    machine::acquire(queue.lock);
    const bool first = !std::exchange(request->finished, true);
    if (first && queue.active == request)
        queue.active.reset();
    machine::release(queue.lock);
    if (first)
        request->complete(status);
    return first;
}

void submit_to_miniport(Adapter& adapter, const std::shared_ptr<Request>& request) {
    const std::optional<NDIS_STATUS> answer = request->prepare ? request->prepare(*request) : std::nullopt;
    const NDIS_STATUS status = answer ? *answer : call_handler(adapter, *request);
    if (status != NDIS_STATUS_PENDING)
        finish(adapter, request, status);
    start_next(adapter);
}

void start_next(Adapter& adapter) {
    RequestQueue& queue = adapter.requests;
    machine::acquire(queue.lock);
    if (queue.active || queue.waiting.empty()) {
        machine::release(queue.lock);
        return;
    }
    std::shared_ptr<Request> next = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    queue.active = next;
    machine::release(queue.lock);
    serially(adapter, [&adapter, next] { submit_to_miniport(adapter, next); });
}

} // namespace

void Request::hold(std::vector<std::byte> value) {
    own_buffer = std::move(value);
    buffer = own_buffer.data();
    length = static_cast<UINT>(own_buffer.size());
}

void submit(Adapter& adapter, const std::shared_ptr<Request>& request) {
    if (!request->done)
        request->done = &request->own_done;
    if (!request->needed)
        request->needed = &request->own_needed;
    *request->done = *request->needed = 0;

    machine::DispatchScope dispatch; // completions are delivered at DISPATCH_LEVEL
    RequestQueue& queue = adapter.requests;
    machine::acquire(queue.lock);
    const bool closed = queue.closed;
    if (!closed)
        queue.waiting.push_back(request);
    machine::release(queue.lock);
    if (closed)
        request->complete(NDIS_STATUS_REQUEST_ABORTED);
    else
        start_next(adapter);
}

void completed(Adapter& adapter, NDIS_STATUS status) {
    machine::DispatchScope dispatch;
    RequestQueue& queue = adapter.requests;
    machine::acquire(queue.lock);
    const std::shared_ptr<Request> active = queue.active;
    machine::release(queue.lock);
    if (!active || !finish(adapter, active, status)) {
        report("complete-twice", "a request was completed that the miniport did not have");
        return;
    }
    start_next(adapter);
}

void abort_waiting(Adapter& adapter, NDIS_STATUS status) {
    machine::DispatchScope dispatch;
    RequestQueue& queue = adapter.requests;
    machine::acquire(queue.lock);
    queue.closed = true;
    std::deque<std::shared_ptr<Request>> left = std::exchange(queue.waiting, {});
    machine::release(queue.lock);
    for (const auto& request : left)
        request->complete(status);
}

NDIS_STATUS ask(Adapter& adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void* buffer, UINT length, UINT* written) {
    struct Answer {
        std::int32_t arrived = 0;
        NDIS_STATUS status = NDIS_STATUS_FAILURE;
    };
    auto answer = std::make_shared<Answer>();
    auto request = std::make_shared<Request>();
    request->type = type;
    request->oid = oid;
    // The miniport may answer after we have given up, so what it writes to is the request's own.
    const auto* value = static_cast<const std::byte*>(buffer);
    request->hold(std::vector<std::byte>(value, value + length));
    request->complete = [answer](NDIS_STATUS status) {
        answer->status = status;
        machine::set(answer->arrived);
    };
    submit(adapter, request);
    if (!machine::wait(answer->arrived, false, answer_limit)) {
        report("complete-missing", "a request of NDIS itself was not answered within 10 seconds");
        return NDIS_STATUS_FAILURE;
    }
    if (written)
        *written = request->own_done;
    if (answer->status == NDIS_STATUS_SUCCESS && type != NdisRequestSetInformation && length)
        std::memcpy(buffer, request->own_buffer.data(), length);
    return answer->status;
}

} // namespace ndispool::host
