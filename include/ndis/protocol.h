/* What a protocol, and the lower edge of an intermediate driver, registers and calls.
 * Documentation: NDIS Protocol Drivers (NDIS 5.1). An NdisBindingHandle points at an NDIS_OPEN_BLOCK; compiled drivers call
 * send and request functions through it, so its public part has the Win64 layout to the byte.
 */
#ifndef NDIS_PROTOCOL_H
#define NDIS_PROTOCOL_H

#include "packet.h"
#include "request.h"
#include "status.h"

typedef enum _NET_PNP_EVENT_CODE {
    NetEventSetPower,           /* Buffer: NDIS_DEVICE_POWER_STATE */
    NetEventQueryPower,         /* Buffer: NDIS_DEVICE_POWER_STATE */
    NetEventQueryRemoveDevice,  /* no buffer; FAILURE vetoes */
    NetEventCancelRemoveDevice, /* no buffer */
    NetEventReconfigure,        /* context NULL or a binding; Buffer: the protocol's own, or NULL */
    NetEventBindList,           /* context NULL; Buffer: zero-terminated device names in preferred order */
    NetEventBindsComplete,      /* context NULL; no buffer */
    NetEventPnPCapabilities,    /* Buffer: flags of NDIS_PNP_CAPABILITIES */
    NetEventMaximum
} NET_PNP_EVENT_CODE,
    *PNET_PNP_EVENT_CODE;

typedef struct _NET_PNP_EVENT {
    NET_PNP_EVENT_CODE NetEvent;
    PVOID Buffer;
    ULONG BufferLength;
    ULONG_PTR NdisReserved[4];
    ULONG_PTR TransportReserved[4];
    ULONG_PTR TdiReserved[4];
    ULONG_PTR TdiClientReserved[4];
} NET_PNP_EVENT, *PNET_PNP_EVENT;
NDIS_STATIC_ASSERT(sizeof(NET_PNP_EVENT) == 152 && offsetof(NET_PNP_EVENT, NdisReserved) == 24, "Win64 NET_PNP_EVENT");

/* Handlers of a protocol. `context` is the ProtocolBindingContext given to NdisOpenAdapter. */
typedef VOID(NTAPI* OPEN_ADAPTER_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN NDIS_STATUS Status,
                                                   IN NDIS_STATUS OpenErrorStatus);
typedef VOID(NTAPI* CLOSE_ADAPTER_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN NDIS_STATUS Status);
typedef VOID(NTAPI* RESET_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN NDIS_STATUS Status);
typedef VOID(NTAPI* REQUEST_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN PNDIS_REQUEST NdisRequest,
                                              IN NDIS_STATUS Status);
typedef VOID(NTAPI* STATUS_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN NDIS_STATUS GeneralStatus,
                                    IN PVOID StatusBuffer, IN UINT StatusBufferSize);
typedef VOID(NTAPI* STATUS_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext);
typedef VOID(NTAPI* SEND_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN PNDIS_PACKET Packet,
                                           IN NDIS_STATUS Status);
typedef VOID(NTAPI* TRANSFER_DATA_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN PNDIS_PACKET Packet,
                                                    IN NDIS_STATUS Status, IN UINT BytesTransferred);
typedef NDIS_STATUS(NTAPI* RECEIVE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN NDIS_HANDLE MacReceiveContext,
                                            IN PVOID HeaderBuffer, IN UINT HeaderBufferSize, IN PVOID LookAheadBuffer,
                                            IN UINT LookaheadBufferSize, IN UINT PacketSize);
typedef VOID(NTAPI* RECEIVE_COMPLETE_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext);
/* Returns how many references it took: 0 = done with the packet, n = n returns will follow. */
typedef INT(NTAPI* RECEIVE_PACKET_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN PNDIS_PACKET Packet);
typedef VOID(NTAPI* BIND_HANDLER)(OUT PNDIS_STATUS Status, IN NDIS_HANDLE BindContext, IN PNDIS_STRING DeviceName,
                                  IN PVOID SystemSpecific1, IN PVOID SystemSpecific2);
typedef VOID(NTAPI* UNBIND_HANDLER)(OUT PNDIS_STATUS Status, IN NDIS_HANDLE ProtocolBindingContext,
                                    IN NDIS_HANDLE UnbindContext);
typedef NDIS_STATUS(NTAPI* PNP_EVENT_HANDLER)(IN NDIS_HANDLE ProtocolBindingContext, IN PNET_PNP_EVENT NetPnPEvent);
typedef VOID(NTAPI* UNLOAD_PROTOCOL_HANDLER)(VOID);

