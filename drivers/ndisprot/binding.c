/* How a BINDING comes and goes, and everything of it that is not a frame: requests, status, power. */
#include "ndisprot.h"

#define PROT_MAXIMUM_PACKETS 0xFFFF
#define PROT_DEFAULT_PACKETS 64

static NDIS_MEDIUM ProtMedia[] = {NdisMedium802_3};

/* ---- Requests, one after the other, PASSIVE_LEVEL ---- */

typedef struct _PROT_REQUEST {
    NDIS_REQUEST Request;
    NDIS_EVENT Done;
    NDIS_STATUS Status;
} PROT_REQUEST;

static VOID ProtRequestComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_REQUEST NdisRequest, NDIS_STATUS Status) {
    PROT_REQUEST* request = CONTAINING_RECORD(NdisRequest, PROT_REQUEST, Request);

    UNREFERENCED_PARAMETER(ProtocolBindingContext);
    request->Status = Status;
    NdisSetEvent(&request->Done);
}

/* The two members of DATA have one layout. ProtocolRequestComplete is called only for a request that pended. */
static NDIS_STATUS ProtRequest(BINDING* Binding, NDIS_REQUEST_TYPE Type, NDIS_OID Oid, PVOID Buffer, UINT Length) {
    PROT_REQUEST request;
    NDIS_STATUS status;

    NdisZeroMemory(&request, sizeof(request));
    NdisInitializeEvent(&request.Done);
    request.Request.RequestType = Type;
    request.Request.DATA.QUERY_INFORMATION.Oid = Oid;
    request.Request.DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
    request.Request.DATA.QUERY_INFORMATION.InformationBufferLength = Length;
    NdisRequest(&status, Binding->BindingHandle, &request.Request);
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&request.Done, 0);
        status = request.Status;
    }
    return status;
}

static NDIS_STATUS ProtQuery(BINDING* Binding, NDIS_OID Oid, PVOID Buffer, UINT Length) {
    return ProtRequest(Binding, NdisRequestQueryInformation, Oid, Buffer, Length);
}

static NDIS_STATUS ProtSetFilter(BINDING* Binding, ULONG PacketFilter) {
    return ProtRequest(Binding, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &PacketFilter,
                       sizeof(PacketFilter));
}

