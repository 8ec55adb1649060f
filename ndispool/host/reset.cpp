#include "ndispool/host/reset.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/binding.h"
#include "ndispool/host/findings.h"
#include "ndispool/machine/work.h"

namespace ndispool::host {

namespace {

void bracket(Adapter& adapter, NDIS_STATUS status) {
    indicate_status(adapter, status, nullptr, 0);
    indicate_status_complete(adapter);
}

// PASSIVE_LEVEL: restoring the addresses asks the miniport and waits.
void restore_and_end(void* context) {
    Adapter& adapter = *static_cast<Adapter*>(context);
    restore(adapter);
    machine::DispatchScope dispatch;
    adapter.resetting.store(false, std::memory_order_release); // pairs with the acquire in the send path
    bracket(adapter, NDIS_STATUS_RESET_END);
}

void finish(Adapter& adapter, bool addressing_reset) {
    if (addressing_reset) {
        machine::queue_work(restore_and_end, &adapter);
        return;
    }
    adapter.resetting.store(false, std::memory_order_release); // pairs with the acquire in the send path
    bracket(adapter, NDIS_STATUS_RESET_END);
}

} // namespace

NDIS_STATUS reset(Binding& binding) {
    if (!binding.is_open())
        return NDIS_STATUS_CLOSING;
    Adapter& adapter = *binding.adapter;
    if (!adapter.handlers().ResetHandler)
        return NDIS_STATUS_NOT_RESETTABLE;
    if (!adapter.running())
        return NDIS_STATUS_NOT_ACCEPTED;
    if (adapter.resetting.exchange(true, std::memory_order_acq_rel)) // pairs with the release that ends a reset
        return NDIS_STATUS_RESET_IN_PROGRESS;
    machine::DispatchScope dispatch;
    adapter.reset_by.store(&binding, std::memory_order_release); // pairs with the exchange in reset_completed
    bracket(adapter, NDIS_STATUS_RESET_START);
    serially(adapter, [&adapter] {
        BOOLEAN addressing_reset = FALSE;
        const NDIS_STATUS status =
            nt::invoke(adapter.abi, adapter.handlers().ResetHandler, &addressing_reset, adapter.context());
        if (status != NDIS_STATUS_PENDING)
            reset_completed(adapter, status, addressing_reset);
    });
    return NDIS_STATUS_PENDING;
}

void reset_completed(Adapter& adapter, NDIS_STATUS status, bool addressing_reset) {
    machine::DispatchScope dispatch;
    Binding* const asked =
        adapter.reset_by.exchange(nullptr, std::memory_order_acq_rel); // pairs with the store in reset
    if (!asked) {
        report("complete-twice", "NdisMResetComplete was called without a reset in progress");
        return;
    }
    finish(adapter, addressing_reset);
    nt::invoke(asked->abi, asked->block.ResetCompleteHandler, asked->context(), status);
}

void indicate_status(Adapter& adapter, NDIS_STATUS status, PVOID buffer, UINT length) {
    machine::DispatchScope dispatch;
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
