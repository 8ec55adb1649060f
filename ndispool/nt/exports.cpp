#include "ndispool/nt/exports.h"

#include "ndis/kernel.h"
#include "ndis/mdl.h"
#include "ndis/memory.h"
#include "ndis/object.h"
#include "ndis/registry.h"
#include "ndis/text.h"
#include "ndis/thread.h"
#include "ndispool/nt/debug_print.h"

namespace ndispool::nt {

std::span<const Export> exports() {
    static const Export list[] = {
        // debug.h
        NDISPOOL_EXPORT_AS("DbgPrint", DbgPrint, DbgPrint_microsoft),
        NDISPOOL_EXPORT_AS("DbgPrintEx", DbgPrintEx, DbgPrintEx_microsoft),
        NDISPOOL_EXPORT(RtlAssert),
        NDISPOOL_EXPORT(KeBugCheck),
        NDISPOOL_EXPORT(KeBugCheckEx),
        // mdl.h
        NDISPOOL_EXPORT(IoAllocateMdl),
        NDISPOOL_EXPORT(IoFreeMdl),
        NDISPOOL_EXPORT(IoBuildPartialMdl),
        NDISPOOL_EXPORT(MmSizeOfMdl),
        NDISPOOL_EXPORT(MmBuildMdlForNonPagedPool),
        NDISPOOL_EXPORT(MmProbeAndLockPages),
        NDISPOOL_EXPORT(MmUnlockPages),
        NDISPOOL_EXPORT(MmMapLockedPages),
        NDISPOOL_EXPORT(MmMapLockedPagesSpecifyCache),
        NDISPOOL_EXPORT(MmUnmapLockedPages),
        // dispatcher.h
        NDISPOOL_EXPORT(KeInitializeEvent),
        NDISPOOL_EXPORT(KeSetEvent),
        NDISPOOL_EXPORT(KeClearEvent),
        NDISPOOL_EXPORT(KeResetEvent),
        NDISPOOL_EXPORT(KeReadStateEvent),
        NDISPOOL_EXPORT(KeWaitForSingleObject),
        NDISPOOL_EXPORT(KeWaitForMultipleObjects),
        NDISPOOL_EXPORT(KeDelayExecutionThread),
        NDISPOOL_EXPORT(KeInitializeDpc),
        NDISPOOL_EXPORT(KeInsertQueueDpc),
        NDISPOOL_EXPORT(KeRemoveQueueDpc),
        NDISPOOL_EXPORT(KeSetTargetProcessorDpc),
        NDISPOOL_EXPORT(KeFlushQueuedDpcs),
        NDISPOOL_EXPORT(KeInitializeTimer),
        NDISPOOL_EXPORT(KeInitializeTimerEx),
        NDISPOOL_EXPORT(KeSetTimer),
        NDISPOOL_EXPORT(KeSetTimerEx),
        NDISPOOL_EXPORT(KeCancelTimer),
        NDISPOOL_EXPORT(KeReadStateTimer),
        // io.h; compiled drivers import the Iof names
        NDISPOOL_EXPORT(IoCompleteRequest),
        offer<&IoCompleteRequest>("IofCompleteRequest"),
        NDISPOOL_EXPORT(IoAcquireCancelSpinLock),
        NDISPOOL_EXPORT(IoReleaseCancelSpinLock),
        NDISPOOL_EXPORT(IoCallDriver),
        offer<&IoCallDriver>("IofCallDriver"),
        NDISPOOL_EXPORT(IoCreateDevice),
        NDISPOOL_EXPORT(IoDeleteDevice),
        NDISPOOL_EXPORT(IoCreateSymbolicLink),
        NDISPOOL_EXPORT(IoDeleteSymbolicLink),
        // kernel.h
        NDISPOOL_EXPORT(KeGetCurrentIrql),
        NDISPOOL_EXPORT(KeRaiseIrql),
        NDISPOOL_EXPORT(KeRaiseIrqlToDpcLevel),
        NDISPOOL_EXPORT(KeLowerIrql),
        NDISPOOL_EXPORT(KeGetCurrentProcessorNumber),
        NDISPOOL_EXPORT(KeQueryActiveProcessors),
        NDISPOOL_EXPORT(KeInitializeSpinLock),
        NDISPOOL_EXPORT(KeAcquireSpinLock),
        NDISPOOL_EXPORT(KeAcquireSpinLockRaiseToDpc),
        NDISPOOL_EXPORT(KeReleaseSpinLock),
        NDISPOOL_EXPORT(KeAcquireSpinLockAtDpcLevel),
        NDISPOOL_EXPORT(KeReleaseSpinLockFromDpcLevel),
        NDISPOOL_EXPORT(KeQuerySystemTime),
        NDISPOOL_EXPORT(KeQueryTickCount),
        NDISPOOL_EXPORT(KeQueryTimeIncrement),
        NDISPOOL_EXPORT(KeQueryPerformanceCounter),
        NDISPOOL_EXPORT(KeStallExecutionProcessor),
        NDISPOOL_EXPORT(PsGetVersion),
        NDISPOOL_EXPORT(RtlGetVersion),
        NDISPOOL_EXPORT(ExInterlockedInsertHeadList),
        NDISPOOL_EXPORT(ExInterlockedInsertTailList),
        NDISPOOL_EXPORT(ExInterlockedRemoveHeadList),
        NDISPOOL_EXPORT(ExInterlockedPushEntryList),
        NDISPOOL_EXPORT(ExInterlockedPopEntryList),
        NDISPOOL_EXPORT(ExInterlockedAddUlong),
        NDISPOOL_EXPORT(ExInterlockedAddLargeInteger),
        NDISPOOL_EXPORT(ExInterlockedAddLargeStatistic),
        NDISPOOL_EXPORT(ExInitializeSListHead),
        offer<&ExInitializeSListHead>("InitializeSListHead"),
        NDISPOOL_EXPORT(ExQueryDepthSList),
        NDISPOOL_EXPORT(ExpInterlockedPushEntrySList),
        NDISPOOL_EXPORT(ExpInterlockedPopEntrySList),
        NDISPOOL_EXPORT(ExpInterlockedFlushSList),
        // memory.h
        NDISPOOL_EXPORT(RtlCompareMemory),
        NDISPOOL_EXPORT(ExAllocatePool),
        NDISPOOL_EXPORT(ExAllocatePoolWithTag),
        NDISPOOL_EXPORT(ExFreePool),
        NDISPOOL_EXPORT(ExFreePoolWithTag),
        // text.h
        NDISPOOL_EXPORT(RtlInitUnicodeString),
        NDISPOOL_EXPORT(RtlInitAnsiString),
        offer<&RtlInitAnsiString>("RtlInitString"),
        NDISPOOL_EXPORT(RtlAnsiStringToUnicodeString),
        NDISPOOL_EXPORT(RtlUnicodeStringToAnsiString),
        NDISPOOL_EXPORT(RtlFreeUnicodeString),
        NDISPOOL_EXPORT(RtlFreeAnsiString),
        NDISPOOL_EXPORT(RtlAppendUnicodeStringToString),
        NDISPOOL_EXPORT(RtlAppendUnicodeToString),
        NDISPOOL_EXPORT(RtlCopyUnicodeString),
        NDISPOOL_EXPORT(RtlEqualUnicodeString),
        NDISPOOL_EXPORT(RtlCompareUnicodeString),
        NDISPOOL_EXPORT(RtlEqualString),
        NDISPOOL_EXPORT(RtlCompareString),
        NDISPOOL_EXPORT(RtlUpcaseUnicodeString),
        NDISPOOL_EXPORT(RtlUpcaseUnicodeChar),
        // thread.h
        NDISPOOL_EXPORT(PsCreateSystemThread),
        NDISPOOL_EXPORT(PsTerminateSystemThread),
        NDISPOOL_EXPORT(ObReferenceObjectByHandle),
        NDISPOOL_EXPORT(ObfReferenceObject),
        NDISPOOL_EXPORT(ObfDereferenceObject),
        offer<&ObfDereferenceObject>("ObDereferenceObject"), // kernels before 5.1
        NDISPOOL_EXPORT(ZwClose),
        NDISPOOL_EXPORT(KeGetCurrentThread),
        NDISPOOL_EXPORT(KeSetPriorityThread),
        NDISPOOL_EXPORT(ZwSetInformationThread),
        NDISPOOL_EXPORT(KeEnterCriticalRegion),
        NDISPOOL_EXPORT(KeLeaveCriticalRegion),
        // object.h
        NDISPOOL_EXPORT(ZwWaitForSingleObject),
        NDISPOOL_EXPORT(IoCreateNotificationEvent),
        NDISPOOL_EXPORT(IoCreateSynchronizationEvent),
        NDISPOOL_EXPORT(IoAllocateWorkItem),
        NDISPOOL_EXPORT(IoFreeWorkItem),
        NDISPOOL_EXPORT(IoQueueWorkItem),
        NDISPOOL_EXPORT(IoAllocateIrp),
        NDISPOOL_EXPORT(IoFreeIrp),
        NDISPOOL_EXPORT(IoCancelIrp),
        NDISPOOL_EXPORT(ProbeForRead),
        NDISPOOL_EXPORT(ProbeForWrite),
        // registry.h
        NDISPOOL_EXPORT(ZwOpenKey),
        NDISPOOL_EXPORT(ZwCreateKey),
        NDISPOOL_EXPORT(ZwQueryValueKey),
        NDISPOOL_EXPORT(ZwSetValueKey),
        NDISPOOL_EXPORT(ZwEnumerateKey),
        NDISPOOL_EXPORT(RtlWriteRegistryValue),
        NDISPOOL_EXPORT(RtlQueryRegistryValues),
    };
    return list;
}

} // namespace ndispool::nt