/* Without its address and its frame size an adapter is no use; the others have a safe default. */
static NDIS_STATUS ProtLearnAdapter(BINDING* Binding) {
    ULONG frameSize = 0;
    NDIS_MEDIA_STATE media = NdisMediaStateConnected;
    NDIS_STATUS status;

    status = ProtQuery(Binding, OID_802_3_CURRENT_ADDRESS, Binding->Address, sizeof(Binding->Address));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = ProtQuery(Binding, OID_GEN_MAXIMUM_FRAME_SIZE, &frameSize, sizeof(frameSize));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    Binding->MaximumLength = PROT_HEADER + frameSize;
    if (ProtQuery(Binding, OID_GEN_MAC_OPTIONS, &Binding->MacOptions, sizeof(Binding->MacOptions)) !=
        NDIS_STATUS_SUCCESS)
        Binding->MacOptions = 0;
    if (ProtQuery(Binding, OID_GEN_MEDIA_CONNECT_STATUS, &media, sizeof(media)) != NDIS_STATUS_SUCCESS)
        media = NdisMediaStateConnected;
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Connected = media == NdisMediaStateConnected;
    NdisReleaseSpinLock(&Binding->Lock);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Configuration ---- */

static UINT ProtReadInteger(NDIS_HANDLE Configuration, NDIS_STRING Keyword, UINT Minimum, UINT Maximum, UINT Default) {
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    UINT number;

    NdisReadConfiguration(&status, &value, Configuration, &Keyword, NdisParameterInteger);
    if (status != NDIS_STATUS_SUCCESS || value->ParameterType != NdisParameterInteger)
        return Default;
    number = value->ParameterData.IntegerData;
    return number < Minimum ? Minimum : number > Maximum ? Maximum : number;
}

/* An address that is there and is none is refused: the driver would answer for somebody else. */
static NDIS_STATUS ProtReadIpAddress(NDIS_HANDLE Configuration, PUCHAR IpAddress) {
    NDIS_STRING keyword = NDIS_STRING_CONST("Address");
    NDIS_STRING text = NDIS_STRING_CONST("192.0.2.1");
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;

    NdisReadConfiguration(&status, &value, Configuration, &keyword, NdisParameterString);
    if (status == NDIS_STATUS_SUCCESS) {
        if (value->ParameterType != NdisParameterString)
            return NDIS_STATUS_INVALID_DATA;
        text = value->ParameterData.StringData;
    }
    if (ProtParseIpAddress(&text, IpAddress))
        return NDIS_STATUS_SUCCESS;
    DbgPrint("ndisprot: parameter Address: \"%wZ\" is not an IPv4 address\n", &text);
    return NDIS_STATUS_INVALID_DATA;
}

/* ---- Memory and pools ---- */

static VOID ProtFreeBinding(BINDING* Binding) {
    NdisFreeBufferPool(Binding->BufferPool);
    NdisFreePacketPool(Binding->ReceivePool);
    NdisFreePacketPool(Binding->SendPool);
    NdisFreeSpinLock(&Binding->Lock);
    NdisFreeMemory(Binding, 0, 0);
}

/* Each packet has a buffer, and one more while the rest of a frame is transferred into it. */
static NDIS_STATUS ProtAllocatePools(BINDING* Binding, UINT SendPackets, UINT ReceivePackets) {
    NDIS_STATUS status;

    NdisAllocatePacketPool(&status, &Binding->SendPool, SendPackets, sizeof(FRAME));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisAllocatePacketPool(&status, &Binding->ReceivePool, ReceivePackets, sizeof(FRAME));
    if (status != NDIS_STATUS_SUCCESS)
        goto free_send_pool;
    NdisAllocateBufferPool(&status, &Binding->BufferPool, SendPackets + 2 * ReceivePackets);
    if (status == NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;

    NdisFreePacketPool(Binding->ReceivePool);
free_send_pool:
    NdisFreePacketPool(Binding->SendPool);
    return status;
}

static NDIS_STATUS ProtAllocateBinding(UINT SendPackets, UINT ReceivePackets, BINDING** Result) {
    UINT length = sizeof(BINDING) + ReceivePackets * sizeof(ENTRY);
    BINDING* binding;
    NDIS_STATUS status;

    status = NdisAllocateMemoryWithTag((PVOID*)&binding, length, PROT_TAG);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisZeroMemory(binding, length);
    status = ProtAllocatePools(binding, SendPackets, ReceivePackets);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(binding, 0, 0);
        return status;
    }
    NdisAllocateSpinLock(&binding->Lock);
    NdisInitializeEvent(&binding->BindingEvent);
    binding->Power = NdisDeviceStateD0;
    binding->QueueLimit = ReceivePackets;
    ProtInitializeQueue(binding);
    *Result = binding;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS ProtConfigureBinding(NDIS_HANDLE Configuration, BINDING** Binding) {
    NDIS_STRING sendPackets = NDIS_STRING_CONST("SendPackets");
    NDIS_STRING receivePackets = NDIS_STRING_CONST("ReceivePackets");
    NDIS_STRING promiscuous = NDIS_STRING_CONST("Promiscuous");
    UCHAR address[4];
    NDIS_STATUS status;

    status = ProtReadIpAddress(Configuration, address);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = ProtAllocateBinding(
        ProtReadInteger(Configuration, sendPackets, 1, PROT_MAXIMUM_PACKETS, PROT_DEFAULT_PACKETS),
        ProtReadInteger(Configuration, receivePackets, 1, PROT_MAXIMUM_PACKETS, PROT_DEFAULT_PACKETS), Binding);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisMoveMemory((*Binding)->IpAddress, address, sizeof(address));
    (*Binding)->PacketFilter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST;
    if (ProtReadInteger(Configuration, promiscuous, 0, 1, 0) != 0)
        (*Binding)->PacketFilter |= NDIS_PACKET_TYPE_PROMISCUOUS;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS ProtCreateBinding(PNDIS_STRING ConfigurationSection, BINDING** Binding) {
    NDIS_HANDLE configuration;
    NDIS_STATUS status;

    NdisOpenProtocolConfiguration(&status, &configuration, ConfigurationSection);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = ProtConfigureBinding(configuration, Binding);
    NdisCloseConfiguration(configuration);
    return status;
}

/* ---- Open and close ---- */

static VOID ProtOpenComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status, NDIS_STATUS OpenErrorStatus) {
    BINDING* binding = ProtocolBindingContext;

    binding->OpenErrorStatus = OpenErrorStatus;
    binding->BindingStatus = Status;
    NdisSetEvent(&binding->BindingEvent);
}

static VOID ProtCloseComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    BINDING* binding = ProtocolBindingContext;

    binding->BindingStatus = Status;
    NdisSetEvent(&binding->BindingEvent);
}

/* NdisOpenAdapter writes its results late when it pends, so they are in the BINDING. */
static NDIS_STATUS ProtOpen(BINDING* Binding, PNDIS_STRING DeviceName) {
    NDIS_STATUS status;

    NdisOpenAdapter(&status, &Binding->OpenErrorStatus, &Binding->BindingHandle, &Binding->MediumIndex, ProtMedia,
                    ARRAYSIZE(ProtMedia), ProtHandle, Binding, DeviceName, 0, NULL);
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->BindingEvent, 0);
        status = Binding->BindingStatus;
    }
    return status;
}

