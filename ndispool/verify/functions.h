// What a driver may call: each function's documented IRQL range and habits, and where its plain form is.
//   Holds:     a pointer to a plain form is set when the door is opened (door.h); nothing here is linked against the host.
//              The ranges are those that the drivers' headers state.
//   Not here:  what is checked beyond that (the *_door.cpp files).
#pragma once

#include "ndispool/machine/irql.h"

#include <cstdint>
#include <ndis.h>

namespace ndispool::verify {

enum Habits : std::uint8_t {
    no_habits = 0,
    unlocked = 1,  // no spin lock of the driver may be held
    waits = 2,     // the caller may be put to sleep
    refusable = 4, // may answer RESOURCES; its status is what it returns, or its first argument
};

struct Function {
    const char* name;
    machine::Irql low, high;
    Habits habits = no_habits;
};

inline constexpr machine::Irql any_level = 31;

} // namespace ndispool::verify

// X(name, lowest IRQL, highest IRQL, habits)
// Functions whose checked forms are written by hand.
#define NDISPOOL_SPECIAL_FUNCTIONS(X)                                                                                  \
    X(NdisAllocatePacketPool, 0, 2, unlocked)                                                                          \
    X(NdisAllocatePacketPoolEx, 0, 2, unlocked)                                                                        \
    X(NdisFreePacketPool, 0, 2, unlocked)                                                                              \
    X(NdisPacketPoolUsage, 0, 2)                                                                                       \
    X(NdisSetPacketPoolProtocolId, 0, 2)                                                                               \
    X(NdisAllocatePacket, 0, 2)                                                                                        \
    X(NdisDprAllocatePacket, 2, 2)                                                                                     \
    X(NdisDprAllocatePacketNonInterlocked, 2, 2)                                                                       \
    X(NdisFreePacket, 0, 2, unlocked)                                                                                  \
    X(NdisDprFreePacket, 2, 2, unlocked)                                                                               \
    X(NdisDprFreePacketNonInterlocked, 2, 2, unlocked)                                                                 \
    X(NdisAllocateBufferPool, 0, 2, unlocked)                                                                          \
    X(NdisFreeBufferPool, 0, 2, unlocked)                                                                              \
    X(NdisAllocateBuffer, 0, 2, unlocked)                                                                              \
    X(NdisCopyBuffer, 0, 2, unlocked)                                                                                  \
    X(NdisFreeBuffer, 0, 2, unlocked)                                                                                  \
    X(IoAllocateMdl, 0, 2)                                                                                             \
    X(IoFreeMdl, 0, 2)                                                                                                 \
    X(NdisAllocateMemory, 0, 2)                                                                                        \
    X(NdisAllocateMemoryWithTag, 0, 2)                                                                                 \
    X(NdisAllocateMemoryWithTagPriority, 0, 2)                                                                         \
    X(NdisFreeMemory, 0, 2)                                                                                            \
    X(NdisFreeMemoryWithTag, 0, 2)                                                                                     \
    X(ExAllocatePool, 0, 2)                                                                                            \
    X(ExAllocatePoolWithTag, 0, 2)                                                                                     \
    X(ExFreePool, 0, 2)                                                                                                \
    X(ExFreePoolWithTag, 0, 2)                                                                                         \
    X(NdisInitializeNPagedLookasideList, 0, 2)                                                                         \
    X(NdisAllocateFromNPagedLookasideList, 0, 2)                                                                       \
    X(NdisFreeToNPagedLookasideList, 0, 2)                                                                             \
    X(NdisAllocateSpinLock, 0, any_level)                                                                              \
    X(NdisFreeSpinLock, 0, any_level)                                                                                  \
    X(NdisAcquireSpinLock, 0, 2)                                                                                       \
    X(NdisReleaseSpinLock, 2, 2)                                                                                       \
    X(NdisDprAcquireSpinLock, 2, 2)                                                                                    \
    X(NdisDprReleaseSpinLock, 2, 2)                                                                                    \
    X(KeInitializeSpinLock, 0, any_level)                                                                              \
    X(KeAcquireSpinLock, 0, 2)                                                                                         \
    X(KeAcquireSpinLockRaiseToDpc, 0, 2)                                                                               \
    X(KeReleaseSpinLock, 2, 2)                                                                                         \
    X(KeAcquireSpinLockAtDpcLevel, 2, 2)                                                                               \
    X(KeReleaseSpinLockFromDpcLevel, 2, 2)                                                                             \
    X(NdisInitializeReadWriteLock, 0, any_level)                                                                       \
    X(NdisAcquireReadWriteLock, 0, 2)                                                                                  \
    X(NdisReleaseReadWriteLock, 2, 2)                                                                                  \
    X(NdisDprAcquireReadWriteLock, 2, 2)                                                                               \
    X(NdisDprReleaseReadWriteLock, 2, 2)                                                                               \
    X(NdisSetTimer, 0, 2)                                                                                              \
    X(NdisSetTimerEx, 0, 2)                                                                                            \
    X(NdisSetPeriodicTimer, 0, 2)                                                                                      \
    X(NdisMSetTimer, 0, 2)                                                                                             \
    X(NdisMSetPeriodicTimer, 0, 2)                                                                                     \
    X(KeSetTimer, 0, 2)                                                                                                \
    X(KeSetTimerEx, 0, 2)                                                                                              \
    X(NdisScheduleWorkItem, 0, 2)                                                                                      \
    X(IoQueueWorkItem, 0, 2)                                                                                           \
    X(NdisOpenConfiguration, 0, 0)                                                                                     \
    X(NdisOpenProtocolConfiguration, 0, 0)                                                                             \
    X(NdisOpenConfigurationKeyByName, 0, 0)                                                                            \
    X(NdisOpenConfigurationKeyByIndex, 0, 0)                                                                           \
    X(NdisCloseConfiguration, 0, 0)                                                                                    \
    X(NdisRegisterProtocol, 0, 0)                                                                                      \
    X(NdisDeregisterProtocol, 0, 0)                                                                                    \
    X(NdisMRegisterMiniport, 0, 0)                                                                                     \
    X(NdisIMRegisterLayeredMiniport, 0, 0)                                                                             \
    X(NdisMRegisterUnloadHandler, 0, 0)                                                                                \
    X(NdisMSetAttributesEx, 0, 0)                                                                                      \
    X(NdisMSetAttributes, 0, 0)                                                                                        \
    X(NdisOpenAdapter, 0, 0)                                                                                           \
    X(NdisCloseAdapter, 0, 0)                                                                                          \
    X(NdisCompleteUnbindAdapter, 0, 0)                                                                                 \
    X(NdisSend, 0, 2, unlocked)                                                                                        \
    X(NdisSendPackets, 0, 2, unlocked)                                                                                 \
    X(NdisReturnPackets, 0, 2, unlocked)                                                                               \
    X(NdisTransferData, 0, 2, unlocked)                                                                                \
    X(NdisRequest, 0, 2, unlocked)                                                                                     \
    X(NdisMSendComplete, 0, 2, unlocked)                                                                               \
    X(NdisMTransferDataComplete, 0, 2, unlocked)                                                                       \
    X(NdisMQueryInformationComplete, 0, 2, unlocked)                                                                   \
    X(NdisMSetInformationComplete, 0, 2, unlocked)                                                                     \
    X(NdisInitializeEvent, 0, any_level)                                                                               \
    X(NdisSetEvent, 0, 2)                                                                                              \
    X(NdisResetEvent, 0, 2)                                                                                            \
    X(NdisWaitEvent, 0, 0, waits)                                                                                      \
    X(KeInitializeEvent, 0, any_level)                                                                                 \
    X(KeSetEvent, 0, 2)                                                                                                \
    X(KeClearEvent, 0, 2)                                                                                              \
    X(KeResetEvent, 0, 2)                                                                                              \
    X(KeWaitForSingleObject, 0, 2)                                                                                     \
    X(KeWaitForMultipleObjects, 0, 2)

