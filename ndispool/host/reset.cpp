#include "ndispool/host/reset.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/send.h"

namespace ndispool::host {

namespace {

void bracket(Adapter& adapter, NDIS_STATUS status) {
    indicate_status(adapter, status, nullptr, 0);
    indicate_status_complete(adapter);
}

void end(Adapter& adapter) {
    adapter.resetting.store(false, std::memory_order_release); // pairs with the acquire in the send path
    bracket(adapter, NDIS_STATUS_RESET_END);
}

void call_handler(Adapter& adapter) {
    BOOLEAN addressing_reset = FALSE;
    const NDIS_STATUS status =
        nt::invoke(adapter.abi, adapter.handlers().ResetHandler, &addressing_reset, adapter.context());
    if (status != NDIS_STATUS_PENDING)
        reset_completed(adapter, status, addressing_reset);
}

} // namespace

NDIS_STATUS reset(Adapter& adapter, Binding* asked_by) {
    if (asked_by && !asked_by->is_open())
        return NDIS_STATUS_CLOSING;
    if (!adapter.handlers().ResetHandler)
        return NDIS_STATUS_NOT_RESETTABLE;
    if (!adapter.running())
        return NDIS_STATUS_NOT_ACCEPTED;
    if (adapter.resetting.exchange(true, std::memory_order_acq_rel)) // pairs with the release that ends a reset
        return NDIS_STATUS_RESET_IN_PROGRESS;
    machine::DispatchScope dispatch;
    if (asked_by)
        asked_by->requests.fetch_add(1, std::memory_order_relaxed);  // close() waits for the completion
    adapter.reset_by.store(asked_by, std::memory_order_relaxed);     // published by the store below
    adapter.in_reset_handler.store(true, std::memory_order_release); // pairs with the exchange in reset_completed
    bracket(adapter, NDIS_STATUS_RESET_START);
    abort_requests_for_reset(adapter);
    serially(adapter, [&adapter] {
        abort_sends_for_reset(adapter);
        call_handler(adapter);
    });
    return NDIS_STATUS_PENDING;
}

void reset_completed(Adapter& adapter, NDIS_STATUS status, bool addressing_reset) {
    machine::DispatchScope dispatch;
    if (!adapter.in_reset_handler.exchange(false, std::memory_order_acq_rel)) { // pairs with the store in reset
        report("complete-twice", "NdisMResetComplete was called without a reset in progress");
        return;
    }
    Binding* const asked = adapter.reset_by.load(std::memory_order_relaxed);
    if (addressing_reset)
        restore(adapter, [&adapter] { end(adapter); });
    else
        end(adapter);
    if (!asked)
        return;
    nt::invoke(asked->abi, asked->block.ResetCompleteHandler, asked->context(), status);
    asked->requests.fetch_sub(1, std::memory_order_release); // pairs with close(): the completion is over
}

void indicate_status(Adapter& adapter, NDIS_STATUS status, PVOID buffer, UINT length) {
    machine::DispatchScope dispatch;
    if (adapter.state.load(std::memory_order_acquire) == AdapterState::low_power)
        return; // nothing is accepted from a sleeping adapter
    for (Binding* binding : adapter.bindings.load(std::memory_order_acquire)->items)
        if (binding->is_open() && binding->block.StatusHandler)
            nt::invoke(binding->abi, binding->block.StatusHandler, binding->context(), status, buffer, length);
}

void indicate_status_complete(Adapter& adapter) {
    machine::DispatchScope dispatch;
    for (Binding* binding : adapter.bindings.load(std::memory_order_acquire)->items)
        if (binding->is_open() && binding->block.StatusCompleteHandler)
            nt::invoke(binding->abi, binding->block.StatusCompleteHandler, binding->context());
}

} // namespace ndispool::host