static BOOLEAN ProtBusy(BINDING* Binding) {
    BOOLEAN busy;

    NdisAcquireSpinLock(&Binding->Lock);
    busy = Binding->OutstandingSends != 0 || Binding->FreeEntries != Binding->QueueLimit;
    NdisReleaseSpinLock(&Binding->Lock);
    return busy || NdisPacketPoolUsage(Binding->SendPool) != 0 || NdisPacketPoolUsage(Binding->ReceivePool) != 0;
}

/* Nothing new is queued or sent; then every packet of ours and every one that was lent to us goes back. What has
 * arrived on another processor is flushed after a sleep: its ProtocolReceivePacket, a few instructions from its end,
 * has returned. */
static VOID ProtDrain(BINDING* Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Closing = TRUE;
    NdisReleaseSpinLock(&Binding->Lock);
    ProtSetFilter(Binding, 0);
    NdisCancelSendPackets(Binding->BindingHandle, ProtCancelId);
    while (ProtBusy(Binding)) {
        NdisMSleep(PROT_POLL_INTERVAL);
        ProtFlushQueue(Binding);
    }
}

static VOID ProtClose(BINDING* Binding) {
    NDIS_STATUS status;

    ProtDrain(Binding);
    NdisResetEvent(&Binding->BindingEvent);
    NdisCloseAdapter(&status, Binding->BindingHandle);
    if (status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&Binding->BindingEvent, 0);
}

/* ---- Bind and unbind ---- */

/* Frames may come as soon as the packet filter is set, so that is last. */
static VOID ProtBind(PNDIS_STATUS Status, NDIS_HANDLE BindContext, PNDIS_STRING DeviceName, PVOID SystemSpecific1,
                     PVOID SystemSpecific2) {
    BINDING* binding = NULL;

    UNREFERENCED_PARAMETER(BindContext);
    UNREFERENCED_PARAMETER(SystemSpecific2);
    *Status = ProtCreateBinding(SystemSpecific1, &binding);
    if (*Status != NDIS_STATUS_SUCCESS)
        return;
    *Status = ProtOpen(binding, DeviceName);
    if (*Status != NDIS_STATUS_SUCCESS)
        goto free_binding;
    *Status = ProtLearnAdapter(binding);
    if (*Status == NDIS_STATUS_SUCCESS)
        *Status = ProtSetFilter(binding, binding->PacketFilter);
    if (*Status == NDIS_STATUS_SUCCESS)
        return;

    ProtClose(binding);
free_binding:
    ProtFreeBinding(binding);
}

