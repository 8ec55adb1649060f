#include "ndispool/host/driver.h"

#include "ndispool/nt/text.h"

#include <utility>

namespace ndispool::host {

namespace {
thread_local Driver* entering = nullptr;
} // namespace

bool Driver::owns(const void* address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    return image && at >= image->code().begin && at < image->code().end;
}

std::string Driver::where(const void* address) const {
    return image ? image->where(address) : std::string{};
}

NTSTATUS enter(Driver& driver, PDRIVER_INITIALIZE entry) {
    std::u16string path = driver.registry_path; // valid during the call only, as DriverEntry's page says
    UNICODE_STRING registry_path = nt::counted(path);
    Driver* const outer = std::exchange(entering, &driver);
    driver.in_entry = true;
    const NTSTATUS status = nt::invoke(driver.abi, entry, &driver.object, &registry_path);
    driver.in_entry = false;
    entering = outer;
    return status;
}

void unload(Driver& driver) {
    for (const auto& wrapper : driver.wrappers)
        if (wrapper->unload) {
            nt::invoke(driver.abi, wrapper->unload, &driver.object);
            return;
        }
    if (driver.object.DriverUnload)
        nt::invoke(driver.abi, driver.object.DriverUnload, &driver.object);
}

Driver* registering(const void* code) {
    if (entering)
        return entering;
    return static_cast<Driver*>(const_cast<void*>(nt::owner_of(code)));
}

} // namespace ndispool::host
