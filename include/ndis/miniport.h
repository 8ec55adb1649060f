/* What a miniport, and the upper edge of an intermediate driver, registers and calls.
 * Documentation: NDIS Miniport Drivers (NDIS 5.1). A MiniportAdapterHandle points at an NDIS_MINIPORT_BLOCK; the macros
 * below and compiled drivers reach through it, so its public part has the Win64 layout to the byte.
 */
#ifndef NDIS_MINIPORT_H
#define NDIS_MINIPORT_H

#include "kernel.h"
#include "packet.h"
#include "request.h"
#include "status.h"
#include "sync.h"

typedef enum _NDIS_DEVICE_PNP_EVENT {
    NdisDevicePnPEventQueryRemoved,
    NdisDevicePnPEventRemoved,
    NdisDevicePnPEventSurpriseRemoved,
    NdisDevicePnPEventQueryStopped,
    NdisDevicePnPEventStopped,
    NdisDevicePnPEventPowerProfileChanged,
    NdisDevicePnPEventMaximum
} NDIS_DEVICE_PNP_EVENT,
    *PNDIS_DEVICE_PNP_EVENT;

typedef enum _NDIS_POWER_PROFILE { NdisPowerProfileBattery, NdisPowerProfileAcOnLine } NDIS_POWER_PROFILE;