#define NDIS40_PROTOCOL_CHARACTERISTICS_S                                                                              \
    UCHAR MajorNdisVersion;                                                                                            \
    UCHAR MinorNdisVersion;                                                                                            \
    USHORT Filler;                                                                                                     \
    __extension__ union {                                                                                              \
        UINT Reserved;                                                                                                 \
        UINT Flags;                                                                                                    \
    };                                                                                                                 \
    OPEN_ADAPTER_COMPLETE_HANDLER OpenAdapterCompleteHandler;                                                          \
    CLOSE_ADAPTER_COMPLETE_HANDLER CloseAdapterCompleteHandler;                                                        \
    __extension__ union {                                                                                              \
        SEND_COMPLETE_HANDLER SendCompleteHandler;                                                                     \
        PVOID WanSendCompleteHandler;                                                                                  \
    };                                                                                                                 \
    __extension__ union {                                                                                              \
        TRANSFER_DATA_COMPLETE_HANDLER TransferDataCompleteHandler;                                                    \
        PVOID WanTransferDataCompleteHandler;                                                                          \
    };                                                                                                                 \
    RESET_COMPLETE_HANDLER ResetCompleteHandler;                                                                       \
    REQUEST_COMPLETE_HANDLER RequestCompleteHandler;                                                                   \
    __extension__ union {                                                                                              \
        RECEIVE_HANDLER ReceiveHandler;                                                                                \
        PVOID WanReceiveHandler;                                                                                       \
    };                                                                                                                 \
    RECEIVE_COMPLETE_HANDLER ReceiveCompleteHandler;                                                                   \
    STATUS_HANDLER StatusHandler;                                                                                      \
    STATUS_COMPLETE_HANDLER StatusCompleteHandler;                                                                     \
    NDIS_STRING Name;                                                                                                  \
    RECEIVE_PACKET_HANDLER ReceivePacketHandler;                                                                       \
    BIND_HANDLER BindAdapterHandler;                                                                                   \
    UNBIND_HANDLER UnbindAdapterHandler;                                                                               \
    PNP_EVENT_HANDLER PnPEventHandler;                                                                                 \
    UNLOAD_PROTOCOL_HANDLER UnloadHandler;

typedef struct _NDIS40_PROTOCOL_CHARACTERISTICS {
    NDIS40_PROTOCOL_CHARACTERISTICS_S
} NDIS40_PROTOCOL_CHARACTERISTICS;

typedef struct _NDIS50_PROTOCOL_CHARACTERISTICS {
    NDIS40_PROTOCOL_CHARACTERISTICS_S
    PVOID ReservedHandlers[4];
    PVOID CoSendCompleteHandler;
    PVOID CoStatusHandler;
    PVOID CoReceivePacketHandler;
    PVOID CoAfRegisterNotifyHandler;
} NDIS50_PROTOCOL_CHARACTERISTICS;

NDIS_STATIC_ASSERT(sizeof(NDIS40_PROTOCOL_CHARACTERISTICS) == 144, "the length a 4.0 protocol passes");
NDIS_STATIC_ASSERT(sizeof(NDIS50_PROTOCOL_CHARACTERISTICS) == 208, "the length a 5.0 protocol passes");
NDIS_STATIC_ASSERT(offsetof(NDIS50_PROTOCOL_CHARACTERISTICS, Name) == 88, "Win64 characteristics");
NDIS_STATIC_ASSERT(offsetof(NDIS50_PROTOCOL_CHARACTERISTICS, ReceivePacketHandler) == 104, "Win64 characteristics");

#if defined(NDIS40) && !defined(NDIS50) && !defined(NDIS51)
typedef NDIS40_PROTOCOL_CHARACTERISTICS NDIS_PROTOCOL_CHARACTERISTICS, *PNDIS_PROTOCOL_CHARACTERISTICS;
#else
typedef NDIS50_PROTOCOL_CHARACTERISTICS NDIS_PROTOCOL_CHARACTERISTICS, *PNDIS_PROTOCOL_CHARACTERISTICS;
#endif

