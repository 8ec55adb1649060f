#include "ndispool/host/pnp.h"

#include "ndispool/host/findings.h"
#include "ndispool/host/operation.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/event.h"
#include "ndispool/nt/text.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <utility>

namespace ndispool::host {

namespace {

using namespace std::chrono_literals;
constexpr auto handler_limit = 30s;                    // for a bind, unbind or event that pends
constexpr std::uint64_t loan_limit_100ns = 50'000'000; // 5 s for lent packets to come back before a halt
constexpr std::uint64_t poll_100ns = 10'000;           // 1 ms

std::mutex binds_lock;           // guards binds and unbinds; never held while a driver is called
std::vector<BindContext*> binds; // innermost last
struct UnbindContext {
    std::int32_t completed = 0;
};
std::vector<UnbindContext*> unbinds;

std::mutex registry_lock; // guards all_adapters; never held while a driver is called
std::deque<std::unique_ptr<Adapter>> all_adapters;

std::mutex failed_lock; // guards failed
std::vector<Adapter*> failed;

std::mutex event_lock; // guards pending_events
struct PendingEvent {
    const NET_PNP_EVENT* event; // an intermediate driver hands on the one that it is told itself
    const Binding* binding;
    std::int32_t completed = 0;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
};
std::vector<PendingEvent*> pending_events;

bool same_name(std::u16string_view a, std::u16string_view b) {
    return nt::compare(a, b, true) == 0;
}

// For a handler that has pended: what the driver does meanwhile, from whatever thread, is part of the operation.
bool wait_for_driver(std::int32_t& completed) {
    const WaitingOperation waiting;
    return machine::wait(completed, false, handler_limit);
}

bool wait_for_close(Binding& binding) {
    const WaitingOperation waiting;
    return wait_until_closed(binding);
}

void call_bind_handler(BindContext& context) {
    NDIS_STRING name = nt::counted(context.adapter->name);
    NDIS_STRING section = nt::counted(context.section);
    NDIS_STATUS status = NDIS_STATUS_FAILURE;
    nt::invoke(context.protocol->driver->abi, context.protocol->handlers.BindAdapterHandler, &status,
               static_cast<NDIS_HANDLE>(&context), &name, static_cast<PVOID>(&section), PVOID{nullptr});
    if (status != NDIS_STATUS_PENDING)
        context.status = status; // a completion on the synchronous path as well is a duplicate (NT 4 text allows it)
    else if (!wait_for_driver(context.completed))
        report("complete-missing", "ProtocolBindAdapter pended and NdisCompleteBindAdapter was not called within 30 s",
               reinterpret_cast<const void*>(context.protocol->handlers.BindAdapterHandler));
}

void call_unbind_handler(Binding& binding) {
    UnbindContext context;
    {
        std::scoped_lock guard(binds_lock);
        unbinds.push_back(&context);
    }
    NDIS_STATUS status = NDIS_STATUS_FAILURE;
    nt::invoke(binding.abi, binding.handlers().UnbindAdapterHandler, &status, binding.context(),
               static_cast<NDIS_HANDLE>(&context));
    if (status == NDIS_STATUS_PENDING && !wait_for_driver(context.completed))
        report("unbind-order", "ProtocolUnbindAdapter pended and NdisCompleteUnbindAdapter was not called within 30 s",
               reinterpret_cast<const void*>(binding.handlers().UnbindAdapterHandler));
    std::scoped_lock guard(binds_lock);
    std::erase(unbinds, &context);
}

void wait_for_loans(Adapter& adapter) {
    const std::uint64_t give_up = machine::uptime_100ns() + loan_limit_100ns;
    for (;;) {
        const std::uint64_t back = adapter.returned.sum(); // before `lent`: see Tally
        const std::uint64_t missing = adapter.lent.sum() - back;
        if (missing == 0)
            return;
        if (machine::uptime_100ns() >= give_up) {
            report("return-missing",
                   std::to_string(missing) + " received packets were not returned before the adapter was halted");
            return;
        }
        machine::sleep_100ns(poll_100ns);
    }
}

// A run may bind and unbind for days: of the adapters that are gone, those that a late call may still be about are kept.
constexpr std::size_t halted_kept = 64;

// Under registry_lock.
void drop_long_halted() {
    const auto gone = [](const auto& adapter) {
        return adapter->state.load(std::memory_order_acquire) == AdapterState::halted;
    };
    auto excess = static_cast<std::size_t>(std::count_if(all_adapters.begin(), all_adapters.end(), gone));
    std::erase_if(all_adapters, [&](const auto& adapter) {
        if (excess <= halted_kept || !gone(adapter) || is_remembered(*adapter))
            return false;
        --excess;
        return true;
    });
}

} // namespace

Adapter& add_adapter(MiniportDriver& miniport, std::u16string name, std::u16string friendly_name) {
    auto adapter = std::make_unique<Adapter>();
    adapter->miniport = &miniport;
    adapter->name = std::move(name);
    adapter->friendly_name = std::move(friendly_name);
    std::scoped_lock guard(registry_lock);
    drop_long_halted();
    all_adapters.push_back(std::move(adapter));
    return *all_adapters.back();
}

Adapter* find_adapter(std::u16string_view name) {
    std::scoped_lock guard(registry_lock);
    for (const auto& adapter : all_adapters)
        if (adapter->state.load(std::memory_order_acquire) != AdapterState::halted && same_name(adapter->name, name))
            return adapter.get();
    return nullptr;
}

std::vector<Adapter*> adapters_of(const MiniportDriver& miniport) {
    std::scoped_lock guard(registry_lock);
    std::vector<Adapter*> found;
    for (const auto& adapter : all_adapters)
        if (adapter->miniport == &miniport && adapter->state.load(std::memory_order_acquire) != AdapterState::halted)
            found.push_back(adapter.get());
    return found;
}

NDIS_STATUS bind(Protocol& protocol, Adapter& adapter) {
    Operation operation;
    BindContext context{&protocol, &adapter, {}, 0, NDIS_STATUS_FAILURE};
    const std::u16string_view device = adapter.name;
    context.section =
        protocol.name + u"\\Parameters\\Adapters\\" + std::u16string(device.substr(device.rfind(u'\\') + 1));
    {
        std::scoped_lock guard(binds_lock);
        binds.push_back(&context);
    }
    call_bind_handler(context);
    std::scoped_lock guard(binds_lock);
    std::erase(binds, &context);
    return context.status;
}

void unbind(Binding& binding) {
    Operation operation;
    if (binding.state.load(std::memory_order_acquire) == BindingState::closed || binding.unbinding.exchange(true))
        return;
    call_unbind_handler(binding);
    if (!wait_for_close(binding)) {
        report("unbind-order", "a binding was not closed by ProtocolUnbindAdapter; NDIS closed it",
               reinterpret_cast<const void*>(binding.handlers().UnbindAdapterHandler));
        if (close(binding) == NDIS_STATUS_PENDING)
            wait_until_closed(binding);
    }
}

NDIS_STATUS tell(Protocol& protocol, Binding* binding, NET_PNP_EVENT& event) {
    if (!protocol.handlers.PnPEventHandler)
        return NDIS_STATUS_NOT_SUPPORTED;
    PendingEvent pending{&event, binding};
    {
        std::scoped_lock guard(event_lock);
        pending_events.push_back(&pending);
    }
    NDIS_STATUS status = nt::invoke(protocol.driver->abi, protocol.handlers.PnPEventHandler,
                                    binding ? binding->context() : NDIS_HANDLE{nullptr}, &event);
    if (status == NDIS_STATUS_PENDING) {
        const bool answered = wait_for_driver(pending.completed);
        status = answered ? pending.status : NDIS_STATUS_FAILURE;
        if (!answered)
            report("complete-missing", "ProtocolPnPEvent pended and NdisCompletePnPEvent was not called within 30 s",
                   reinterpret_cast<const void*>(protocol.handlers.PnPEventHandler));
    }
    std::scoped_lock guard(event_lock);
    std::erase(pending_events, &pending);
    return status;
}

// One event may be pending on several bindings; who does not name one of them ends the one that was told last.
void complete_event(const NET_PNP_EVENT& event, const Binding* binding, NDIS_STATUS status) {
    std::scoped_lock guard(event_lock);
    PendingEvent* last = nullptr;
    for (PendingEvent* pending : pending_events)
        if (pending->event == &event && (!last || last->binding != binding || pending->binding == binding))
            last = pending;
    if (!last) {
        report("complete-twice", "NdisCompletePnPEvent was called for an event that is not pending");
        return;
    }
    last->status = status;
    machine::set(last->completed);
}

void remove(Adapter& adapter) {
    Operation operation;
    AdapterState before = adapter.state.load(std::memory_order_acquire);
    if (before != AdapterState::running && before != AdapterState::low_power)
        return;
    const bool halted_already = adapter.halted_to_sleep;
    adapter.state.store(AdapterState::unbinding, std::memory_order_release); // operations alone change the state
    std::vector<Binding*> bound = bindings_on(adapter);
    std::for_each(bound.rbegin(), bound.rend(), [](Binding* binding) { unbind(*binding); });
    wait_for_loans(adapter);
    if (halted_already)
        adapter.state.store(AdapterState::halted, std::memory_order_release);
    else
        halt(adapter);
}

bool may_remove(Adapter& adapter) {
    Operation operation;
    NET_PNP_EVENT event{};
    event.NetEvent = NetEventQueryRemoveDevice;
    std::vector<Binding*> asked;
    for (Binding* binding : bindings_on(adapter)) {
        asked.push_back(binding);
        if (tell(*binding->protocol, binding, event) != NDIS_STATUS_FAILURE)
            continue;
        event.NetEvent = NetEventCancelRemoveDevice;
        for (Binding* told : asked)
            tell(*told->protocol, told, event);
        return false;
    }
    return true;
}

void notify(Adapter& adapter, NDIS_DEVICE_PNP_EVENT event, PVOID buffer, ULONG length) {
    Operation operation;
    if (adapter.handlers().PnPEventNotifyHandler)
        nt::invoke(adapter.abi, adapter.handlers().PnPEventNotifyHandler, adapter.context(), event, buffer, length);
}

void ask_for_replacement(Adapter& adapter) {
    std::scoped_lock guard(failed_lock);
    if (std::ranges::find(failed, &adapter) == failed.end())
        failed.push_back(&adapter);
}

std::vector<Adapter*> take_failed() {
    std::scoped_lock guard(failed_lock);
    return std::exchange(failed, {});
}

BindContext* find_bind(std::u16string_view section) {
    std::scoped_lock guard(binds_lock);
    const auto found = std::find_if(binds.rbegin(), binds.rend(),
                                    [&](const BindContext* bind) { return same_name(bind->section, section); });
    return found == binds.rend() ? nullptr : *found;
}

bool complete_bind(NDIS_HANDLE handle, NDIS_STATUS status) {
    std::scoped_lock guard(binds_lock);
    const auto found = std::find(binds.begin(), binds.end(), handle);
    if (found == binds.end())
        return false;
    (*found)->status = status;
    machine::set((*found)->completed);
    return true;
}

void complete_unbind(NDIS_HANDLE handle) {
    std::scoped_lock guard(binds_lock);
    if (const auto found = std::find(unbinds.begin(), unbinds.end(), handle); found != unbinds.end())
        machine::set((*found)->completed);
}

bool binding_in_progress(const Protocol& protocol) {
    std::scoped_lock guard(binds_lock);
    return std::any_of(binds.begin(), binds.end(),
                       [&](const BindContext* bind) { return bind->protocol == &protocol; });
}

void remove_everything_of(Driver& driver) {
    Operation operation;
    for (const auto& protocol : driver.protocols)
        for (Binding* binding : bindings_of(*protocol))
            unbind(*binding);
    for (const auto& miniport : driver.miniports)
        for (Adapter* adapter : adapters_of(*miniport))
            remove(*adapter);
}

void forget_adapters() {
    forget_announcements();
    take_failed();
    std::scoped_lock guard(registry_lock);
    all_adapters.clear();
}

} // namespace ndispool::host