/* Handlers of a miniport. `context` is the MiniportAdapterContext given to NdisMSetAttributesEx. */
typedef BOOLEAN(NTAPI* W_CHECK_FOR_HANG_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext);
typedef VOID(NTAPI* W_DISABLE_INTERRUPT_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext);
typedef VOID(NTAPI* W_ENABLE_INTERRUPT_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext);
typedef VOID(NTAPI* W_HALT_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext);
typedef VOID(NTAPI* W_HANDLE_INTERRUPT_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS(NTAPI* W_INITIALIZE_HANDLER)(OUT PNDIS_STATUS OpenErrorStatus, OUT PUINT SelectedMediumIndex,
                                                 IN PNDIS_MEDIUM MediumArray, IN UINT MediumArraySize,
                                                 IN NDIS_HANDLE MiniportAdapterHandle,
                                                 IN NDIS_HANDLE WrapperConfigurationContext);
typedef VOID(NTAPI* W_ISR_HANDLER)(OUT PBOOLEAN InterruptRecognized, OUT PBOOLEAN QueueMiniportHandleInterrupt,
                                   IN NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS(NTAPI* W_QUERY_INFORMATION_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN NDIS_OID Oid,
                                                        IN PVOID InformationBuffer, IN ULONG InformationBufferLength,
                                                        OUT PULONG BytesWritten, OUT PULONG BytesNeeded);
typedef NDIS_STATUS(NTAPI* W_RECONFIGURE_HANDLER)(OUT PNDIS_STATUS OpenErrorStatus,
                                                  IN NDIS_HANDLE MiniportAdapterContext OPTIONAL,
                                                  IN NDIS_HANDLE WrapperConfigurationContext);
typedef NDIS_STATUS(NTAPI* W_RESET_HANDLER)(OUT PBOOLEAN AddressingReset, IN NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS(NTAPI* W_SEND_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN PNDIS_PACKET Packet,
                                           IN UINT Flags);
typedef NDIS_STATUS(NTAPI* WM_SEND_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN NDIS_HANDLE NdisLinkHandle,
                                            IN PVOID Packet);
typedef NDIS_STATUS(NTAPI* W_SET_INFORMATION_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN NDIS_OID Oid,
                                                      IN PVOID InformationBuffer, IN ULONG InformationBufferLength,
                                                      OUT PULONG BytesRead, OUT PULONG BytesNeeded);
typedef NDIS_STATUS(NTAPI* W_TRANSFER_DATA_HANDLER)(OUT PNDIS_PACKET Packet, OUT PUINT BytesTransferred,
                                                    IN NDIS_HANDLE MiniportAdapterContext,
                                                    IN NDIS_HANDLE MiniportReceiveContext, IN UINT ByteOffset,
                                                    IN UINT BytesToTransfer);
typedef VOID(NTAPI* W_RETURN_PACKET_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN PNDIS_PACKET Packet);
typedef VOID(NTAPI* W_SEND_PACKETS_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN PPNDIS_PACKET PacketArray,
                                            IN UINT NumberOfPackets);
typedef VOID(NTAPI* W_ALLOCATE_COMPLETE_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN PVOID VirtualAddress,
                                                 IN PNDIS_PHYSICAL_ADDRESS PhysicalAddress, IN ULONG Length,
                                                 IN PVOID Context);
typedef VOID(NTAPI* W_CANCEL_SEND_PACKETS_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext, IN PVOID CancelId);
typedef VOID(NTAPI* W_PNP_EVENT_NOTIFY_HANDLER)(IN NDIS_HANDLE MiniportAdapterContext,
                                                IN NDIS_DEVICE_PNP_EVENT PnPEvent, IN PVOID InformationBuffer,
                                                IN ULONG InformationBufferLength);
typedef VOID(NTAPI* W_MINIPORT_SHUTDOWN_HANDLER)(IN PVOID ShutdownContext);
typedef W_MINIPORT_SHUTDOWN_HANDLER ADAPTER_SHUTDOWN_HANDLER;
typedef W_PNP_EVENT_NOTIFY_HANDLER ADAPTER_PNP_EVENT_NOTIFY_HANDLER;

/* The characteristics grew by appending. Members new in a version stand behind those of the one before. */
#define NDIS30_MINIPORT_CHARACTERISTICS_S                                                                              \
    UCHAR MajorNdisVersion;                                                                                            \
    UCHAR MinorNdisVersion;                                                                                            \
    UINT Reserved;                                                                                                     \
    W_CHECK_FOR_HANG_HANDLER CheckForHangHandler;                                                                      \
    W_DISABLE_INTERRUPT_HANDLER DisableInterruptHandler;                                                               \
    W_ENABLE_INTERRUPT_HANDLER EnableInterruptHandler;                                                                 \
    W_HALT_HANDLER HaltHandler;                                                                                        \
    W_HANDLE_INTERRUPT_HANDLER HandleInterruptHandler;                                                                 \
    W_INITIALIZE_HANDLER InitializeHandler;                                                                            \
    W_ISR_HANDLER ISRHandler;                                                                                          \
    W_QUERY_INFORMATION_HANDLER QueryInformationHandler;                                                               \
    W_RECONFIGURE_HANDLER ReconfigureHandler;                                                                          \
    W_RESET_HANDLER ResetHandler;                                                                                      \
    __extension__ union {                                                                                              \
        W_SEND_HANDLER SendHandler;                                                                                    \
        WM_SEND_HANDLER WanSendHandler;                                                                                \
    };                                                                                                                 \
    W_SET_INFORMATION_HANDLER SetInformationHandler;                                                                   \
    __extension__ union {                                                                                              \
        W_TRANSFER_DATA_HANDLER TransferDataHandler;                                                                   \
        PVOID WanTransferDataHandler;                                                                                  \
    };

#define NDIS40_MINIPORT_CHARACTERISTICS_S                                                                              \
    NDIS30_MINIPORT_CHARACTERISTICS_S                                                                                  \
    W_RETURN_PACKET_HANDLER ReturnPacketHandler;                                                                       \
    W_SEND_PACKETS_HANDLER SendPacketsHandler;                                                                         \
    W_ALLOCATE_COMPLETE_HANDLER AllocateCompleteHandler;

/* Connection-oriented handlers: kept for the layout, connection-oriented miniports are refused at registration. */
#define NDIS50_MINIPORT_CHARACTERISTICS_S                                                                              \
    NDIS40_MINIPORT_CHARACTERISTICS_S                                                                                  \
    PVOID CoCreateVcHandler;                                                                                           \
    PVOID CoDeleteVcHandler;                                                                                           \
    PVOID CoActivateVcHandler;                                                                                         \
    PVOID CoDeactivateVcHandler;                                                                                       \
    PVOID CoSendPacketsHandler;                                                                                        \
    PVOID CoRequestHandler;

#define NDIS51_MINIPORT_CHARACTERISTICS_S                                                                              \
    NDIS50_MINIPORT_CHARACTERISTICS_S                                                                                  \
    W_CANCEL_SEND_PACKETS_HANDLER CancelSendPacketsHandler;                                                            \
    W_PNP_EVENT_NOTIFY_HANDLER PnPEventNotifyHandler;                                                                  \
    W_MINIPORT_SHUTDOWN_HANDLER AdapterShutdownHandler;                                                                \
    PVOID Reserved1;                                                                                                   \
    PVOID Reserved2;                                                                                                   \
    PVOID Reserved3;                                                                                                   \
    PVOID Reserved4;

typedef struct _NDIS30_MINIPORT_CHARACTERISTICS {
    NDIS30_MINIPORT_CHARACTERISTICS_S
} NDIS30_MINIPORT_CHARACTERISTICS;
typedef struct _NDIS40_MINIPORT_CHARACTERISTICS {
    NDIS40_MINIPORT_CHARACTERISTICS_S
} NDIS40_MINIPORT_CHARACTERISTICS;
typedef struct _NDIS50_MINIPORT_CHARACTERISTICS {
    NDIS50_MINIPORT_CHARACTERISTICS_S
} NDIS50_MINIPORT_CHARACTERISTICS;
typedef struct _NDIS51_MINIPORT_CHARACTERISTICS {
    NDIS51_MINIPORT_CHARACTERISTICS_S
} NDIS51_MINIPORT_CHARACTERISTICS;

NDIS_STATIC_ASSERT(sizeof(NDIS30_MINIPORT_CHARACTERISTICS) == 112, "the length a 3.0 driver passes");
NDIS_STATIC_ASSERT(sizeof(NDIS40_MINIPORT_CHARACTERISTICS) == 136, "the length a 4.0 driver passes");
NDIS_STATIC_ASSERT(sizeof(NDIS50_MINIPORT_CHARACTERISTICS) == 184, "the length a 5.0 driver passes");
NDIS_STATIC_ASSERT(sizeof(NDIS51_MINIPORT_CHARACTERISTICS) == 240, "the length a 5.1 driver passes");
NDIS_STATIC_ASSERT(offsetof(NDIS51_MINIPORT_CHARACTERISTICS, SendPacketsHandler) == 120, "Win64 characteristics");

/* Which one the driver means is a define of its build, as with the Windows headers; 5.1 when it does not say. */
#if defined(NDIS40_MINIPORT)
typedef NDIS40_MINIPORT_CHARACTERISTICS NDIS_MINIPORT_CHARACTERISTICS, *PNDIS_MINIPORT_CHARACTERISTICS;
#elif defined(NDIS50_MINIPORT)
typedef NDIS50_MINIPORT_CHARACTERISTICS NDIS_MINIPORT_CHARACTERISTICS, *PNDIS_MINIPORT_CHARACTERISTICS;
#else
typedef NDIS51_MINIPORT_CHARACTERISTICS NDIS_MINIPORT_CHARACTERISTICS, *PNDIS_MINIPORT_CHARACTERISTICS;
#endif

/* Entries of a miniport block. */
typedef VOID(NTAPI* FILTER_PACKET_INDICATION_HANDLER)(IN NDIS_HANDLE Miniport, IN PPNDIS_PACKET PacketArray,
                                                      IN UINT NumberOfPackets);
typedef VOID(NTAPI* NDIS_M_SEND_COMPLETE_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle, IN PNDIS_PACKET Packet,
                                                  IN NDIS_STATUS Status);
typedef VOID(NTAPI* NDIS_M_SEND_RESOURCES_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle);
typedef VOID(NTAPI* NDIS_M_RESET_COMPLETE_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS Status,
                                                   IN BOOLEAN AddressingReset);
typedef VOID(NTAPI* ETH_RCV_INDICATE_HANDLER)(IN PVOID Filter, IN NDIS_HANDLE MacReceiveContext, IN PCHAR Address,
                                              IN PVOID HeaderBuffer, IN UINT HeaderBufferSize, IN PVOID LookaheadBuffer,
                                              IN UINT LookaheadBufferSize, IN UINT PacketSize);
typedef VOID(NTAPI* ETH_RCV_COMPLETE_HANDLER)(IN PVOID Filter);
typedef VOID(NTAPI* NDIS_M_STATUS_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS GeneralStatus,
                                           IN PVOID StatusBuffer, IN UINT StatusBufferSize);
typedef VOID(NTAPI* NDIS_M_STS_COMPLETE_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle);
typedef VOID(NTAPI* NDIS_M_TD_COMPLETE_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle, IN PNDIS_PACKET Packet,
                                                IN NDIS_STATUS Status, IN UINT BytesTransferred);
typedef VOID(NTAPI* NDIS_M_REQ_COMPLETE_HANDLER)(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS Status);
/* Entries for other media than Ethernet. Drivers that know several media call them through the macros below. */
typedef VOID(NTAPI* NDIS_M_UNUSED_HANDLER)(VOID);
typedef VOID(NTAPI* TR_RCV_INDICATE_HANDLER)(IN PVOID Filter, IN NDIS_HANDLE MacReceiveContext, IN PVOID Header,
                                             IN PVOID HeaderBuffer, IN UINT HeaderBufferSize, IN PVOID LookaheadBuffer,
                                             IN UINT LookaheadBufferSize, IN UINT PacketSize);
typedef VOID(NTAPI* FDDI_RCV_INDICATE_HANDLER)(IN PVOID Filter, IN NDIS_HANDLE MacReceiveContext, IN PUCHAR Address,
                                               IN UINT AddressLength, IN PVOID HeaderBuffer, IN UINT HeaderBufferSize,
                                               IN PVOID LookaheadBuffer, IN UINT LookaheadBufferSize,
                                               IN UINT PacketSize);
typedef VOID(NTAPI* TR_RCV_COMPLETE_HANDLER)(IN PVOID Filter);
typedef VOID(NTAPI* FDDI_RCV_COMPLETE_HANDLER)(IN PVOID Filter);
#define FDDI_LENGTH_OF_LONG_ADDRESS 6
#define FDDI_LENGTH_OF_SHORT_ADDRESS 2

/* Public part of the block; the host keeps its own data behind it. Members that drivers have no business with are kept for
 * their offsets; the ones filled in are MiniportName, MiniportAdapterContext, MediaType, MacOptions, the device objects, the
 * limits, and every handler. */
typedef struct _NDIS_MINIPORT_BLOCK {
    PVOID Header;
    struct _NDIS_MINIPORT_BLOCK* NextMiniport;
    NDIS_HANDLE DriverHandle;
    NDIS_HANDLE MiniportAdapterContext;
    UNICODE_STRING MiniportName;
    PVOID BindPaths;
    NDIS_HANDLE OpenQueue;
    UCHAR ShortRef[16];
    NDIS_HANDLE DeviceContext;
    UCHAR Padding1;
    UCHAR LockAcquired;
    UCHAR PmodeOpens;
    UCHAR AssignedProcessor;
    KSPIN_LOCK Lock;
    PNDIS_REQUEST MediaRequest;
    PVOID Interrupt;
    ULONG Flags;
    ULONG PnPFlags;
    LIST_ENTRY PacketList;
    PNDIS_PACKET FirstPendingPacket;
    PNDIS_PACKET ReturnPacketsQueue;
    ULONG RequestBuffer;
    PVOID SetMCastBuffer;
    struct _NDIS_MINIPORT_BLOCK* PrimaryMiniport;
    PVOID WrapperContext;
    PVOID BusDataContext;
    ULONG PnPCapabilities;
    PVOID Resources;
    PVOID WakeUpDpcTimer[16]; /* an NDIS_TIMER */
    UNICODE_STRING BaseName;
    UNICODE_STRING SymbolicLinkName;
    ULONG CheckForHangSeconds;
    USHORT CFHangTicks;
    USHORT CFHangCurrentTick;
    NDIS_STATUS ResetStatus;
    NDIS_HANDLE ResetOpen;
    PVOID EthDB;
    PVOID TrDB;
    PVOID FddiDB;
    PVOID ArcDB;
    FILTER_PACKET_INDICATION_HANDLER PacketIndicateHandler;
    NDIS_M_SEND_COMPLETE_HANDLER SendCompleteHandler;
    NDIS_M_SEND_RESOURCES_HANDLER SendResourcesHandler;
    NDIS_M_RESET_COMPLETE_HANDLER ResetCompleteHandler;
    NDIS_MEDIUM MediaType;
    ULONG BusNumber;
    NDIS_INTERFACE_TYPE BusType;
    NDIS_INTERFACE_TYPE AdapterType;
    PDEVICE_OBJECT DeviceObject;
    PDEVICE_OBJECT PhysicalDeviceObject;
    PDEVICE_OBJECT NextDeviceObject;
    PVOID MapRegisters;
    PVOID CallMgrAfList;
    PVOID MiniportThread;
    PVOID SetInfoBuf;
    USHORT SetInfoBufLen;
    USHORT MaxSendPackets;
    NDIS_STATUS FakeStatus;
    PVOID LockHandler;
    PUNICODE_STRING pAdapterInstanceName;
    PVOID TimerQueue;
    UINT MacOptions;
    PNDIS_REQUEST PendingRequest;
    UINT MaximumLongAddresses;
    UINT MaximumShortAddresses;
    UINT CurrentLookahead;
    UINT MaximumLookahead;
    W_HANDLE_INTERRUPT_HANDLER HandleInterruptHandler;
    W_DISABLE_INTERRUPT_HANDLER DisableInterruptHandler;
    W_ENABLE_INTERRUPT_HANDLER EnableInterruptHandler;
    W_SEND_PACKETS_HANDLER SendPacketsHandler;
    PVOID DeferredSendHandler;
    ETH_RCV_INDICATE_HANDLER EthRxIndicateHandler;
    TR_RCV_INDICATE_HANDLER TrRxIndicateHandler;
    FDDI_RCV_INDICATE_HANDLER FddiRxIndicateHandler;
    ETH_RCV_COMPLETE_HANDLER EthRxCompleteHandler;
    TR_RCV_COMPLETE_HANDLER TrRxCompleteHandler;
    FDDI_RCV_COMPLETE_HANDLER FddiRxCompleteHandler;
    NDIS_M_STATUS_HANDLER StatusHandler;
    NDIS_M_STS_COMPLETE_HANDLER StatusCompleteHandler;
    NDIS_M_TD_COMPLETE_HANDLER TDCompleteHandler;
    NDIS_M_REQ_COMPLETE_HANDLER QueryCompleteHandler;
    NDIS_M_REQ_COMPLETE_HANDLER SetCompleteHandler;
    NDIS_M_UNUSED_HANDLER WanSendCompleteHandler;
    NDIS_M_UNUSED_HANDLER WanRcvHandler;
    NDIS_M_UNUSED_HANDLER WanRcvCompleteHandler;
} NDIS_MINIPORT_BLOCK, *PNDIS_MINIPORT_BLOCK;

NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, MiniportAdapterContext) == 24, "some drivers read it");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, WakeUpDpcTimer) == 216, "Win64 miniport block");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, EthDB) == 0x190, "first argument of NdisMEthIndicateReceive");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, PacketIndicateHandler) == 0x1b0, "NdisMIndicateReceivePacket");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, SendCompleteHandler) == 0x1b8, "NdisMSendComplete");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, ResetCompleteHandler) == 0x1c8, "NdisMResetComplete");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, MediaType) == 464, "some drivers read it");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, MacOptions) == 568, "some drivers read it");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, EthRxIndicateHandler) == 0x280, "NdisMEthIndicateReceive");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, EthRxCompleteHandler) == 0x298, "NdisMEthIndicateReceiveComplete");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, StatusHandler) == 0x2b0, "NdisMIndicateStatus");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, TDCompleteHandler) == 0x2c0, "NdisMTransferDataComplete");
NDIS_STATIC_ASSERT(offsetof(NDIS_MINIPORT_BLOCK, SetCompleteHandler) == 0x2d0, "NdisMSetInformationComplete");
NDIS_STATIC_ASSERT(sizeof(NDIS_MINIPORT_BLOCK) == 752, "public part of the block");