/* Entries of an open block, called by drivers of some compilers as open->Handler(open->BindingHandle, ...). */
typedef NDIS_STATUS(NTAPI* SEND_HANDLER)(IN NDIS_HANDLE NdisBindingHandle, IN PNDIS_PACKET Packet);
typedef NDIS_STATUS(NTAPI* TRANSFER_DATA_HANDLER)(IN NDIS_HANDLE NdisBindingHandle, IN NDIS_HANDLE MacReceiveContext,
                                                  IN UINT ByteOffset, IN UINT BytesToTransfer, OUT PNDIS_PACKET Packet,
                                                  OUT PUINT BytesTransferred);
typedef VOID(NTAPI* SEND_PACKETS_HANDLER)(IN NDIS_HANDLE NdisBindingHandle, IN PPNDIS_PACKET PacketArray,
                                          IN UINT NumberOfPackets);
typedef NDIS_STATUS(NTAPI* RESET_HANDLER)(IN NDIS_HANDLE NdisBindingHandle);
typedef NDIS_STATUS(NTAPI* REQUEST_HANDLER)(IN NDIS_HANDLE NdisBindingHandle, IN PNDIS_REQUEST Request);

typedef struct _NDIS_OPEN_BLOCK {
    PVOID MacHandle;
    NDIS_HANDLE BindingHandle;
    NDIS_HANDLE MiniportHandle;
    NDIS_HANDLE ProtocolHandle;
    NDIS_HANDLE ProtocolBindingContext;
    struct _NDIS_OPEN_BLOCK* MiniportNextOpen;
    struct _NDIS_OPEN_BLOCK* ProtocolNextOpen;
    NDIS_HANDLE MiniportAdapterContext;
    BOOLEAN Reserved1;
    BOOLEAN Reserved2;
    BOOLEAN Reserved3;
    BOOLEAN Reserved4;
    PNDIS_STRING BindDeviceName;
    KSPIN_LOCK Reserved5;
    PNDIS_STRING RootDeviceName;
    SEND_HANDLER SendHandler;
    TRANSFER_DATA_HANDLER TransferDataHandler;
    SEND_COMPLETE_HANDLER SendCompleteHandler;
    TRANSFER_DATA_COMPLETE_HANDLER TransferDataCompleteHandler;
    RECEIVE_HANDLER ReceiveHandler;
    RECEIVE_COMPLETE_HANDLER ReceiveCompleteHandler;
    PVOID WanReceiveHandler;
    REQUEST_COMPLETE_HANDLER RequestCompleteHandler;
    RECEIVE_PACKET_HANDLER ReceivePacketHandler;
    SEND_PACKETS_HANDLER SendPacketsHandler;
    RESET_HANDLER ResetHandler;
    REQUEST_HANDLER RequestHandler;
    RESET_COMPLETE_HANDLER ResetCompleteHandler;
    STATUS_HANDLER StatusHandler;
    STATUS_COMPLETE_HANDLER StatusCompleteHandler;
} NDIS_OPEN_BLOCK, *PNDIS_OPEN_BLOCK;

NDIS_STATIC_ASSERT(offsetof(NDIS_OPEN_BLOCK, BindingHandle) == 0x8, "first argument of calls through the block");
NDIS_STATIC_ASSERT(offsetof(NDIS_OPEN_BLOCK, SendHandler) == 0x60, "NdisSend as a macro");
NDIS_STATIC_ASSERT(offsetof(NDIS_OPEN_BLOCK, TransferDataHandler) == 0x68, "NdisTransferData as a macro");
NDIS_STATIC_ASSERT(offsetof(NDIS_OPEN_BLOCK, SendPacketsHandler) == 0xa8, "NdisSendPackets as a macro");
NDIS_STATIC_ASSERT(offsetof(NDIS_OPEN_BLOCK, RequestHandler) == 184, "NdisRequest as a macro");
NDIS_STATIC_ASSERT(sizeof(NDIS_OPEN_BLOCK) == 216, "public part of the block");

NDIS_BEGIN_DECLS

/* ---- Registration and binding. PASSIVE_LEVEL. ---- */

/* SUCCESS; BAD_CHARACTERISTICS (length too small for the version, or no bind/unbind handler); BAD_VERSION (3.0, or above 5);
 * RESOURCES. Binding starts after DriverEntry returned. Documentation: NdisRegisterProtocol. */
NDISAPI VOID NTAPI NdisRegisterProtocol(OUT PNDIS_STATUS Status, OUT PNDIS_HANDLE NdisProtocolHandle,
                                        IN PNDIS_PROTOCOL_CHARACTERISTICS ProtocolCharacteristics,
                                        IN UINT CharacteristicsLength);
