#include "ndispool/host/hang_check.h"

#include "ndispool/host/adapter.h"
#include "ndispool/host/reset.h"
#include "ndispool/machine/timer.h"

#include <algorithm>

namespace ndispool::host {

namespace {

constexpr std::uint64_t second_100ns = 10'000'000;

void check(void* context) {
    Adapter& adapter = *static_cast<Adapter*>(context);
    serially(adapter, [&adapter] {
        if (!adapter.running() || adapter.resetting.load(std::memory_order_acquire))
            return;
        if (nt::invoke(adapter.abi, adapter.handlers().CheckForHangHandler, adapter.context()))
            reset(adapter, nullptr);
    });
}

// NdisMSetAttributesEx: a multiple of 2 seconds, at least one.
std::uint64_t period_of(const Adapter& adapter) {
    return std::max<std::uint64_t>(adapter.block.CheckForHangSeconds / 2 * 2, 2) * second_100ns;
}

} // namespace

void start_hang_checks(Adapter& adapter) {
    if (adapter.handlers().CheckForHangHandler)
        machine::set_timer(&adapter.block.CFHangTicks, period_of(adapter), period_of(adapter), check, &adapter);
}

void stop_hang_checks(Adapter& adapter) {
    machine::cancel_timer(&adapter.block.CFHangTicks);
    machine::synchronize(); // one that had begun is over
}

} // namespace ndispool::host
