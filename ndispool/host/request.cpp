#include "ndispool/host/request.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/completions.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/later.h"
#include "ndispool/machine/clock.h"
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
    const bool late = !active && queue.aborted > 0;
    queue.aborted -= late;
    machine::release(queue.lock);
    if (late)
        return;
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

bool requests_over(Adapter& adapter) {
    machine::DispatchScope dispatch;
    machine::acquire(adapter.requests.lock);
    const bool over = !adapter.requests.active && adapter.requests.waiting.empty();
    machine::release(adapter.requests.lock);
    return over;
}

void wait_for_active(Adapter& adapter) {
    constexpr std::uint64_t limit_100ns = 50'000'000, poll_100ns = 10'000; // 5 s, 1 ms
    const std::uint64_t give_up = machine::uptime_100ns() + limit_100ns;
    while (!requests_over(adapter)) { // nothing waits in a closed queue
        if (machine::uptime_100ns() >= give_up) {
            report("complete-missing", "a request was not completed before the adapter was halted",
                   reinterpret_cast<const void*>(adapter.handlers().SetInformationHandler));
            return;
        }
        machine::sleep_100ns(poll_100ns);
    }
}

void abort_requests_for_reset(Adapter& adapter) {
    machine::DispatchScope dispatch;
    RequestQueue& queue = adapter.requests;
    machine::acquire(queue.lock);
    std::deque<std::shared_ptr<Request>> left = std::exchange(queue.waiting, {});
    if (queue.active && !std::exchange(queue.active->finished, true)) {
        left.push_front(queue.active);
        queue.active.reset();
        ++queue.aborted;
    }
    machine::release(queue.lock);
    for (const auto& request : left)
        request->complete(NDIS_STATUS_REQUEST_ABORTED);
}

void reopen_requests(Adapter& adapter) {
    machine::DispatchScope dispatch;
    machine::acquire(adapter.requests.lock);
    adapter.requests.closed = false;
    machine::release(adapter.requests.lock);
}

namespace {

// Where a protocol's call and the end of its request meet: whoever comes second tells the protocol.
struct Meeting {
    enum State : int { neither, returned, over };
    std::atomic<int> state{neither};
    NDIS_STATUS status = NDIS_STATUS_PENDING;
};

void tell_requester(Binding& binding, NDIS_REQUEST& original, NDIS_STATUS status) {
    nt::invoke(binding.abi, binding.block.RequestCompleteHandler, binding.context(), &original, status);
    binding.requests.fetch_sub(1, std::memory_order_release); // pairs with close(): the completion is over
}

} // namespace

NDIS_STATUS submit_for(Binding& binding, NDIS_REQUEST& original, const std::shared_ptr<Request>& request,
                       std::function<void()> accept) {
    auto meeting = std::make_shared<Meeting>();
    request->complete = [&binding, &original, meeting, accept = std::move(accept)](NDIS_STATUS status) {
        if (status == NDIS_STATUS_SUCCESS && accept)
            accept();
        meeting->status = status;
        // Release, for the caller; acquire, so that the call is over. Partner: the exchange below.
        if (meeting->state.exchange(Meeting::over, std::memory_order_acq_rel) == Meeting::returned)
            tell_requester(binding, original, status);
    };
    binding.requests.fetch_add(1, std::memory_order_relaxed); // a count; close() reads it after the binding was marked
    submit(*binding.adapter, request);
    if (meeting->state.exchange(Meeting::returned, std::memory_order_acq_rel) != Meeting::over)
        return NDIS_STATUS_PENDING;
    if (pends()) {
        complete_later([&binding, &original, status = meeting->status] { tell_requester(binding, original, status); });
        return NDIS_STATUS_PENDING;
    }
    binding.requests.fetch_sub(1, std::memory_order_release);
    return meeting->status;
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
