#include "ndispool/host/run_drivers.h"

#include "ndispool/host/configuration.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/hex.h"
#include "ndispool/host/pnp.h"
#include "ndispool/nt/text.h"
#include "ndispool/nt/threads.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace ndispool::host {

namespace {

constexpr std::chrono::seconds thread_limit{2}; // for a driver's threads to be over once it is unloaded

// Somebody still runs in it. Held where a leak checker sees it; never destroyed.
void keep_for_ever(std::unique_ptr<load::Image> image) {
    static auto& kept = *new std::vector<std::unique_ptr<load::Image>>;
    kept.push_back(std::move(image));
}

// The parameters of this driver for this adapter of the run, 0: for all.
std::vector<Parameter> chosen(const std::vector<Parameter>& all, std::string_view driver, std::size_t adapter) {
    std::vector<Parameter> some;
    std::ranges::copy_if(all, std::back_inserter(some), [&](const Parameter& parameter) {
        return parameter.driver == driver && parameter.adapter == adapter;
    });
    return some;
}

Kind kind_of(const RunDriver& one) {
    const Driver& driver = one.driver;
    const bool layered = std::ranges::any_of(driver.miniports, [](const auto& miniport) { return miniport->layered; });
    if (layered && !driver.protocols.empty())
        return Kind::intermediate;
    if (!driver.protocols.empty() && !driver.miniports.empty())
        throw Error(
            one.file.string() +
            ": DriverEntry registered a protocol and a miniport that is not its upper edge, and only one of them "
            "could run; use NdisIMRegisterLayeredMiniport for it, or make two drivers of it");
    if (!driver.protocols.empty())
        return Kind::protocol;
    if (!driver.miniports.empty())
        return Kind::miniport;
    throw Error(one.file.string() +
                ": DriverEntry registered neither a miniport nor a protocol, so there is nothing to "
                "run; see its log above");
}

} // namespace

RunDrivers::RunDrivers(const Setup& setup) : setup_(setup) {
    drivers_.emplace_back().file = setup.driver;
    for (const std::filesystem::path& file : setup.more_drivers)
        drivers_.emplace_back().file = file;
}

void RunDrivers::load(RunDriver& one) {
    Driver& driver = one.driver;
    driver.watched = &one == &first();
    driver.image = load::Image::open(one.file, [&](std::string_view name) -> void* {
        const nt::Export* const found = driver.watched ? driver_export(name) : find_export(name);
        if (const std::string_view family = out_of_scope(name); !found && !family.empty())
            throw Error(one.file.string() + ": it imports " + std::string(name) + " of " + std::string(family) +
                        "; build the driver without it");
        return found ? found->native : nullptr;
    });
    one.named.emplace(*driver.image);
    driver.name = driver.image->name();
    driver.registry_path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + nt::to_utf16(driver.name);
}

void RunDrivers::load() {
    for (RunDriver& one : drivers_)
        load(one);
    set_parameters(chosen(setup_.parameters, {}, 0), nt::to_utf16(first().driver.name));
    for (const RunDriver& one : drivers_)
        if (&one != &first())
            add_parameters(chosen(setup_.parameters, one.driver.name, 0), nt::to_utf16(one.driver.name));
}

void RunDrivers::register_code() {
    for (RunDriver& one : drivers_) {
        const load::Range code = one.driver.image->code();
        nt::register_code(reinterpret_cast<const void*>(code.begin), reinterpret_cast<const void*>(code.end),
                          one.driver.abi, &one.driver);
    }
}

void RunDrivers::enter(RunDriver& one) {
    const NTSTATUS status = host::enter(one.driver, reinterpret_cast<PDRIVER_INITIALIZE>(one.driver.image->entry()));
    if (!NT_SUCCESS(status))
        throw Error(one.file.string() + ": DriverEntry failed with " + hex(status) +
                    "; check its parameters (--param NAME=VALUE) and what it printed above");
    one.entered = true;
    one.base = top();
    one.kind = kind_of(one);
    if (&one != &first() && one.kind == Kind::miniport)
        throw Error(one.file.string() +
                    " is a miniport, which stands on nothing; give it as the first driver and --with "
                    "what is to be bound to it");
}

void RunDrivers::enter() {
    if (setup_.checker)
        setup_.checker->loaded(*first().driver.image);
    for (RunDriver& one : drivers_)
        enter(one);
}

const RunDriver* RunDrivers::top() const {
    const auto found =
        std::find_if(drivers_.rbegin(), drivers_.rend(), [](const RunDriver& one) { return one.has_adapters(); });
    return found == drivers_.rend() ? nullptr : &*found;
}

void RunDrivers::set_adapter_parameters(std::span<const std::u16string> bottoms) {
    for (const Parameter& parameter : setup_.parameters)
        if (parameter.adapter > bottoms.size())
            throw Error("the parameter " + parameter.name + " is for adapter " + std::to_string(parameter.adapter) +
                        ", and this run has " + std::to_string(bottoms.size()) + "; give --" +
                        (first().kind == Kind::miniport ? "above" : "below") + " once for each adapter");
    for (const RunDriver& one : drivers_)
        for (std::size_t number = 0; number < bottoms.size(); ++number) {
            const std::string_view name = &one == &first() ? std::string_view() : one.driver.name;
            const auto parameters = chosen(setup_.parameters, name, number + 1);
            std::u16string device = bottoms[number];
            for (std::size_t level = 0; level <= drivers_.size() && !parameters.empty(); ++level) {
                add_adapter_parameters(parameters, nt::to_utf16(one.driver.name), device);
                device = upper_device(device);
            }
        }
}

void RunDrivers::leave(RunDriver& one) {
    if (!one.entered)
        return;
    Driver& driver = one.driver;
    remove_everything_of(driver);
    unload(driver);
    if (setup_.checker && driver.watched)
        setup_.checker->unloaded();
    remove_everything_of(driver); // a driver that unloads without deregistering
    for (const nt::PendingCall& thread : nt::join_threads(&driver, thread_limit)) {
        report("thread-at-unload", "a system thread still ran when the driver was unloaded", thread.code);
        one.threads_left = true;
    }
}

void RunDrivers::leave() {
    std::for_each(drivers_.rbegin(), drivers_.rend(), [this](RunDriver& one) { leave(one); });
}

void RunDrivers::unregister_code() {
    for (RunDriver& one : drivers_) {
        if (one.driver.image)
            nt::unregister_code(reinterpret_cast<const void*>(one.driver.image->code().begin));
        if (one.threads_left)
            keep_for_ever(std::move(one.driver.image)); // its code still runs
    }
}

} // namespace ndispool::host