/* AttributeFlags of NdisMSetAttributesEx. */
#define NDIS_ATTRIBUTE_IGNORE_PACKET_TIMEOUT 0x00000001
#define NDIS_ATTRIBUTE_IGNORE_REQUEST_TIMEOUT 0x00000002
#define NDIS_ATTRIBUTE_IGNORE_TOKEN_RING_ERRORS 0x00000004
#define NDIS_ATTRIBUTE_BUS_MASTER 0x00000008
#define NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER 0x00000010
#define NDIS_ATTRIBUTE_DESERIALIZE 0x00000020
#define NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND 0x00000040
#define NDIS_ATTRIBUTE_SURPRISE_REMOVE_OK 0x00000080
#define NDIS_ATTRIBUTE_NOT_CO_NDIS 0x00000100
#define NDIS_ATTRIBUTE_USES_SAFE_BUFFER_APIS 0x00000200

typedef struct _NDIS_MINIPORT_TIMER {
    UCHAR Timer[64];
    UCHAR Dpc[64];
    PNDIS_TIMER_FUNCTION MiniportTimerFunction;
    PVOID MiniportTimerContext;
    PNDIS_MINIPORT_BLOCK Miniport;
    struct _NDIS_MINIPORT_TIMER* NextDeferredTimer;
} NDIS_MINIPORT_TIMER, *PNDIS_MINIPORT_TIMER;
NDIS_STATIC_ASSERT(sizeof(NDIS_MINIPORT_TIMER) == 160, "embedded in drivers' contexts");

