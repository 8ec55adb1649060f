#include "ndispool/ndis/service_exports.h"

#include "ndis/memory.h"
#include "ndis/sync.h"
#include "ndis/system.h"
#include "ndis/text.h"
#include "ndispool/ndis/service_log.h"

namespace ndispool::ndis {

std::span<const nt::Export> service_exports() {
    static const nt::Export list[] = {
        // memory.h
        NDISPOOL_EXPORT(NdisAllocateMemory),
        NDISPOOL_EXPORT(NdisAllocateMemoryWithTag),
        NDISPOOL_EXPORT(NdisAllocateMemoryWithTagPriority),
        NDISPOOL_EXPORT(NdisFreeMemory),
        NDISPOOL_EXPORT(NdisFreeMemoryWithTag),
        // compiled drivers import lookaside lists under their kernel names
        NDISPOOL_EXPORT(NdisInitializeNPagedLookasideList),
        NDISPOOL_EXPORT(NdisDeleteNPagedLookasideList),
        NDISPOOL_EXPORT(NdisAllocateFromNPagedLookasideList),
        NDISPOOL_EXPORT(NdisFreeToNPagedLookasideList),
        nt::offer<&NdisInitializeNPagedLookasideList>("ExInitializeNPagedLookasideList"),
        nt::offer<&NdisDeleteNPagedLookasideList>("ExDeleteNPagedLookasideList"),
        // sync.h
        NDISPOOL_EXPORT(NdisAllocateSpinLock),
        NDISPOOL_EXPORT(NdisFreeSpinLock),
        NDISPOOL_EXPORT(NdisAcquireSpinLock),
        NDISPOOL_EXPORT(NdisReleaseSpinLock),
        NDISPOOL_EXPORT(NdisDprAcquireSpinLock),
        NDISPOOL_EXPORT(NdisDprReleaseSpinLock),
        NDISPOOL_EXPORT(NdisInitializeReadWriteLock),
        NDISPOOL_EXPORT(NdisAcquireReadWriteLock),
        NDISPOOL_EXPORT(NdisReleaseReadWriteLock),
        NDISPOOL_EXPORT(NdisDprAcquireReadWriteLock),
        NDISPOOL_EXPORT(NdisDprReleaseReadWriteLock),
        NDISPOOL_EXPORT(NdisInitializeEvent),
        NDISPOOL_EXPORT(NdisSetEvent),
        NDISPOOL_EXPORT(NdisResetEvent),
        NDISPOOL_EXPORT(NdisWaitEvent),
        NDISPOOL_EXPORT(NdisMSleep),
        NDISPOOL_EXPORT(NdisInitializeTimer),
        NDISPOOL_EXPORT(NdisSetTimer),
        NDISPOOL_EXPORT(NdisSetTimerEx),
        NDISPOOL_EXPORT(NdisSetPeriodicTimer),
        NDISPOOL_EXPORT(NdisCancelTimer),
        NDISPOOL_EXPORT(NdisScheduleWorkItem),
        NDISPOOL_EXPORT(NdisInterlockedIncrement),
        NDISPOOL_EXPORT(NdisInterlockedDecrement),
        NDISPOOL_EXPORT(NdisInterlockedAddUlong),
        NDISPOOL_EXPORT(NdisInterlockedAddLargeInterger),
        NDISPOOL_EXPORT(NdisInterlockedAddLargeStatistic),
        NDISPOOL_EXPORT(NdisInterlockedInsertHeadList),
        NDISPOOL_EXPORT(NdisInterlockedInsertTailList),
        NDISPOOL_EXPORT(NdisInterlockedRemoveHeadList),
        NDISPOOL_EXPORT(NdisInterlockedPushEntryList),
        NDISPOOL_EXPORT(NdisInterlockedPopEntryList),
        // text.h
        NDISPOOL_EXPORT(NdisInitUnicodeString),
        NDISPOOL_EXPORT(NdisInitAnsiString),
        NDISPOOL_EXPORT(NdisInitializeString),
        NDISPOOL_EXPORT(NdisEqualString),
        NDISPOOL_EXPORT(NdisCompareUnicodeString),
        NDISPOOL_EXPORT(NdisCompareAnsiString),
        NDISPOOL_EXPORT(NdisUpcaseUnicodeString),
        NDISPOOL_EXPORT(NdisAnsiStringToUnicodeString),
        NDISPOOL_EXPORT(NdisUnicodeStringToAnsiString),
        // system.h
        NDISPOOL_EXPORT(NdisGetCurrentSystemTime),
        NDISPOOL_EXPORT(NdisGetSystemUpTime),
        NDISPOOL_EXPORT(NdisStallExecution),
        NDISPOOL_EXPORT(NdisSystemProcessorCount),
        NDISPOOL_EXPORT(NdisGetCurrentProcessorCpuUsage),
        NDISPOOL_EXPORT(NdisGetCurrentProcessorCounts),
        NDISPOOL_EXPORT(NdisGetVersion),
        NDISPOOL_EXPORT(NdisGetRoutineAddress),
        NDISPOOL_EXPORT(NdisGetSharedDataAlignment),
        NDISPOOL_EXPORT(NdisConvertNtStatusToNdisStatus),
        NDISPOOL_EXPORT(NdisConvertNdisStatusToNtStatus),
        NDISPOOL_EXPORT_AS("NdisWriteErrorLogEntry", NdisWriteErrorLogEntry, NdisWriteErrorLogEntry_microsoft),
        NDISPOOL_EXPORT(NdisWriteEventLogEntry),
        NDISPOOL_EXPORT(NdisOpenFile),
        NDISPOOL_EXPORT(NdisMapFile),
        NDISPOOL_EXPORT(NdisUnmapFile),
        NDISPOOL_EXPORT(NdisCloseFile),
    };
    return list;
}

} // namespace ndispool::ndis