// Functions of which only the level, the locks held and the call itself are looked at.
#define NDISPOOL_COMMON_FUNCTIONS(X)                                                                                   \
    X(NdisInitializeTimer, 0, 2)                                                                                       \
    X(NdisMInitializeTimer, 0, 0)                                                                                      \
    X(KeInitializeTimer, 0, 2)                                                                                         \
    X(KeInitializeTimerEx, 0, 2)                                                                                       \
    X(NdisPacketSize, 0, 2)                                                                                            \
    X(NdisGetPoolFromPacket, 0, 2)                                                                                     \
    X(NdisIMGetCurrentPacketStack, 0, any_level)                                                                       \
    X(NdisUnchainBufferAtFront, 0, any_level)                                                                          \
    X(NdisUnchainBufferAtBack, 0, any_level)                                                                           \
    X(NdisGetFirstBufferFromPacket, 0, 2)                                                                              \
    X(NdisGetFirstBufferFromPacketSafe, 0, 2)                                                                          \
    X(NdisCopyFromPacketToPacket, 0, 2, unlocked)                                                                      \
    X(NdisCopyFromPacketToPacketSafe, 0, 2, unlocked)                                                                  \
    X(NdisSetPacketStatus, 0, 2)                                                                                       \
    X(NdisGetPacketCancelId, 0, 2)                                                                                     \
    X(NdisSetPacketCancelId, 0, 2)                                                                                     \
    X(NdisGeneratePartialCancelId, 0, 2)                                                                               \
    X(NdisIMCopySendPerPacketInfo, 0, any_level)                                                                       \
    X(NdisIMCopySendCompletePerPacketInfo, 0, any_level)                                                               \
    X(NdisAdjustBufferLength, 0, any_level)                                                                            \
    X(NdisQueryBuffer, 0, 2)                                                                                           \
    X(NdisQueryBufferSafe, 0, 2)                                                                                       \
    X(NdisQueryBufferOffset, 0, 2)                                                                                     \
    X(NdisBufferLength, 0, any_level)                                                                                  \
    X(NdisBufferVirtualAddress, 0, 2)                                                                                  \
    X(NdisBufferVirtualAddressSafe, 0, 2)                                                                              \
    X(NDIS_BUFFER_TO_SPAN_PAGES, 0, any_level)                                                                         \
    X(NdisGetBufferPhysicalArraySize, 0, 2)                                                                            \
    X(NdisDeleteNPagedLookasideList, 0, 2)                                                                             \
    X(NdisMSleep, 0, 0, waits)                                                                                         \
    X(NdisCancelTimer, 0, 2)                                                                                           \
    X(NdisMCancelTimer, 0, 2)                                                                                          \
    X(NdisInterlockedIncrement, 0, any_level)                                                                          \
    X(NdisInterlockedDecrement, 0, any_level)                                                                          \
    X(NdisInterlockedAddUlong, 0, any_level)                                                                           \
    X(NdisInterlockedAddLargeStatistic, 0, any_level)                                                                  \
    X(NdisInterlockedAddLargeInterger, 0, any_level)                                                                   \
    X(NdisInterlockedInsertHeadList, 0, any_level)                                                                     \
    X(NdisInterlockedInsertTailList, 0, any_level)                                                                     \
    X(NdisInterlockedRemoveHeadList, 0, any_level)                                                                     \
    X(NdisInterlockedPushEntryList, 0, any_level)                                                                      \
    X(NdisInterlockedPopEntryList, 0, any_level)                                                                       \
    X(NdisInitUnicodeString, 0, 2)                                                                                     \
    X(NdisInitAnsiString, 0, 2)                                                                                        \
    X(NdisInitializeString, 0, 0)                                                                                      \
    X(NdisEqualString, 0, 0)                                                                                           \
    X(NdisCompareUnicodeString, 0, 0)                                                                                  \
    X(NdisCompareAnsiString, 0, 0)                                                                                     \
    X(NdisUpcaseUnicodeString, 0, 0)                                                                                   \
    X(NdisAnsiStringToUnicodeString, 0, 0)                                                                             \
    X(NdisUnicodeStringToAnsiString, 0, 0)                                                                             \
    X(NdisGetCurrentSystemTime, 0, any_level)                                                                          \
    X(NdisGetSystemUpTime, 0, any_level)                                                                               \
    X(NdisStallExecution, 0, any_level)                                                                                \
    X(NdisSystemProcessorCount, 0, any_level)                                                                          \
    X(NdisGetCurrentProcessorCpuUsage, 0, 2)                                                                           \
    X(NdisGetCurrentProcessorCounts, 0, 2)                                                                             \
    X(NdisGetVersion, 0, 2)                                                                                            \
    X(NdisGetRoutineAddress, 0, 0)                                                                                     \
    X(NdisGetSharedDataAlignment, 0, any_level)                                                                        \
    X(NdisConvertNtStatusToNdisStatus, 0, any_level)                                                                   \
    X(NdisConvertNdisStatusToNtStatus, 0, any_level)                                                                   \
    X(NdisWriteEventLogEntry, 0, 2)                                                                                    \
    X(NdisOpenFile, 0, 0, refusable)                                                                                   \
    X(NdisMapFile, 0, 2)                                                                                               \
    X(NdisUnmapFile, 0, 2)                                                                                             \
    X(NdisCloseFile, 0, 0)                                                                                             \
    X(NdisInitializeWrapper, 0, 0)                                                                                     \
    X(NdisTerminateWrapper, 0, 0)                                                                                      \
    X(NdisIMDeregisterLayeredMiniport, 0, 0)                                                                           \
    X(NdisIMAssociateMiniport, 0, 0)                                                                                   \
    X(NdisCompleteBindAdapter, 0, 0)                                                                                   \
    X(NdisCompletePnPEvent, 0, 0)                                                                                      \
    X(NdisReEnumerateProtocolBindings, 0, 0)                                                                           \
    X(NdisQueryAdapterInstanceName, 0, 0, refusable)                                                                   \
    X(NdisQueryBindInstanceName, 0, 0, refusable)                                                                      \
    X(NdisMQueryAdapterInstanceName, 0, 0, refusable)                                                                  \
    X(NdisGetDriverHandle, 0, 0)                                                                                       \
    X(NdisQueryPendingIOCount, 0, 2)                                                                                   \
    X(NdisIMInitializeDeviceInstance, 0, 0, refusable)                                                                 \
    X(NdisIMInitializeDeviceInstanceEx, 0, 0, refusable)                                                               \
    X(NdisIMCancelInitializeDeviceInstance, 0, 0)                                                                      \
    X(NdisIMDeInitializeDeviceInstance, 0, 0)                                                                          \
    X(NdisIMGetDeviceContext, 0, 2)                                                                                    \
    X(NdisIMGetBindingContext, 0, 2)                                                                                   \
    X(NdisIMNotifyPnPEvent, 0, 0)                                                                                      \
    X(NdisCancelSendPackets, 0, 2, unlocked)                                                                           \
    X(NdisGetReceivedPacket, 0, 2)                                                                                     \
    X(NdisReset, 0, 2, unlocked)                                                                                       \
    X(NdisQueryReceiveInformation, 2, 2)                                                                               \
    X(NdisUnbindAdapter, 0, 2, unlocked)                                                                               \
    X(NdisSetProtocolFilter, 0, 2)                                                                                     \
    X(NdisRegisterTdiCallBack, 0, 0)                                                                                   \
    X(NdisDeregisterTdiCallBack, 0, 0)                                                                                 \
    X(NdisMSendResourcesAvailable, 0, 2, unlocked)                                                                     \
    X(NdisMResetComplete, 0, 2, unlocked)                                                                              \
    X(EthFilterDprIndicateReceive, 2, 2, unlocked)                                                                     \
    X(EthFilterDprIndicateReceiveComplete, 2, 2, unlocked)                                                             \
    X(NdisMRegisterAdapterShutdownHandler, 0, 0)                                                                       \
    X(NdisMDeregisterAdapterShutdownHandler, 0, 0)                                                                     \
    X(NdisMGetDeviceProperty, 0, any_level)                                                                            \
    X(NdisMIndicateStatus, 0, 2, unlocked)                                                                             \
    X(NdisMIndicateStatusComplete, 0, 2, unlocked)                                                                     \
    X(NdisMRegisterDevice, 0, 0, refusable)                                                                            \
    X(NdisMDeregisterDevice, 0, 0)                                                                                     \
    X(NdisReadConfiguration, 0, 0, refusable)                                                                          \
    X(NdisWriteConfiguration, 0, 0)                                                                                    \
    X(NdisReadNetworkAddress, 0, 0)                                                                                    \
    X(IoBuildPartialMdl, 0, 2)                                                                                         \
    X(MmBuildMdlForNonPagedPool, 0, 2)                                                                                 \
    X(KeReadStateEvent, 0, 2)                                                                                          \
    X(KeDelayExecutionThread, 0, 0, waits)                                                                             \
    X(KeInitializeDpc, 0, any_level)                                                                                   \
    X(KeInsertQueueDpc, 0, any_level)                                                                                  \
    X(KeRemoveQueueDpc, 0, any_level)                                                                                  \
    X(KeFlushQueuedDpcs, 0, 0, waits)                                                                                  \
    X(KeCancelTimer, 0, 2)                                                                                             \
    X(KeReadStateTimer, 0, 2)                                                                                          \
    X(IoCompleteRequest, 0, 2, unlocked)                                                                               \
    X(IoCallDriver, 0, 2)                                                                                              \
    X(IoCreateDevice, 0, 0)                                                                                            \
    X(IoDeleteDevice, 0, 0)                                                                                            \
    X(IoCreateSymbolicLink, 0, 0)                                                                                      \
    X(IoDeleteSymbolicLink, 0, 0)                                                                                      \
    X(IoAcquireCancelSpinLock, 0, 2)                                                                                   \
    X(IoReleaseCancelSpinLock, 2, 2)                                                                                   \
    X(IoCancelIrp, 0, 2)                                                                                               \
    X(IoAllocateIrp, 0, 2)                                                                                             \
    X(IoFreeIrp, 0, 2)                                                                                                 \
    X(IoAllocateWorkItem, 0, 2)                                                                                        \
    X(IoFreeWorkItem, 0, 2)                                                                                            \
    X(IoCreateNotificationEvent, 0, 0)                                                                                 \
    X(IoCreateSynchronizationEvent, 0, 0)                                                                              \
    X(ZwWaitForSingleObject, 0, 0, waits)                                                                              \
    X(PsCreateSystemThread, 0, 0)                                                                                      \
    X(ObReferenceObjectByHandle, 0, 0)                                                                                 \
    X(ObfReferenceObject, 0, 2)                                                                                        \
    X(ObfDereferenceObject, 0, 2)                                                                                      \
    X(ZwClose, 0, 0)                                                                                                   \
    X(ZwSetInformationThread, 0, 0)                                                                                    \
    X(KeEnterCriticalRegion, 0, 1)                                                                                     \
    X(KeLeaveCriticalRegion, 0, 1)                                                                                     \
    X(ProbeForRead, 0, 1)                                                                                              \
    X(ProbeForWrite, 0, 1)                                                                                             \
    X(ZwOpenKey, 0, 0)                                                                                                 \
    X(ZwCreateKey, 0, 0)                                                                                               \
    X(ZwQueryValueKey, 0, 0)                                                                                           \
    X(ZwSetValueKey, 0, 0)                                                                                             \
    X(ZwEnumerateKey, 0, 0)                                                                                            \
    X(RtlWriteRegistryValue, 0, 0)                                                                                     \
    X(RtlQueryRegistryValues, 0, 0)                                                                                    \
    X(MmProbeAndLockPages, 0, 2)                                                                                       \
    X(MmUnlockPages, 0, 2)                                                                                             \
    X(MmMapLockedPages, 0, 2)                                                                                          \
    X(MmMapLockedPagesSpecifyCache, 0, 2)                                                                              \
    X(MmUnmapLockedPages, 0, 2)                                                                                        \
    X(NdisMAllocateSharedMemory, 0, 0)                                                                                 \
    X(NdisMFreeSharedMemory, 0, 0)                                                                                     \
    X(NdisMAllocateSharedMemoryAsync, 0, 2)                                                                            \
    X(NdisMRemoveMiniport, 0, 2)                                                                                       \
    X(NdisMReenumerateFailedAdapter, 0, 2)                                                                             \
    X(NdisMCreateLog, 0, 0)                                                                                            \
    X(NdisMWriteLogData, 0, 2)                                                                                         \
    X(NdisMFlushLog, 0, 2)                                                                                             \
    X(NdisMCloseLog, 0, 0)                                                                                             \
    X(MmGetPhysicalAddress, 0, any_level)                                                                              \
    X(MmMapIoSpace, 0, 2)                                                                                              \
    X(MmUnmapIoSpace, 0, 2)                                                                                            \
    X(ExSetTimerResolution, 0, 1)                                                                                      \
    X(IoAttachDeviceToDeviceStack, 0, 2)                                                                               \
    X(IoDetachDevice, 0, 0)                                                                                            \
    X(IoGetAttachedDeviceReference, 0, 2)                                                                              \
    X(IoGetRelatedDeviceObject, 0, 2)                                                                                  \
    X(IoGetDeviceObjectPointer, 0, 0)                                                                                  \
    X(IoCreateDeviceSecure, 0, 0)                                                                                      \
    X(IoGetDeviceProperty, 0, 0)                                                                                       \
    X(IoInvalidateDeviceRelations, 0, 2)                                                                               \
    X(IoIs32bitProcess, 0, 2)                                                                                          \
    X(IoBuildSynchronousFsdRequest, 0, 0)                                                                              \
    X(IoBuildDeviceIoControlRequest, 0, 0)                                                                             \
    X(ZwCreateFile, 0, 0)                                                                                              \
    X(ZwOpenFile, 0, 0)                                                                                                \
    X(ZwReadFile, 0, 0)                                                                                                \
    X(ZwWriteFile, 0, 0)                                                                                               \
    X(ZwQueryInformationFile, 0, 0)                                                                                    \
    X(RtlCreateSecurityDescriptor, 0, 0)                                                                               \
    X(RtlSetDaclSecurityDescriptor, 0, 0)                                                                              \
    X(ZwSetSecurityObject, 0, 0)                                                                                       \
    X(KeQuerySystemTime, 0, any_level)                                                                                 \
    X(KeStallExecutionProcessor, 0, any_level)                                                                         \
    X(PsGetVersion, 0, 0)                                                                                              \
    X(RtlGetVersion, 0, 0)

namespace ndispool::verify {

// function_NdisSend: what it may do; plain_NdisSend: the plain form.
#define NDISPOOL_DECLARE_FUNCTION(name, low, high, ...)                                                                \
    inline constexpr Function function_##name{#name, low, high __VA_OPT__(, ) __VA_ARGS__};                            \
    inline decltype(&::name) plain_##name = nullptr;
NDISPOOL_SPECIAL_FUNCTIONS(NDISPOOL_DECLARE_FUNCTION)
NDISPOOL_COMMON_FUNCTIONS(NDISPOOL_DECLARE_FUNCTION)
#undef NDISPOOL_DECLARE_FUNCTION

} // namespace ndispool::verify