NDIS_BEGIN_DECLS

/* ---- Registration. PASSIVE_LEVEL, from DriverEntry. ---- */

/* First call of a NIC or intermediate driver. SystemSpecific1 is DriverObject, 2 is RegistryPath, 3 is NULL.
 * *NdisWrapperHandle is NULL on failure; there is no status. Documentation: NdisMInitializeWrapper. */
NDISAPI VOID NTAPI NdisInitializeWrapper(OUT PNDIS_HANDLE NdisWrapperHandle, IN PVOID SystemSpecific1,
                                         IN PVOID SystemSpecific2, IN PVOID SystemSpecific3);
#define NdisMInitializeWrapper(Handle, SS1, SS2, SS3) NdisInitializeWrapper(Handle, SS1, SS2, SS3)

/* Undoes NdisMInitializeWrapper when registration or the rest of DriverEntry fails. NULL and a second call are tolerated.
 * Documentation: NdisTerminateWrapper. */
NDISAPI VOID NTAPI NdisTerminateWrapper(IN NDIS_HANDLE NdisWrapperHandle, IN PVOID SystemSpecific);

/* SUCCESS; BAD_CHARACTERISTICS (length too small for the version, or a mandatory handler missing); BAD_VERSION (not 4.0, 5.0
 * or 5.1); RESOURCES. MiniportInitialize is called later, never before DriverEntry returned. Documentation:
 * NdisMRegisterMiniport. */
