// The plain door: what a miniport asks its adapter for: memory that a card would share, a log, and its own removal.
#include "ndispool/host/adapter.h"
#include "ndispool/host/exports.h"
#include "ndispool/host/findings.h"
#include "ndispool/host/later.h"
#include "ndispool/host/pnp.h"
#include "ndispool/machine/work.h"
#include "ndispool/nt/caller.h"
#include "ndispool/nt/memory.h"

#include <algorithm>
#include <deque>
#include <memory>

namespace ndispool::host {

namespace {

constexpr ULONG shared_tag = 0x6853444E; // "NDSh"

// There is no card: memory has one address, and that is also its "physical" one.
NDIS_PHYSICAL_ADDRESS physical(const void* address) {
    NDIS_PHYSICAL_ADDRESS result{};
    result.QuadPart = static_cast<LONGLONG>(reinterpret_cast<std::uintptr_t>(address));
    return result;
}

void* share(ULONG length, const void* caller) {
    return nt::allocate(length, shared_tag, caller, nt::cache_line);
}

// What an NDIS log handle points at: the last `size` bytes that were written.
struct AdapterLog {
    Adapter* adapter;
    std::size_t size;
    std::uintptr_t lock = 0; // guards bytes
    std::deque<UCHAR> bytes;
};

void remove_later(void* context) {
    remove(*static_cast<Adapter*>(context));
}

} // namespace

} // namespace ndispool::host

using namespace ndispool;
using namespace ndispool::host;