/* Unbinds whatever is still bound, waits until every close is complete. Not from a handler of the protocol.
 * Documentation: NdisDeregisterProtocol. */
NDISAPI VOID NTAPI NdisDeregisterProtocol(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisProtocolHandle);

/* Only inside ProtocolBindAdapter. SUCCESS, PENDING (then ProtocolOpenAdapterComplete), RESOURCES, ADAPTER_NOT_FOUND,
 * UNSUPPORTED_MEDIA, OPEN_FAILED. The outputs must outlive a pending call. Documentation: NdisOpenAdapter. */
NDISAPI VOID NTAPI NdisOpenAdapter(OUT PNDIS_STATUS Status, OUT PNDIS_STATUS OpenErrorStatus,
                                   OUT PNDIS_HANDLE NdisBindingHandle, OUT PUINT SelectedMediumIndex,
                                   IN PNDIS_MEDIUM MediumArray, IN UINT MediumArraySize,
                                   IN NDIS_HANDLE NdisProtocolHandle, IN NDIS_HANDLE ProtocolBindingContext,
                                   IN PNDIS_STRING AdapterName, IN UINT OpenOptions,
                                   IN PSTRING AddressingInformation OPTIONAL);
/* SUCCESS or PENDING (then ProtocolCloseAdapterComplete, once everything of the binding is back). The handle is dead for the
 * caller from the call on. Documentation: NdisCloseAdapter. */
NDISAPI VOID NTAPI NdisCloseAdapter(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle);

/* Ends a ProtocolBindAdapter, ProtocolUnbindAdapter or ProtocolPnPEvent that returned PENDING. */
NDISAPI VOID NTAPI NdisCompleteBindAdapter(IN NDIS_HANDLE BindAdapterContext, IN NDIS_STATUS Status,
                                           IN NDIS_STATUS OpenStatus);
NDISAPI VOID NTAPI NdisCompleteUnbindAdapter(IN NDIS_HANDLE UnbindAdapterContext, IN NDIS_STATUS Status);
NDISAPI VOID NTAPI NdisCompletePnPEvent(IN NDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle,
                                        IN PNET_PNP_EVENT NetPnPEvent);

/* ProtocolBindAdapter is called for every configured adapter that is not bound. Not from a bind or unbind handler. */
NDISAPI VOID NTAPI NdisReEnumerateProtocolBindings(IN NDIS_HANDLE NdisProtocolHandle);

/* SUCCESS or RESOURCES; the caller frees Buffer with NdisFreeMemory(Buffer, 0, 0). */
NDISAPI NDIS_STATUS NTAPI NdisQueryAdapterInstanceName(OUT PNDIS_STRING AdapterInstanceName,
                                                       IN NDIS_HANDLE NdisBindingHandle);
NDISAPI NDIS_STATUS NTAPI NdisQueryBindInstanceName(OUT PNDIS_STRING AdapterInstanceName,
                                                    IN NDIS_HANDLE BindingContext);
NDISAPI VOID NTAPI NdisGetDriverHandle(IN NDIS_HANDLE NdisBindingHandle, OUT PNDIS_HANDLE NdisDriverHandle);
NDISAPI NDIS_STATUS NTAPI NdisQueryPendingIOCount(IN NDIS_HANDLE NdisBindingHandle, OUT PULONG IoCount);
/* Asks for ProtocolUnbindAdapter of this binding, which is called from another thread. SUCCESS, CLOSING (it is being closed). Not for
 * drivers that are to run on the first versions of NDIS 5. */
NDISAPI NDIS_STATUS NTAPI NdisUnbindAdapter(IN NDIS_HANDLE NdisBindingHandle);

/* Obsolete since Windows 2000: NOT_SUPPORTED. */
NDISAPI VOID NTAPI NdisSetProtocolFilter(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle,
                                         IN RECEIVE_HANDLER ReceiveHandler,
                                         IN RECEIVE_PACKET_HANDLER ReceivePacketHandler, IN NDIS_MEDIUM Medium,
                                         IN UINT Offset, IN UINT Size, IN PUCHAR Pattern);
/* Nothing happens: there is no TDI here to be told of a device or an event. */
typedef NTSTATUS(NTAPI* TDI_REGISTER_CALLBACK)(IN PUNICODE_STRING DeviceName, OUT HANDLE* TdiHandle);
typedef NTSTATUS(NTAPI* TDI_PNP_HANDLER)(IN PUNICODE_STRING UpperComponent, IN PUNICODE_STRING LowerComponent,
                                         IN PUNICODE_STRING BindList, IN PVOID ReconfigBuffer,
                                         IN UINT ReconfigBufferSize, IN UINT Operation);