NDISAPI NDIS_STATUS NTAPI NdisMRegisterMiniport(IN NDIS_HANDLE NdisWrapperHandle,
                                                IN PNDIS_MINIPORT_CHARACTERISTICS MiniportCharacteristics,
                                                IN UINT CharacteristicsLength);

/* Called once, after every adapter of the driver is halted. Documentation: NdisMRegisterUnloadHandler. */
NDISAPI VOID NTAPI NdisMRegisterUnloadHandler(IN NDIS_HANDLE NdisWrapperHandle, IN PDRIVER_UNLOAD UnloadHandler);

/* A control device. SUCCESS, NOT_SUPPORTED, RESOURCES. MajorFunctions has IRP_MJ_MAXIMUM_FUNCTION + 1 entries and is copied.
 * PASSIVE_LEVEL, also from MiniportInitialize. Documentation: NdisMRegisterDevice. */
NDISAPI NDIS_STATUS NTAPI NdisMRegisterDevice(IN NDIS_HANDLE NdisWrapperHandle, IN PNDIS_STRING DeviceName,
                                              IN PNDIS_STRING SymbolicName, IN PDRIVER_DISPATCH* MajorFunctions,
                                              OUT PDEVICE_OBJECT* pDeviceObject, OUT NDIS_HANDLE* NdisDeviceHandle);
