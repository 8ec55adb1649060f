#include "ndispool/host/exports.h"

#include "ndispool/host/checker.h"
#include "ndispool/ndis/buffer_exports.h"
#include "ndispool/ndis/packet_exports.h"
#include "ndispool/ndis/service_exports.h"
#include "ndispool/nt/exports.h"

#include <unordered_map>

namespace ndispool::host {

namespace {

std::unordered_map<std::string_view, const nt::Export*> collect() {
    std::unordered_map<std::string_view, const nt::Export*> door;
    for (std::span<const nt::Export> part :
         {registration_exports(), traffic_exports(), adapter_exports(), configuration_exports(), resource_exports(),
          ndis::packet_exports(), ndis::buffer_exports(), ndis::service_exports(), nt::exports()})
        for (const nt::Export& entry : part)
            door.emplace(entry.name, &entry);
    return door;
}

} // namespace

const nt::Export* find_export(std::string_view name) {
    static const auto door = collect();
    const auto found = door.find(name);
    return found == door.end() ? nullptr : found->second;
}

const nt::Export* driver_export(std::string_view name) {
    const nt::Export* const plain = find_export(name);
    const nt::Export* const checked = plain && checker() ? checker()->form_of(name, *plain) : nullptr;
    return checked ? checked : plain;
}

} // namespace ndispool::host