NDISAPI VOID NTAPI NdisRegisterTdiCallBack(IN TDI_REGISTER_CALLBACK RegisterCallback, IN TDI_PNP_HANDLER PnPHandler);
NDISAPI VOID NTAPI NdisDeregisterTdiCallBack(VOID);

/* ---- Traffic. <= DISPATCH_LEVEL, any thread, no spin lock of the driver held. ---- */

/* PENDING: ProtocolSendComplete will be (or was already) called once for the packet. Any other status: the send is over, it will
 * not be called. SUCCESS, CLOSING, RESET_IN_PROGRESS, FAILURE. Documentation: NdisSend. */
NDISAPI VOID NTAPI NdisSend(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle, IN PNDIS_PACKET Packet);
/* Every packet ends in ProtocolSendComplete, also one that is finished at once. Documentation: NdisSendPackets. */
NDISAPI VOID NTAPI NdisSendPackets(IN NDIS_HANDLE NdisBindingHandle, IN PPNDIS_PACKET PacketArray,
                                   IN UINT NumberOfPackets);
NDISAPI VOID NTAPI NdisCancelSendPackets(IN NDIS_HANDLE NdisBindingHandle, IN PVOID CancelId);

/* Gives back one reference for each appearance of a packet; packets of several miniports may be mixed.
 * Documentation: NdisReturnPackets. */
NDISAPI VOID NTAPI NdisReturnPackets(IN PNDIS_PACKET* PacketsToReturn, IN UINT NumberOfPackets);

/* Inside ProtocolReceive: the packet that is being indicated, NULL when the miniport indicated without one.
 * Documentation: NdisGetReceivedPacket. */
NDISAPI PNDIS_PACKET NTAPI NdisGetReceivedPacket(IN NDIS_HANDLE NdisBindingHandle, IN NDIS_HANDLE MacContext);

/* Inside ProtocolReceive: what the packet that is being indicated carries beside its data: its times (either may be NULL) and its
 * media-specific information. SUCCESS; BUFFER_TOO_SHORT, with *SizeNeeded; FAILURE: the miniport indicated without a packet.
 * Documentation: NdisQueryReceiveInformation. */
NDISAPI NDIS_STATUS NTAPI NdisQueryReceiveInformation(IN NDIS_HANDLE NdisBindingHandle, IN NDIS_HANDLE MacContext,
                                                      OUT PLONGLONG TimeSent OPTIONAL,
                                                      OUT PLONGLONG TimeReceived OPTIONAL, OUT PUCHAR Buffer,
                                                      IN UINT BufferSize, OUT PUINT SizeNeeded);

/* Inside ProtocolReceive: copies BytesToTransfer bytes from ByteOffset (bytes behind the media header) into the buffers chained to
 * Packet. SUCCESS, PENDING (then ProtocolTransferDataComplete, possibly before this returns), FAILURE, RESET_IN_PROGRESS,
 * REQUEST_ABORTED. Documentation: NdisTransferData. */
NDISAPI VOID NTAPI NdisTransferData(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle,
                                    IN NDIS_HANDLE MacReceiveContext, IN UINT ByteOffset, IN UINT BytesToTransfer,
                                    IN OUT PNDIS_PACKET Packet, OUT PUINT BytesTransferred);

/* ---- Control. <= DISPATCH_LEVEL. ---- */

/* PENDING: ProtocolRequestComplete will be called. Requests to one adapter run one after another, in order.
 * Documentation: NdisRequest. */
NDISAPI VOID NTAPI NdisRequest(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle, IN PNDIS_REQUEST Request);
/* SUCCESS, PENDING (then ProtocolResetComplete), RESET_IN_PROGRESS, NOT_RESETTABLE, CLOSING, SOFT_ERRORS, HARD_ERRORS.
 * Documentation: NdisReset. */
NDISAPI VOID NTAPI NdisReset(OUT PNDIS_STATUS Status, IN NDIS_HANDLE NdisBindingHandle);

NDIS_END_DECLS

/* Copies a lookahead buffer; MacOptions may ask for it to be read in order. Documentation: NdisCopyLookaheadData. */
#define NdisCopyLookaheadData(Destination, Source, Length, MacOptions)                                                 \
    ((void)(MacOptions), (void)memcpy((Destination), (Source), (Length)))

#endif