NDISAPI NDIS_STATUS NTAPI NdisMDeregisterDevice(IN NDIS_HANDLE NdisDeviceHandle);

/* ---- In MiniportInitialize and MiniportHalt. PASSIVE_LEVEL. ---- */

/* The context becomes the first argument of every handler. CheckForHangTimeInSeconds: 0 = every 2 s.
 * Documentation: NdisMSetAttributesEx. */
NDISAPI VOID NTAPI NdisMSetAttributesEx(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_HANDLE MiniportAdapterContext,
                                        IN UINT CheckForHangTimeInSeconds, IN ULONG AttributeFlags,
                                        IN NDIS_INTERFACE_TYPE AdapterType);
/* The same for drivers of NDIS 4.0 and before, whose miniports are serialized. Documentation: NdisMSetAttributes. */
NDISAPI VOID NTAPI NdisMSetAttributes(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_HANDLE MiniportAdapterContext,
                                      IN BOOLEAN BusMaster, IN NDIS_INTERFACE_TYPE AdapterType);
#define NdisMSetAttributes(Handle, Context, BusMaster, Type)                                                           \
    NdisMSetAttributesEx(Handle, Context, 0, (BusMaster) ? NDIS_ATTRIBUTE_BUS_MASTER : 0, Type)

/* Memory a card would reach by DMA. NULL when there is none. Documentation: NdisMAllocateSharedMemory. */
NDISAPI VOID NTAPI NdisMAllocateSharedMemory(IN NDIS_HANDLE MiniportAdapterHandle, IN ULONG Length, IN BOOLEAN Cached,
                                             OUT PVOID* VirtualAddress, OUT PNDIS_PHYSICAL_ADDRESS PhysicalAddress);
NDISAPI VOID NTAPI NdisMFreeSharedMemory(IN NDIS_HANDLE MiniportAdapterHandle, IN ULONG Length, IN BOOLEAN Cached,
                                         IN PVOID VirtualAddress, IN NDIS_PHYSICAL_ADDRESS PhysicalAddress);
/* PENDING, then MiniportAllocateComplete; RESOURCES; NOT_SUPPORTED without that handler. Up to DISPATCH_LEVEL.
 * Documentation: NdisMAllocateSharedMemoryAsync. */
NDISAPI NDIS_STATUS NTAPI NdisMAllocateSharedMemoryAsync(IN NDIS_HANDLE MiniportAdapterHandle, IN ULONG Length,
                                                         IN BOOLEAN Cached, IN PVOID Context);

/* FAILURE: no adapter here has hardware resources. Documentation: NdisMQueryAdapterResources. */
typedef struct _CM_PARTIAL_RESOURCE_LIST NDIS_RESOURCE_LIST, *PNDIS_RESOURCE_LIST;
NDISAPI VOID NTAPI NdisMQueryAdapterResources(OUT PNDIS_STATUS Status, IN NDIS_HANDLE WrapperConfigurationContext,
                                              OUT PNDIS_RESOURCE_LIST ResourceList, IN OUT PUINT BufferSize);

/* A log of the last Size bytes, one for each adapter. SUCCESS, RESOURCES, FAILURE (there is one); a write is up to
 * DISPATCH_LEVEL and BUFFER_OVERFLOW when it is larger than the log. Documentation: NdisMCreateLog, NdisMWriteLogData. */
NDISAPI NDIS_STATUS NTAPI NdisMCreateLog(IN NDIS_HANDLE MiniportAdapterHandle, IN UINT Size,
                                         OUT PNDIS_HANDLE LogHandle);
NDISAPI NDIS_STATUS NTAPI NdisMWriteLogData(IN NDIS_HANDLE LogHandle, IN PVOID LogBuffer, IN UINT LogBufferSize);
NDISAPI VOID NTAPI NdisMFlushLog(IN NDIS_HANDLE LogHandle);
NDISAPI VOID NTAPI NdisMCloseLog(IN NDIS_HANDLE LogHandle);

/* The adapter is dead: NDIS unbinds and halts it soon. Documentation: NdisMRemoveMiniport. */
NDISAPI NDIS_STATUS NTAPI NdisMRemoveMiniport(IN NDIS_HANDLE MiniportAdapterHandle);
/* The adapter failed: it is removed as by surprise soon, and a new one is put in its place. No page describes it: this is what its
 * name says. An adapter of an intermediate driver is only removed: the driver makes it anew when it likes. */
