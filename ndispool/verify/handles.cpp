// The checked forms of functions that open and close configuration handles.
#include "ndispool/verify/handles.h"

#include "ndispool/verify/call.h"
#include "ndispool/verify/door_parts.h"
#include "ndispool/verify/table.h"

#include <map>

namespace ndispool::verify {

namespace {

Table<Site>& opened() {
    static auto& all = *new Table<Site>;
    return all;
}

template <class Open> void open(Call& call, PNDIS_STATUS status, PNDIS_HANDLE handle, Open plain) {
    if (call.refused()) {
        *handle = nullptr;
        *status = NDIS_STATUS_RESOURCES;
        return;
    }
    plain();
    if (*status == NDIS_STATUS_SUCCESS)
        opened().make(*handle, [&](Site& site) { site = call.site(); });
    else if (*status == NDIS_STATUS_RESOURCES)
        call.note_refusal();
}

VOID NTAPI OpenConfiguration(PNDIS_STATUS status, PNDIS_HANDLE handle, NDIS_HANDLE context) {
    NDISPOOL_CALL(NdisOpenConfiguration);
    open(call, status, handle, [&] { plain_NdisOpenConfiguration(status, handle, context); });
}

VOID NTAPI OpenProtocolConfiguration(PNDIS_STATUS status, PNDIS_HANDLE handle, PNDIS_STRING section) {
    NDISPOOL_CALL(NdisOpenProtocolConfiguration);
    open(call, status, handle, [&] { plain_NdisOpenProtocolConfiguration(status, handle, section); });
}

VOID NTAPI OpenKeyByName(PNDIS_STATUS status, NDIS_HANDLE configuration, PNDIS_STRING name, PNDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisOpenConfigurationKeyByName);
    open(call, status, handle, [&] { plain_NdisOpenConfigurationKeyByName(status, configuration, name, handle); });
}

VOID NTAPI OpenKeyByIndex(PNDIS_STATUS status, NDIS_HANDLE configuration, ULONG index, PNDIS_STRING name,
                          PNDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisOpenConfigurationKeyByIndex);
    open(call, status, handle,
         [&] { plain_NdisOpenConfigurationKeyByIndex(status, configuration, index, name, handle); });
}

VOID NTAPI CloseConfiguration(NDIS_HANDLE handle) {
    NDISPOOL_CALL(NdisCloseConfiguration);
    if (call.null_argument(handle, "configuration handle"))
        return;
    opened().erase(handle);
    plain_NdisCloseConfiguration(handle);
}

} // namespace

void judge_handles() {
    std::map<StackId, std::pair<Site, std::uint64_t>> leaks;
    opened().each([&](const void*, const Site& site) {
        auto& [where, count] = leaks[site.stack];
        where = site;
        ++count;
    });
    for (const auto& [stack, leak] : leaks)
        found(rule::memory_leak,
              std::to_string(leak.second) + (leak.second == 1 ? " configuration handle" : " configuration handles") +
                  " not closed before the driver was unloaded; NdisCloseConfiguration gives back what belongs to one",
              {{"opened", leak.first}});
}

void forget_handles() {
    opened().erase_if([](const void*, const Site&) { return true; });
}

std::span<const DoorPart> handle_door() {
    static const DoorPart list[] = {
        NDISPOOL_PART(NdisOpenConfiguration, OpenConfiguration),
        NDISPOOL_PART(NdisOpenProtocolConfiguration, OpenProtocolConfiguration),
        NDISPOOL_PART(NdisOpenConfigurationKeyByName, OpenKeyByName),
        NDISPOOL_PART(NdisOpenConfigurationKeyByIndex, OpenKeyByIndex),
        NDISPOOL_PART(NdisCloseConfiguration, CloseConfiguration),
    };
    return list;
}

} // namespace ndispool::verify
