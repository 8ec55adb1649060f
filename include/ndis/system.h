/* Time, processors, versions, the event log, files.
 */
#ifndef NDIS_SYSTEM_H
#define NDIS_SYSTEM_H

#include "base.h"
#include "status.h"

/* Values for NdisWriteErrorLogEntry. */
#define NDIS_ERROR_CODE_RESOURCE_CONFLICT ((NDIS_ERROR_CODE)0xC0001388)
#define NDIS_ERROR_CODE_OUT_OF_RESOURCES ((NDIS_ERROR_CODE)0xC0001389)
#define NDIS_ERROR_CODE_HARDWARE_FAILURE ((NDIS_ERROR_CODE)0xC000138A)
#define NDIS_ERROR_CODE_ADAPTER_NOT_FOUND ((NDIS_ERROR_CODE)0xC000138B)
#define NDIS_ERROR_CODE_INTERRUPT_CONNECT ((NDIS_ERROR_CODE)0xC000138C)
#define NDIS_ERROR_CODE_DRIVER_FAILURE ((NDIS_ERROR_CODE)0xC000138D)
#define NDIS_ERROR_CODE_BAD_VERSION ((NDIS_ERROR_CODE)0xC000138E)
#define NDIS_ERROR_CODE_TIMEOUT ((NDIS_ERROR_CODE)0x8000138F)
#define NDIS_ERROR_CODE_NETWORK_ADDRESS ((NDIS_ERROR_CODE)0xC0001390)
#define NDIS_ERROR_CODE_UNSUPPORTED_CONFIGURATION ((NDIS_ERROR_CODE)0xC0001391)
#define NDIS_ERROR_CODE_INVALID_VALUE_FROM_ADAPTER ((NDIS_ERROR_CODE)0xC0001392)
#define NDIS_ERROR_CODE_MISSING_CONFIGURATION_PARAMETER ((NDIS_ERROR_CODE)0xC0001393)
#define NDIS_ERROR_CODE_BAD_IO_BASE_ADDRESS ((NDIS_ERROR_CODE)0xC0001394)
#define NDIS_ERROR_CODE_RECEIVE_SPACE_SMALL ((NDIS_ERROR_CODE)0x40001395)
#define NDIS_ERROR_CODE_ADAPTER_DISABLED ((NDIS_ERROR_CODE)0x80001396)

NDIS_BEGIN_DECLS

/* ---- Time ---- */

/* 100 ns since 1601-01-01 UTC. Any IRQL. Documentation: NdisGetCurrentSystemTime. */
NDISAPI VOID NTAPI NdisGetCurrentSystemTime(OUT PLARGE_INTEGER pSystemTime);
/* Milliseconds since the system started; wraps after 49.7 days. Any IRQL. Documentation: NdisGetSystemUpTime. */
NDISAPI VOID NTAPI NdisGetSystemUpTime(OUT PULONG pSystemUpTime);
/* Busy wait, at most 50 microseconds please. Any IRQL. Documentation: NdisStallExecution. */
NDISAPI VOID NTAPI NdisStallExecution(IN UINT MicrosecondsToStall);

/* ---- Processors and versions ---- */

/* Any IRQL. Documentation: NdisSystemProcessorCount. */
NDISAPI CCHAR NTAPI NdisSystemProcessorCount(VOID);
/* Percent of its time that a processor was busy since the program started. <= DISPATCH_LEVEL.
 * Documentation: NdisGetCurrentProcessorCpuUsage. */
NDISAPI VOID NTAPI NdisGetCurrentProcessorCpuUsage(OUT PULONG pCpuUsage);
/* Idle and busy time in 100 ns, low 32 bits, and the number of the processor. <= DISPATCH_LEVEL.
 * Documentation: NdisGetCurrentProcessorCounts. */
NDISAPI VOID NTAPI NdisGetCurrentProcessorCounts(OUT PULONG pIdleCount, OUT PULONG pKernelAndUser, OUT PULONG pIndex);
/* 0x00050001. <= DISPATCH_LEVEL. Documentation: NdisGetVersion. */
NDISAPI UINT NTAPI NdisGetVersion(VOID);
/* The exported function of that name, as the calling driver can call it; NULL: there is none. PASSIVE_LEVEL.
 * Documentation: NdisGetRoutineAddress. */
NDISAPI PVOID NTAPI NdisGetRoutineAddress(IN PNDIS_STRING NdisRoutineName);
/* Bytes: a cache line. Any IRQL. Documentation: NdisGetSharedDataAlignment. */
NDISAPI ULONG NTAPI NdisGetSharedDataAlignment(VOID);
/* An NTSTATUS as NDIS says it, and back: values that both have stay, other successes become SUCCESS, other failures FAILURE. Any
 * IRQL. */
NDISAPI NDIS_STATUS NTAPI NdisConvertNtStatusToNdisStatus(IN NTSTATUS NtStatus);
NDISAPI NTSTATUS NTAPI NdisConvertNdisStatusToNtStatus(IN NDIS_STATUS NdisStatus);

/* ---- Log ---- */

/* NumberOfErrorValues ULONGs follow. <= DISPATCH_LEVEL. Documentation: NdisWriteErrorLogEntry. */
NDISAPI VOID NdisWriteErrorLogEntry(IN NDIS_HANDLE NdisAdapterHandle, IN NDIS_ERROR_CODE ErrorCode,
                                    IN ULONG NumberOfErrorValues, ...);
/* For protocols. StringsList: NumStrings PWSTRs. DataSize in bytes. SUCCESS; BUFFER_TOO_SHORT: more than fits into a log entry;
 * RESOURCES. <= DISPATCH_LEVEL. Documentation: NdisWriteEventLogEntry. */
NDISAPI NDIS_STATUS NTAPI NdisWriteEventLogEntry(IN PVOID LogHandle, IN NDIS_STATUS EventCode,
                                                 IN ULONG UniqueEventValue, IN USHORT NumStrings,
                                                 IN PVOID StringsList OPTIONAL, IN ULONG DataSize,
                                                 IN PVOID Data OPTIONAL);

/* ---- Files, read as a whole. Names are relative to the drivers' folder and may not leave it. ---- */

/* SUCCESS, with a handle and the length in bytes; FILE_NOT_FOUND, ERROR_READING_FILE, RESOURCES. PASSIVE_LEVEL.
 * Documentation: NdisOpenFile. */
NDISAPI VOID NTAPI NdisOpenFile(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE FileHandle, OUT PUINT FileLength,
                                IN PNDIS_STRING FileName, IN NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress);
/* SUCCESS, with the bytes; ALREADY_MAPPED: unmap first. <= DISPATCH_LEVEL. Documentation: NdisMapFile, NdisUnmapFile. */
NDISAPI VOID NTAPI NdisMapFile(OUT PNDIS_STATUS Status, OUT PVOID* MappedBuffer, IN NDIS_HANDLE FileHandle);
NDISAPI VOID NTAPI NdisUnmapFile(IN NDIS_HANDLE FileHandle);
/* PASSIVE_LEVEL. Documentation: NdisCloseFile. */
NDISAPI VOID NTAPI NdisCloseFile(IN NDIS_HANDLE FileHandle);

NDIS_END_DECLS

#endif