NDISAPI NDIS_STATUS NTAPI NdisMReenumerateFailedAdapter(IN NDIS_HANDLE MiniportAdapterHandle);
/* NOT_SUPPORTED: there are no bundles of miniports. Documentation: NdisMSetMiniportSecondary, NdisMPromoteMiniport. */
NDISAPI NDIS_STATUS NTAPI NdisMSetMiniportSecondary(IN NDIS_HANDLE MiniportAdapterHandle,
                                                    IN NDIS_HANDLE PrimaryMiniportAdapterHandle);
NDISAPI NDIS_STATUS NTAPI NdisMPromoteMiniport(IN NDIS_HANDLE MiniportAdapterHandle);

NDISAPI VOID NTAPI NdisMRegisterAdapterShutdownHandler(IN NDIS_HANDLE MiniportAdapterHandle, IN PVOID ShutdownContext,
                                                       IN ADAPTER_SHUTDOWN_HANDLER ShutdownHandler);
NDISAPI VOID NTAPI NdisMDeregisterAdapterShutdownHandler(IN NDIS_HANDLE MiniportAdapterHandle);

/* All device objects and resources are NULL: there is no hardware. Any IRQL. Documentation: NdisMGetDeviceProperty. */
NDISAPI VOID NTAPI NdisMGetDeviceProperty(IN NDIS_HANDLE MiniportAdapterHandle,
                                          OUT PDEVICE_OBJECT* PhysicalDeviceObject,
                                          OUT PDEVICE_OBJECT* FunctionalDeviceObject,
                                          OUT PDEVICE_OBJECT* NextDeviceObject, OUT PVOID* AllocatedResources,
                                          OUT PVOID* AllocatedResourcesTranslated);

/* SUCCESS or RESOURCES; the caller frees Buffer with NdisFreeMemory(Buffer, 0, 0). PASSIVE_LEVEL. */
NDISAPI NDIS_STATUS NTAPI NdisMQueryAdapterInstanceName(OUT PNDIS_STRING AdapterInstanceName,
                                                        IN NDIS_HANDLE MiniportAdapterHandle);

/* ---- Timers of a miniport. The function runs at DISPATCH_LEVEL; for a serialized miniport under its lock. ---- */

/* PASSIVE_LEVEL. The storage is the driver's. Documentation: NdisMInitializeTimer. */
NDISAPI VOID NTAPI NdisMInitializeTimer(IN OUT PNDIS_MINIPORT_TIMER Timer, IN NDIS_HANDLE MiniportAdapterHandle,
                                        IN PNDIS_TIMER_FUNCTION TimerFunction, IN PVOID FunctionContext);
/* <= DISPATCH_LEVEL; milliseconds. Setting again replaces what was set. Documentation: NdisMSetTimer, NdisMSetPeriodicTimer. */
NDISAPI VOID NTAPI NdisMSetTimer(IN PNDIS_MINIPORT_TIMER Timer, IN UINT MillisecondsToDelay);
NDISAPI VOID NTAPI NdisMSetPeriodicTimer(IN PNDIS_MINIPORT_TIMER Timer, IN UINT MillisecondsPeriod);
/* TRUE: it was queued and will not run. FALSE: not set, or its function has started; never waits. <= DISPATCH_LEVEL.
 * Documentation: NdisMCancelTimer. */
NDISAPI VOID NTAPI NdisMCancelTimer(IN PNDIS_MINIPORT_TIMER Timer, OUT PBOOLEAN TimerCancelled);

/* ---- Completions and indications. DISPATCH_LEVEL for serialized miniports, <= DISPATCH_LEVEL for others; no spin lock of
 * the driver held. Each is an export and an entry of the miniport block; both reach the same code. ---- */

/* The send of Packet is over. A final status of RESOURCES is forbidden and treated as FAILURE. Documentation: NdisMSendComplete. */
NDISAPI VOID NTAPI NdisMSendComplete(IN NDIS_HANDLE MiniportAdapterHandle, IN PNDIS_PACKET Packet,
                                     IN NDIS_STATUS Status);
NDISAPI VOID NTAPI NdisMSendResourcesAvailable(IN NDIS_HANDLE MiniportAdapterHandle);
NDISAPI VOID NTAPI NdisMResetComplete(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS Status,
                                      IN BOOLEAN AddressingReset);
NDISAPI VOID NTAPI NdisMTransferDataComplete(IN NDIS_HANDLE MiniportAdapterHandle, IN PNDIS_PACKET Packet,
                                             IN NDIS_STATUS Status, IN UINT BytesTransferred);
