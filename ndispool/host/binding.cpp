#include "ndispool/host/binding.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/completions.h"
#include "ndispool/host/doors.h"
#include "ndispool/host/findings.h"
#include "ndispool/machine/clock.h"
#include "ndispool/machine/event.h"
#include "ndispool/machine/work.h"

#include <algorithm>
#include <deque>
#include <mutex>

namespace ndispool::host {

namespace {

std::mutex registry_lock; // guards all_bindings; never held while a driver is called
std::deque<std::unique_ptr<Binding>> all_bindings;

constexpr std::uint64_t poll_100ns = 10'000; // 1 ms
constexpr std::uint64_t drain_limit_100ns =
    100'000'000; // 10 s: a lower driver that never completes must not hang the run

bool drained(const Binding& binding) {
    return operations_over(binding) && binding.requests.load(std::memory_order_acquire) == 0;
}

// ProtocolCloseAdapterComplete is due once nothing of the binding is out.
void drain(Binding& binding) {
    const std::uint64_t give_up = machine::uptime_100ns() + drain_limit_100ns;
    while (!drained(binding)) {
        if (machine::uptime_100ns() >= give_up) {
            const std::uint64_t missing = binding.started.sum() - binding.finished.sum();
            report("complete-missing", "a binding was closed with " + std::to_string(missing) +
                                           " sends or transfers that were never completed, waited 10 s");
            return;
        }
        machine::sleep_100ns(poll_100ns);
    }
}

void finish_close(Binding& binding) {
    unlink(*binding.adapter, binding); // no processor is inside a handler of the binding afterwards
    binding.state.store(BindingState::closed, std::memory_order_release);
}

void close_later(void* context) {
    Binding& binding = *static_cast<Binding*>(context);
    withdraw(binding);
    machine::synchronize();
    drain(binding);
    finish_close(binding);
    nt::invoke(binding.abi, binding.handlers().CloseAdapterCompleteHandler, binding.context(),
               NDIS_STATUS{NDIS_STATUS_SUCCESS});
}

// Release pairs with the acquire in is_open().
void make_visible(Binding& binding) {
    link(*binding.adapter, binding);
    binding.state.store(BindingState::open, std::memory_order_release);
}

void open_later(void* context) {
    Binding& binding = *static_cast<Binding*>(context);
    make_visible(binding);
    nt::invoke(binding.abi, binding.handlers().OpenAdapterCompleteHandler, binding.context(),
               NDIS_STATUS{NDIS_STATUS_SUCCESS}, NDIS_STATUS{NDIS_STATUS_SUCCESS});
}

// A run may bind and unbind for days: of the bindings that are gone, those that a late call may still be about are kept, and
// those that something is still out on.
constexpr std::size_t closed_kept = 64;

// Under registry_lock.
void drop_long_closed() {
    const auto gone = [](const auto& binding) {
        return binding->state.load(std::memory_order_acquire) == BindingState::closed && drained(*binding);
    };
    auto excess = static_cast<std::size_t>(std::count_if(all_bindings.begin(), all_bindings.end(), gone));
    std::erase_if(all_bindings, [&](const auto& binding) {
        if (excess <= closed_kept || !gone(binding))
            return false;
        --excess;
        return true;
    });
}

template <class Predicate> std::vector<Binding*> select(Predicate predicate) {
    std::scoped_lock guard(registry_lock);
    std::vector<Binding*> chosen;
    for (const auto& binding : all_bindings)
        if (binding->state.load(std::memory_order_acquire) != BindingState::closed && predicate(*binding))
            chosen.push_back(binding.get());
    return chosen;
}

} // namespace

bool operations_over(const Binding& binding) {
    const std::uint64_t finished = binding.finished.sum(); // before `started`: see Tally
    return finished == binding.started.sum();
}

NDIS_STATUS open(Protocol& protocol, Adapter& adapter, NDIS_HANDLE context, PNDIS_HANDLE handle) {
    auto owned = std::make_unique<Binding>();
    Binding& binding = *owned;
    binding.adapter = &adapter;
    binding.protocol = &protocol;
    binding.abi = protocol.driver->abi;
    binding.block.ProtocolBindingContext = context;
    fill_block(binding);
    *handle = binding.handle(); // before anything can be indicated: indications may come at once
    {
        std::scoped_lock guard(registry_lock);
        drop_long_closed();
        all_bindings.push_back(std::move(owned));
    }
    if (pends()) {
        machine::queue_work(open_later, &binding);
        return NDIS_STATUS_PENDING;
    }
    make_visible(binding);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS close(Binding& binding) {
    BindingState expected = BindingState::open;
    // Release pairs with the acquire in is_open(): nothing new begins once the synchronize below has returned.
    if (!binding.state.compare_exchange_strong(expected, BindingState::closing, std::memory_order_acq_rel))
        return NDIS_STATUS_SUCCESS; // closed twice: the first close does the work
    if (machine::current_irql() < machine::dispatch_level) {
        withdraw(binding);
        machine::synchronize();
        if (drained(binding) && !pends()) {
            finish_close(binding);
            return NDIS_STATUS_SUCCESS;
        }
    }
    machine::queue_work(close_later, &binding);
    return NDIS_STATUS_PENDING;
}

bool wait_until_closed(Binding& binding) {
    const std::uint64_t give_up = machine::uptime_100ns() + 2 * drain_limit_100ns;
    while (binding.state.load(std::memory_order_acquire) != BindingState::closed) {
        if (machine::uptime_100ns() >= give_up)
            return false;
        machine::sleep_100ns(poll_100ns);
    }
    return true;
}

std::vector<Binding*> bindings_of(const Protocol& protocol) {
    return select([&](const Binding& binding) { return binding.protocol == &protocol; });
}

std::vector<Binding*> bindings_on(const Adapter& adapter) {
    return select([&](const Binding& binding) { return binding.adapter == &adapter; });
}

bool bound_to(const Protocol& protocol, const Adapter& adapter) {
    return !select([&](const Binding& b) { return b.protocol == &protocol && b.adapter == &adapter; }).empty();
}

bool stands_on_sleeper(const Adapter& adapter) {
    const std::vector<Binding*> below = select([&](const Binding& binding) {
        return binding.protocol->upper_edge == adapter.miniport && binding.adapter->miniport != adapter.miniport;
    });
    return std::ranges::any_of(below, [](const Binding* binding) {
        return binding->adapter->state.load() == AdapterState::low_power || stands_on_sleeper(*binding->adapter);
    });
}

bool is_remembered(const Adapter& adapter) {
    std::scoped_lock guard(registry_lock);
    return std::any_of(all_bindings.begin(), all_bindings.end(),
                       [&](const auto& binding) { return binding->adapter == &adapter; });
}

std::size_t bindings_kept() {
    std::scoped_lock guard(registry_lock);
    return all_bindings.size();
}

void forget_bindings() {
    std::scoped_lock guard(registry_lock);
    all_bindings.clear();
}

} // namespace ndispool::host
