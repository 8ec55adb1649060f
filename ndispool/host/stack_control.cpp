#include "ndispool/host/stack_control.h"

#include "ndispool/host/hex.h"
#include "ndispool/host/pnp.h"
#include "ndispool/host/power.h"
#include "ndispool/host/reset.h"
#include "ndispool/host/wire_adapter.h"
#include "ndispool/machine/work.h"

#include <algorithm>

namespace ndispool::host {

namespace {

constexpr std::uint64_t poll_100ns = 10'000;             // 1 ms
constexpr std::uint64_t reset_limit_100ns = 100'000'000; // 10 s
constexpr char done[] = "done";

// The adapters that the drivers themselves have, other than the bottoms; those of the uppermost first.
std::vector<Adapter*> adapters_above(const StackParts& parts) {
    std::vector<Adapter*> all;
    for (auto driver = parts.drivers.rbegin(); driver != parts.drivers.rend(); ++driver)
        for (const auto& miniport : (*driver)->miniports)
            for (Adapter* adapter : adapters_of(*miniport))
                if (std::ranges::find(*parts.bottoms, adapter) == parts.bottoms->end())
                    all.push_back(adapter);
    return all;
}

bool wait_for_reset(Adapter& adapter) {
    const std::uint64_t give_up = machine::uptime_100ns() + reset_limit_100ns;
    while (adapter.resetting.load(std::memory_order_acquire)) {
        if (machine::uptime_100ns() >= give_up)
            return false;
        machine::sleep_100ns(poll_100ns);
    }
    return true;
}

} // namespace

std::string StackControl::perform(const Command& command) {
    switch (command.verb) {
    case Verb::pause:
        return pause();
    case Verb::resume:
        return resume();
    case Verb::power_down:
        return power(false, command.side);
    case Verb::power_up:
        return power(true, command.side);
    case Verb::reset:
        return reset();
    case Verb::disconnect:
        return connect(false);
    case Verb::connect:
        return connect(true);
    case Verb::unbind:
        return unbind();
    case Verb::bind:
        return bind();
    case Verb::reconfigure:
        return reconfigure();
    case Verb::remove:
        return remove(false);
    case Verb::surprise_remove:
        return remove(true);
    case Verb::insert:
        return insert();
    case Verb::open:
    case Verb::close:
    case Verb::read:
    case Verb::write:
    case Verb::ioctl:
        return devices_.perform(command);
    default:
        return done;
    }
}

std::string StackControl::pause() {
    paused_ = true;
    parts_.traffic->stop();
    return parts_.settle() ? done
                           : "frames still move: what the drivers send comes back to them, and they send it again";
}

std::string StackControl::resume() {
    paused_ = false;
    parts_.traffic->open();
    parts_.wake();
    return done;
}

// A machine that suspends puts its devices to sleep from above, and wakes them from below.
std::string StackControl::power(bool up, Side side) {
    std::vector<Adapter*> adapters;
    if (side != Side::below)
        adapters = adapters_above(parts_);
    if (side != Side::above || parts_.kind == Kind::miniport)
        adapters.insert(adapters.end(), parts_.bottoms->begin(), parts_.bottoms->end());
    if (up)
        std::reverse(adapters.begin(), adapters.end());
    if (!up &&
        std::ranges::any_of(adapters, [](Adapter* adapter) { return adapter->running() && keeps_request(*adapter); }))
        return "a request waits in the driver for the adapter below, which must wake up first";
    bool any = false;
    for (Adapter* adapter : adapters)
        any = (up ? power_up(*adapter) : power_down(*adapter, NdisDeviceStateD3)) || any;
    if (up)
        parts_.wake();
    return any ? done : up ? "nothing was asleep" : "nothing was awake";
}

std::string StackControl::reset() {
    std::vector<Adapter*> adapters = adapters_above(parts_);
    std::erase_if(adapters, [](const Adapter* adapter) { return !adapter->handlers().ResetHandler; });
    adapters.insert(adapters.end(), parts_.bottoms->begin(), parts_.bottoms->end());
    std::string outcome = done;
    for (Adapter* adapter : adapters) {
        const NDIS_STATUS status = host::reset(*adapter, nullptr);
        if (status != NDIS_STATUS_PENDING && status != NDIS_STATUS_SUCCESS)
            outcome = "status " + hex(status);
        else if (!wait_for_reset(*adapter))
            outcome = "the miniport has not completed it within 10 s";
    }
    return outcome;
}

std::string StackControl::connect(bool connected) {
    if (parts_.wire_adapters.empty())
        return "only the adapter below a driver has a cable here";
    bool any = false;
    for (std::size_t i = 0; i < parts_.bottoms->size(); ++i) {
        if (!(*parts_.bottoms)[i]->running())
            continue;
        parts_.wire_adapters[i]->connect(connected);
        any = true;
    }
    parts_.wake();
    return any ? done : "the adapter below does not run";
}

std::string StackControl::unbind() {
    bool any = false;
    for (Adapter* const bottom : *parts_.bottoms) {
        const std::vector<Binding*> bindings = bindings_on(*bottom);
        std::for_each(bindings.rbegin(), bindings.rend(), [](Binding* binding) { host::unbind(*binding); });
        any = any || !bindings.empty();
    }
    return any ? done : "nothing was bound";
}

std::string StackControl::bind() {
    bool any = false;
    NDIS_STATUS outcome = NDIS_STATUS_SUCCESS;
    for (std::size_t i = 0; i < parts_.bottoms->size(); ++i) {
        if (!(*parts_.bottoms)[i]->running())
            continue;
        any = true;
        if (const NDIS_STATUS status = parts_.bind(i); status != NDIS_STATUS_SUCCESS)
            outcome = status;
        machine::drain_work(); // a virtual adapter may come up later than the bind that asked for it
    }
    parts_.wake();
    return !any ? "the adapter does not run" : outcome == NDIS_STATUS_SUCCESS ? done : "status " + hex(outcome);
}

std::string StackControl::reconfigure() {
    for (Driver* const driver : parts_.drivers)
        for (const auto& protocol : driver->protocols) {
            NET_PNP_EVENT event{};
            event.NetEvent = NetEventReconfigure;
            tell(*protocol, nullptr, event);
        }
    return done;
}

// Nothing is removed when anybody objects to anything.
std::string StackControl::remove(bool surprise) {
    for (Adapter* const bottom : *parts_.bottoms)
        if (bottom->state.load(std::memory_order_acquire) == AdapterState::halted)
            continue; // removed before
        else if (surprise)
            notify(*bottom, NdisDevicePnPEventSurpriseRemoved);
        else if (!may_remove(*bottom))
            return "refused by what is bound to the adapter";
    for (WireAdapter* const wire_adapter : parts_.wire_adapters)
        wire_adapter->quiesce();
    for (Adapter* const bottom : *parts_.bottoms)
        host::remove(*bottom);
    return done;
}

void StackControl::replace(Adapter& adapter) {
    if (!adapter.running())
        return;
    notify(adapter, NdisDevicePnPEventSurpriseRemoved);
    host::remove(adapter);
    const auto place = std::ranges::find(*parts_.bottoms, &adapter);
    if (place == parts_.bottoms->end())
        return;
    const auto number = static_cast<std::size_t>(place - parts_.bottoms->begin());
    if (Adapter* const again = parts_.start_bottom(number)) {
        *place = again;
        parts_.bind(number);
        machine::drain_work();
        parts_.wake();
    }
}

std::string StackControl::insert() {
    bool any = false;
    for (std::size_t i = 0; i < parts_.bottoms->size(); ++i) {
        if ((*parts_.bottoms)[i]->state.load(std::memory_order_acquire) != AdapterState::halted)
            continue;
        Adapter* const adapter = parts_.start_bottom(i);
        if (!adapter)
            return "the adapter did not start";
        (*parts_.bottoms)[i] = adapter;
        any = true;
    }
    return any ? bind() : "the adapter is there";
}

} // namespace ndispool::host