NDISAPI VOID NTAPI NdisMQueryInformationComplete(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS Status);
NDISAPI VOID NTAPI NdisMSetInformationComplete(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS Status);
NDISAPI VOID NTAPI NdisMIndicateStatus(IN NDIS_HANDLE MiniportAdapterHandle, IN NDIS_STATUS GeneralStatus,
                                       IN PVOID StatusBuffer, IN UINT StatusBufferSize);
NDISAPI VOID NTAPI NdisMIndicateStatusComplete(IN NDIS_HANDLE MiniportAdapterHandle);

/* Lends NumberOfPackets (>= 1) packets upward. Each packet's out-of-band status must be NDIS_STATUS_SUCCESS (lent; it comes back
 * through MiniportReturnPacket) or NDIS_STATUS_RESOURCES (for it and all that follow in the array: back when this returns).
 * A macro only, as in the Windows headers. Documentation: NdisMIndicateReceivePacket. */
#define NdisMIndicateReceivePacket(Handle, Packets, NumberOfPackets)                                                   \
    (((PNDIS_MINIPORT_BLOCK)(Handle))->PacketIndicateHandler((Handle), (Packets), (NumberOfPackets)))

/* Lookahead indication. PacketSize is bytes without the header; the buffers are read-only and valid during the call only.
 * Documentation: NdisMEthIndicateReceive, NdisMEthIndicateReceiveComplete. */
#define NdisMEthIndicateReceive(Handle, ReceiveContext, HeaderBuffer, HeaderBufferSize, LookaheadBuffer,               \
                                LookaheadBufferSize, PacketSize)                                                       \
    (((PNDIS_MINIPORT_BLOCK)(Handle))                                                                                  \
         ->EthRxIndicateHandler(((PNDIS_MINIPORT_BLOCK)(Handle))->EthDB, (ReceiveContext), (PCHAR)(HeaderBuffer),      \
                                (HeaderBuffer), (HeaderBufferSize), (LookaheadBuffer), (LookaheadBufferSize),          \
                                (PacketSize)))
#define NdisMEthIndicateReceiveComplete(Handle)                                                                        \
    (((PNDIS_MINIPORT_BLOCK)(Handle))->EthRxCompleteHandler(((PNDIS_MINIPORT_BLOCK)(Handle))->EthDB))

/* The same for token ring and FDDI, which no adapter here is: drivers that know several media compile, and a call is reported and
 * indicates nothing. */
#define NdisMTrIndicateReceive(Handle, ReceiveContext, HeaderBuffer, HeaderBufferSize, LookaheadBuffer,                \
                               LookaheadBufferSize, PacketSize)                                                        \
    (((PNDIS_MINIPORT_BLOCK)(Handle))                                                                                  \
         ->TrRxIndicateHandler(((PNDIS_MINIPORT_BLOCK)(Handle))->TrDB, (ReceiveContext), (HeaderBuffer),               \
                               (HeaderBuffer), (HeaderBufferSize), (LookaheadBuffer), (LookaheadBufferSize),           \
                               (PacketSize)))
#define NdisMTrIndicateReceiveComplete(Handle)                                                                         \
    (((PNDIS_MINIPORT_BLOCK)(Handle))->TrRxCompleteHandler(((PNDIS_MINIPORT_BLOCK)(Handle))->TrDB))
#define NdisMFddiIndicateReceive(Handle, ReceiveContext, HeaderBuffer, HeaderBufferSize, LookaheadBuffer,              \
                                 LookaheadBufferSize, PacketSize)                                                      \
    (((PNDIS_MINIPORT_BLOCK)(Handle))                                                                                  \
         ->FddiRxIndicateHandler(                                                                                      \
             ((PNDIS_MINIPORT_BLOCK)(Handle))->FddiDB, (ReceiveContext), (PUCHAR)(HeaderBuffer) + 1,                   \
             (*(PUCHAR)(HeaderBuffer)&0x40) != 0 ? FDDI_LENGTH_OF_LONG_ADDRESS : FDDI_LENGTH_OF_SHORT_ADDRESS,         \
             (HeaderBuffer), (HeaderBufferSize), (LookaheadBuffer), (LookaheadBufferSize), (PacketSize)))
#define NdisMFddiIndicateReceiveComplete(Handle)                                                                       \
    (((PNDIS_MINIPORT_BLOCK)(Handle))->FddiRxCompleteHandler(((PNDIS_MINIPORT_BLOCK)(Handle))->FddiDB))

/* The same two as entry points of the filter library. Filter is the block's EthDB. */
NDISAPI VOID NTAPI EthFilterDprIndicateReceive(IN PVOID Filter, IN NDIS_HANDLE MacReceiveContext, IN PCHAR Address,
                                               IN PVOID HeaderBuffer, IN UINT HeaderBufferSize,
                                               IN PVOID LookaheadBuffer, IN UINT LookaheadBufferSize,
                                               IN UINT PacketSize);
NDISAPI VOID NTAPI EthFilterDprIndicateReceiveComplete(IN PVOID Filter);

NDIS_END_DECLS

#endif