static VOID ProtUnbind(PNDIS_STATUS Status, NDIS_HANDLE ProtocolBindingContext, NDIS_HANDLE UnbindContext) {
    BINDING* binding = ProtocolBindingContext;

    UNREFERENCED_PARAMETER(UnbindContext);
    ProtClose(binding);
    DbgPrint("ndisprot: %d frames answered, %d wanted no answer, %d dropped\n", binding->Answered, binding->Ignored,
             binding->Dropped);
    ProtFreeBinding(binding);
    *Status = NDIS_STATUS_SUCCESS;
}

/* ---- Status, reset, power ---- */

static VOID ProtStatus(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS GeneralStatus, PVOID StatusBuffer,
                       UINT StatusBufferSize) {
    BINDING* binding = ProtocolBindingContext;

    UNREFERENCED_PARAMETER(StatusBuffer);
    UNREFERENCED_PARAMETER(StatusBufferSize);
    NdisAcquireSpinLock(&binding->Lock);
    if (GeneralStatus == NDIS_STATUS_RESET_START || GeneralStatus == NDIS_STATUS_RESET_END)
        binding->Resetting = GeneralStatus == NDIS_STATUS_RESET_START;
    else if (GeneralStatus == NDIS_STATUS_MEDIA_CONNECT || GeneralStatus == NDIS_STATUS_MEDIA_DISCONNECT)
        binding->Connected = GeneralStatus == NDIS_STATUS_MEDIA_CONNECT;
    NdisReleaseSpinLock(&binding->Lock);
}

static VOID ProtStatusComplete(NDIS_HANDLE ProtocolBindingContext) {
    UNREFERENCED_PARAMETER(ProtocolBindingContext);
}

/* The handler is mandatory; no reset is ever asked for. */
static VOID ProtResetComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    UNREFERENCED_PARAMETER(ProtocolBindingContext);
    UNREFERENCED_PARAMETER(Status);
}

static BOOLEAN ProtSending(BINDING* Binding) {
    BOOLEAN sending;

    NdisAcquireSpinLock(&Binding->Lock);
    sending = Binding->OutstandingSends != 0;
    NdisReleaseSpinLock(&Binding->Lock);
    return sending;
}

/* NetEventSetPower: what was sent is back before the adapter sleeps. */
static VOID ProtSetPower(BINDING* Binding, NDIS_DEVICE_POWER_STATE State) {
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Power = State;
    NdisReleaseSpinLock(&Binding->Lock);
    while (State != NdisDeviceStateD0 && ProtSending(Binding))
        NdisMSleep(PROT_POLL_INTERVAL);
}

/* Every event may be answered with SUCCESS; without a binding, Reconfigure may mean new adapters. */
static NDIS_STATUS ProtPnPEvent(NDIS_HANDLE ProtocolBindingContext, PNET_PNP_EVENT NetPnPEvent) {
    BINDING* binding = ProtocolBindingContext;

    if (binding != NULL && NetPnPEvent->NetEvent == NetEventSetPower)
        ProtSetPower(binding, *(PNDIS_DEVICE_POWER_STATE)NetPnPEvent->Buffer);
    if (binding == NULL && NetPnPEvent->NetEvent == NetEventReconfigure)
        NdisReEnumerateProtocolBindings(ProtHandle);
    return NDIS_STATUS_SUCCESS;
}

VOID ProtBindingHandlers(PNDIS_PROTOCOL_CHARACTERISTICS Characteristics) {
    Characteristics->BindAdapterHandler = ProtBind;
    Characteristics->UnbindAdapterHandler = ProtUnbind;
    Characteristics->OpenAdapterCompleteHandler = ProtOpenComplete;
    Characteristics->CloseAdapterCompleteHandler = ProtCloseComplete;
    Characteristics->RequestCompleteHandler = ProtRequestComplete;
    Characteristics->ResetCompleteHandler = ProtResetComplete;
    Characteristics->StatusHandler = ProtStatus;
    Characteristics->StatusCompleteHandler = ProtStatusComplete;
    Characteristics->PnPEventHandler = ProtPnPEvent;
}