extern "C" {

VOID NdisMAllocateSharedMemory(NDIS_HANDLE, ULONG length, BOOLEAN, PVOID* address,
                               PNDIS_PHYSICAL_ADDRESS seen_by_card) {
    *address = share(length, nt::caller(__builtin_return_address(0)));
    *seen_by_card = physical(*address);
}

VOID NdisMFreeSharedMemory(NDIS_HANDLE, ULONG, BOOLEAN, PVOID address, NDIS_PHYSICAL_ADDRESS) {
    nt::free_memory(address);
}

NDIS_STATUS NdisMAllocateSharedMemoryAsync(NDIS_HANDLE handle, ULONG length, BOOLEAN, PVOID context) {
    Adapter& adapter = *adapter_of(handle);
    if (!adapter.handlers().AllocateCompleteHandler)
        return NDIS_STATUS_NOT_SUPPORTED;
    void* const address = share(length, nt::caller(__builtin_return_address(0)));
    if (!address)
        return NDIS_STATUS_RESOURCES;
    machine::DispatchScope dispatch;
    complete_later([&adapter, address, length, context] {
        serially(adapter, [&adapter, address, length, context] {
            NDIS_PHYSICAL_ADDRESS seen_by_card = physical(address);
            nt::invoke(adapter.abi, adapter.handlers().AllocateCompleteHandler, adapter.context(), PVOID{address},
                       &seen_by_card, ULONG{length}, PVOID{context});
        });
    });
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS NdisMCreateLog(NDIS_HANDLE handle, UINT size, PNDIS_HANDLE log) {
    Adapter& adapter = *adapter_of(handle);
    *log = nullptr;
    if (adapter.log)
        return NDIS_STATUS_FAILURE; // one for each adapter
    *log = adapter.log = new AdapterLog{&adapter, size, 0, {}};
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMWriteLogData(NDIS_HANDLE handle, PVOID data, UINT length) {
    auto& log = *static_cast<AdapterLog*>(handle);
    if (length > log.size)
        return NDIS_STATUS_BUFFER_OVERFLOW;
    const auto* const bytes = static_cast<const UCHAR*>(data);
    const machine::DispatchScope dispatch;
    machine::acquire(log.lock);
    log.bytes.insert(log.bytes.end(), bytes, bytes + length);
    if (log.bytes.size() > log.size)
        log.bytes.erase(log.bytes.begin(), log.bytes.end() - static_cast<std::ptrdiff_t>(log.size));
    machine::release(log.lock);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisMFlushLog(NDIS_HANDLE handle) {
    auto& log = *static_cast<AdapterLog*>(handle);
    const machine::DispatchScope dispatch;
    machine::acquire(log.lock);
    log.bytes.clear();
    machine::release(log.lock);
}

VOID NdisMCloseLog(NDIS_HANDLE handle) {
    const std::unique_ptr<AdapterLog> log(static_cast<AdapterLog*>(handle));
    if (log)
        log->adapter->log = nullptr;
}

NDIS_STATUS NdisMRemoveMiniport(NDIS_HANDLE adapter) {
    machine::queue_work(remove_later, adapter_of(adapter));
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMReenumerateFailedAdapter(NDIS_HANDLE adapter) {
    ask_for_replacement(*adapter_of(adapter));
    return NDIS_STATUS_SUCCESS;
}

// Bundles of miniports that balance load: each adapter stands alone here.
NDIS_STATUS NdisMSetMiniportSecondary(NDIS_HANDLE, NDIS_HANDLE) {
    return NDIS_STATUS_NOT_SUPPORTED;
}

NDIS_STATUS NdisMPromoteMiniport(NDIS_HANDLE) {
    return NDIS_STATUS_NOT_SUPPORTED;
}

// No adapter has hardware resources.
VOID NdisMQueryAdapterResources(PNDIS_STATUS status, NDIS_HANDLE, PNDIS_RESOURCE_LIST, PUINT) {
    *status = NDIS_STATUS_FAILURE;
}

} // extern "C"

namespace ndispool::host {

std::span<const nt::Export> resource_exports() {
    static const nt::Export list[] = {
        NDISPOOL_EXPORT(NdisMAllocateSharedMemory),
        NDISPOOL_EXPORT(NdisMFreeSharedMemory),
        NDISPOOL_EXPORT(NdisMAllocateSharedMemoryAsync),
        NDISPOOL_EXPORT(NdisMCreateLog),
        NDISPOOL_EXPORT(NdisMWriteLogData),
        NDISPOOL_EXPORT(NdisMFlushLog),
        NDISPOOL_EXPORT(NdisMCloseLog),
        NDISPOOL_EXPORT(NdisMRemoveMiniport),
        NDISPOOL_EXPORT(NdisMReenumerateFailedAdapter),
        NDISPOOL_EXPORT(NdisMSetMiniportSecondary),
        NDISPOOL_EXPORT(NdisMPromoteMiniport),
        NDISPOOL_EXPORT(NdisMQueryAdapterResources),
    };
    return list;
}

// Why a driver that needs this function cannot run here; empty: nothing is known of it.
std::string_view out_of_scope(std::string_view name) {
    struct Family {
        std::string_view prefix, why;
    };
    constexpr std::string_view connections = "connection-oriented NDIS, which ndispool does not have";
    constexpr std::string_view wan = "NDIS WAN, which ndispool does not have";
    constexpr std::string_view hardware = "drivers of hardware (interrupts, ports, DMA), which ndispool does not have";
    constexpr std::string_view media = "media other than Ethernet, which ndispool does not have";
    constexpr auto families = std::to_array<Family>({{"NdisMRegisterInterrupt", hardware},
                                                     {"NdisMDeregisterInterrupt", hardware},
                                                     {"NdisMSynchronizeWithInterrupt", hardware},
                                                     {"NdisMRegisterIoPortRange", hardware},
                                                     {"NdisMDeregisterIoPortRange", hardware},
                                                     {"NdisMMapIoSpace", hardware},
                                                     {"NdisMUnmapIoSpace", hardware},
                                                     {"NdisMRegisterDmaChannel", hardware},
                                                     {"NdisMDeregisterDmaChannel", hardware},
                                                     {"NdisMAllocateMapRegisters", hardware},
                                                     {"NdisMInitializeScatterGatherDma", hardware},
                                                     {"NdisMPciAssignResources", hardware},
                                                     {"NdisReadPci", hardware},
                                                     {"NdisWritePci", hardware},
                                                     {"NdisReadPcmcia", hardware},
                                                     {"NdisWritePcmcia", hardware},
                                                     {"NdisReadEisa", hardware},
                                                     {"NdisReadMca", hardware},
                                                     {"NdisImmediate", hardware},
                                                     {"NdisMFreeMapRegisters", hardware},
                                                     {"NdisMReadDmaCounter", hardware},
                                                     {"NdisMSetupDmaTransfer", hardware},
                                                     {"NdisSetupDmaTransfer", hardware},
                                                     {"NdisMCompleteDmaTransfer", hardware},
                                                     {"NdisCompleteDmaTransfer", hardware},
                                                     {"NdisMStartBufferPhysicalMapping", hardware},
                                                     {"NdisMCompleteBufferPhysicalMapping", hardware},
                                                     {"NdisMGetDmaAlignment", hardware},
                                                     {"NdisQueryMapRegisterCount", hardware},
                                                     {"NdisOverrideBusNumber", hardware},
                                                     {"NdisUpdateSharedMemory", hardware},
                                                     {"TrFilterDpr", media},
                                                     {"FddiFilterDpr", media},
                                                     {"ArcFilterDpr", media},
                                                     // what begins like a function of hardware comes behind that
                                                     {"NdisCo", connections},
                                                     {"NdisCl", connections},
                                                     {"NdisCm", connections},
                                                     {"NdisMCo", connections},
                                                     {"NdisMCm", connections},
                                                     {"NdisMWan", wan}});
    const auto found = std::find_if(families.begin(), families.end(),
                                    [&](const Family& family) { return name.starts_with(family.prefix); });
    return found == families.end() || find_export(name) ? std::string_view() : found->why;
}

} // namespace ndispool::host
