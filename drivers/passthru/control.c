/* Status, requests and power: everything between the two edges that is not a packet. */
#include "passthru.h"

static BOOLEAN PtBothAwake(const ADAPTER* Adapter) {
    return Adapter->UpperPower == NdisDeviceStateD0 && Adapter->LowerPower == NdisDeviceStateD0;
}

/* ---- Status ---- */

static BOOLEAN PtIsMediaStatus(NDIS_STATUS Status) {
    return Status == NDIS_STATUS_MEDIA_CONNECT || Status == NDIS_STATUS_MEDIA_DISCONNECT;
}

/* The virtual miniport if it may indicate a status now, else NULL. A media status is remembered in both cases: what is
 * not told now is told by PtReplayMedia. */
static NDIS_HANDLE PtStatusTarget(ADAPTER* Adapter, NDIS_STATUS Status) {
    NDIS_HANDLE upper = NULL;

    NdisAcquireSpinLock(&Adapter->Lock);
    if (PtBothAwake(Adapter))
        upper = Adapter->MiniportHandle;
    if (PtIsMediaStatus(Status)) {
        Adapter->LatestMedia = Status;
        if (upper != NULL)
            Adapter->IndicatedMedia = Status;
    }
    NdisReleaseSpinLock(&Adapter->Lock);
    return upper;
}

/* An edge is back at D0: tells the last media status if it could not be told when it came. */
static VOID PtReplayMedia(ADAPTER* Adapter) {
    NDIS_HANDLE upper = NULL;
    NDIS_STATUS media;

    NdisAcquireSpinLock(&Adapter->Lock);
    media = Adapter->LatestMedia;
    if (Adapter->UpperPower == NdisDeviceStateD0 && media != Adapter->IndicatedMedia) {
        upper = Adapter->MiniportHandle;
        Adapter->IndicatedMedia = media;
    }
    NdisReleaseSpinLock(&Adapter->Lock);
    if (upper != NULL) {
        NdisMIndicateStatus(upper, media, NULL, 0);
        NdisMIndicateStatusComplete(upper);
    }
}

static VOID PtStatus(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS GeneralStatus, PVOID StatusBuffer,
                     UINT StatusBufferSize) {
    NDIS_HANDLE upper = PtStatusTarget(ProtocolBindingContext, GeneralStatus);

    if (upper != NULL)
        NdisMIndicateStatus(upper, GeneralStatus, StatusBuffer, StatusBufferSize);
}

static VOID PtStatusComplete(NDIS_HANDLE ProtocolBindingContext) {
    NDIS_HANDLE upper = PtStatusTarget(ProtocolBindingContext, 0);

    if (upper != NULL)
        NdisMIndicateStatusComplete(upper);
}

/* ---- Requests ----
 *
 * NDIS gives a miniport one request at a time, which is why one NDIS_REQUEST and one pair of counters are enough. The
 * two members of its DATA, QUERY_INFORMATION and SET_INFORMATION, have one layout. */

static VOID PtFillRequest(ADAPTER* Adapter, NDIS_REQUEST_TYPE Type, NDIS_OID Oid, PVOID InformationBuffer,
                          ULONG InformationBufferLength, PULONG BytesDone, PULONG BytesNeeded) {
    PNDIS_REQUEST request = &Adapter->Request;

    NdisZeroMemory(request, sizeof(*request));
    request->RequestType = Type;
    request->DATA.QUERY_INFORMATION.Oid = Oid;
    request->DATA.QUERY_INFORMATION.InformationBuffer = InformationBuffer;
    request->DATA.QUERY_INFORMATION.InformationBufferLength = InformationBufferLength;
    Adapter->BytesDone = BytesDone;
    Adapter->BytesNeeded = BytesNeeded;
}

/* SUCCESS: the request goes down now. PENDING: it waits for the lower edge, because the system wakes up and its upper
 * edge is first. FAILURE: it is refused. */
static NDIS_STATUS PtAdmitRequest(ADAPTER* Adapter) {
    NDIS_STATUS status = NDIS_STATUS_FAILURE;

    NdisAcquireSpinLock(&Adapter->Lock);
    if (Adapter->UpperPower == NdisDeviceStateD0 && !Adapter->Unbinding) {
        if (Adapter->LowerPower == NdisDeviceStateD0)
            status = NDIS_STATUS_SUCCESS;
        else if (!Adapter->StandingBy)
            status = NDIS_STATUS_PENDING;
    }
    Adapter->RequestOutstanding = status != NDIS_STATUS_FAILURE;
    Adapter->RequestQueued = status == NDIS_STATUS_PENDING;
    NdisReleaseSpinLock(&Adapter->Lock);
    return status;
}

/* What the protocols above must not believe about the adapter below. */
static VOID PtCorrectAnswer(PNDIS_REQUEST Request) {
    PVOID buffer = Request->DATA.QUERY_INFORMATION.InformationBuffer;
    UINT written = Request->DATA.QUERY_INFORMATION.BytesWritten;

    if (Request->DATA.QUERY_INFORMATION.Oid == OID_GEN_MAC_OPTIONS && written >= sizeof(ULONG)) {
        /* Only the lowest miniport of a stack leaves loopback to NDIS, or NDIS would do it at each level. */
        *(PULONG)buffer &= ~(ULONG)NDIS_MAC_OPTION_NO_LOOPBACK;
    } else if (Request->DATA.QUERY_INFORMATION.Oid == OID_PNP_CAPABILITIES &&
               written >= sizeof(NDIS_PNP_CAPABILITIES)) {
        /* A virtual miniport wakes nobody up. */
        PNDIS_PM_WAKE_UP_CAPABILITIES wake = &((PNDIS_PNP_CAPABILITIES)buffer)->WakeUpCapabilities;
        wake->MinMagicPacketWakeUp = NdisDeviceStateUnspecified;
        wake->MinPatternWakeUp = NdisDeviceStateUnspecified;
        wake->MinLinkChangeWakeUp = NdisDeviceStateUnspecified;
    }
}

/* Gives the results to the requester's counters. From here on the next request may come. */
static VOID PtFinishRequest(ADAPTER* Adapter, NDIS_STATUS Status) {
    PNDIS_REQUEST request = &Adapter->Request;

    if (request->RequestType == NdisRequestQueryInformation && Status == NDIS_STATUS_SUCCESS)
        PtCorrectAnswer(request);
    *Adapter->BytesDone = request->DATA.QUERY_INFORMATION.BytesWritten;
    *Adapter->BytesNeeded = request->DATA.QUERY_INFORMATION.BytesNeeded;
    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->RequestOutstanding = FALSE;
    NdisReleaseSpinLock(&Adapter->Lock);
}

/* The request is finished before its completion is told, because the next one may come inside that call. */
static VOID PtRequestComplete(NDIS_HANDLE ProtocolBindingContext, PNDIS_REQUEST NdisRequest, NDIS_STATUS Status) {
    ADAPTER* adapter = ProtocolBindingContext;
    BOOLEAN set = NdisRequest->RequestType == NdisRequestSetInformation;

    PtFinishRequest(adapter, Status);
    if (set)
        NdisMSetInformationComplete(adapter->MiniportHandle, Status);
    else
        NdisMQueryInformationComplete(adapter->MiniportHandle, Status);
}

VOID PtFailQueuedRequest(ADAPTER* Adapter) {
    BOOLEAN queued;

    NdisAcquireSpinLock(&Adapter->Lock);
    queued = Adapter->RequestQueued;
    Adapter->RequestQueued = FALSE;
    NdisReleaseSpinLock(&Adapter->Lock);
    if (queued)
        PtRequestComplete(Adapter, &Adapter->Request, NDIS_STATUS_FAILURE);
}

/* A query always pends. When the answer came at once it is completed from in here, which NDIS allows before PENDING is
 * returned. */
static NDIS_STATUS PtQueryInformation(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
                                      ULONG InformationBufferLength, PULONG BytesWritten, PULONG BytesNeeded) {
    ADAPTER* adapter = MiniportAdapterContext;
    NDIS_STATUS status;

    if (Oid == OID_PNP_QUERY_POWER)
        return NDIS_STATUS_SUCCESS; /* documented: always, and never forwarded */
    if (Oid == OID_GEN_SUPPORTED_GUIDS || Oid == OID_TCP_TASK_OFFLOAD)
        return NDIS_STATUS_NOT_SUPPORTED;

    PtFillRequest(adapter, NdisRequestQueryInformation, Oid, InformationBuffer, InformationBufferLength, BytesWritten,
                  BytesNeeded);
    status = PtAdmitRequest(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisRequest(&status, adapter->BindingHandle, &adapter->Request);
    if (status != NDIS_STATUS_PENDING)
        PtRequestComplete(adapter, &adapter->Request, status);
    return NDIS_STATUS_PENDING;
}

/* OID_PNP_SET_POWER is about the virtual miniport: handled here, never forwarded, never refused. */
static NDIS_STATUS PtSetUpperPower(ADAPTER* Adapter, PVOID InformationBuffer, ULONG InformationBufferLength,
                                   PULONG BytesRead, PULONG BytesNeeded) {
    NDIS_DEVICE_POWER_STATE state;

    if (InformationBufferLength < sizeof(state)) {
        *BytesNeeded = sizeof(state);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    state = *(PNDIS_DEVICE_POWER_STATE)InformationBuffer;
    *BytesRead = sizeof(state);

    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->UpperPower = state;
    Adapter->StandingBy = state != NdisDeviceStateD0;
    NdisReleaseSpinLock(&Adapter->Lock);

    if (state == NdisDeviceStateD0)
        PtReplayMedia(Adapter);
    else
        PtAbortWaitingSends(Adapter, NULL, NDIS_STATUS_FAILURE);
    return NDIS_STATUS_SUCCESS;
}

/* A set that is over at once returns its status. */
static NDIS_STATUS PtSetInformation(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
                                    ULONG InformationBufferLength, PULONG BytesRead, PULONG BytesNeeded) {
    ADAPTER* adapter = MiniportAdapterContext;
    NDIS_STATUS status;

    if (Oid == OID_PNP_SET_POWER)
        return PtSetUpperPower(adapter, InformationBuffer, InformationBufferLength, BytesRead, BytesNeeded);

    PtFillRequest(adapter, NdisRequestSetInformation, Oid, InformationBuffer, InformationBufferLength, BytesRead,
                  BytesNeeded);
    status = PtAdmitRequest(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisRequest(&status, adapter->BindingHandle, &adapter->Request);
    if (status != NDIS_STATUS_PENDING)
        PtFinishRequest(adapter, status);
    return status;
}

/* The handler is mandatory; no reset is ever asked for. */
static VOID PtResetComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    UNREFERENCED_PARAMETER(ProtocolBindingContext);
    UNREFERENCED_PARAMETER(Status);
}

/* ---- Power and plug and play ---- */

static NDIS_STATUS PtNotifyUpper(ADAPTER* Adapter, PNET_PNP_EVENT Event) {
    NDIS_HANDLE upper;

    NdisAcquireSpinLock(&Adapter->Lock);
    upper = Adapter->MiniportHandle;
    NdisReleaseSpinLock(&Adapter->Lock);
    return upper != NULL ? NdisIMNotifyPnPEvent(upper, Event) : NDIS_STATUS_SUCCESS;
}

static BOOLEAN PtBusyBelow(ADAPTER* Adapter) {
    BOOLEAN busy;

    NdisAcquireSpinLock(&Adapter->Lock);
    busy = Adapter->OutstandingSends != 0 || Adapter->RequestOutstanding;
    NdisReleaseSpinLock(&Adapter->Lock);
    return busy;
}

/* NdisIMNotifyPnPEvent: when power goes down the protocols above hear of it first. Then nothing more goes down, and
 * what is below comes back before the adapter sleeps. */
static VOID PtLowerSleeps(ADAPTER* Adapter, NDIS_DEVICE_POWER_STATE State, PNET_PNP_EVENT Event) {
    PtNotifyUpper(Adapter, Event);
    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->LowerPower = State;
    Adapter->StandingBy = TRUE;
    NdisReleaseSpinLock(&Adapter->Lock);

    PtFailQueuedRequest(Adapter);
    PtAbortWaitingSends(Adapter, NULL, NDIS_STATUS_FAILURE);
    while (PtBusyBelow(Adapter))
        NdisMSleep(PT_POLL_INTERVAL);
}

/* And when power comes back they hear of it last. */
static VOID PtLowerWakes(ADAPTER* Adapter, PNET_PNP_EVENT Event) {
    NDIS_STATUS status;
    BOOLEAN queued;

    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->LowerPower = NdisDeviceStateD0;
    if (PtBothAwake(Adapter))
        Adapter->StandingBy = FALSE;
    queued = Adapter->RequestQueued;
    Adapter->RequestQueued = FALSE;
    NdisReleaseSpinLock(&Adapter->Lock);

    if (queued) {
        NdisRequest(&status, Adapter->BindingHandle, &Adapter->Request);
        if (status != NDIS_STATUS_PENDING)
            PtRequestComplete(Adapter, &Adapter->Request, status);
    }
    PtReplayMedia(Adapter);
    PtNotifyUpper(Adapter, Event);
}

static VOID PtSetLowerPower(ADAPTER* Adapter, PNET_PNP_EVENT Event) {
    NDIS_DEVICE_POWER_STATE state = *(PNDIS_DEVICE_POWER_STATE)Event->Buffer;

    if (state == NdisDeviceStateD0)
        PtLowerWakes(Adapter, Event);
    else
        PtLowerSleeps(Adapter, state, Event);
}

/* An event without a binding is for the driver as a whole and is not passed on. */
static NDIS_STATUS PtPnPEvent(NDIS_HANDLE ProtocolBindingContext, PNET_PNP_EVENT NetPnPEvent) {
    ADAPTER* adapter = ProtocolBindingContext;

    if (adapter == NULL) {
        if (NetPnPEvent->NetEvent == NetEventReconfigure)
            NdisReEnumerateProtocolBindings(PtProtocolHandle);
        return NDIS_STATUS_SUCCESS;
    }
    if (NetPnPEvent->NetEvent == NetEventSetPower) {
        PtSetLowerPower(adapter, NetPnPEvent);
        return NDIS_STATUS_SUCCESS;
    }
    return PtNotifyUpper(adapter, NetPnPEvent);
}

VOID PtControlHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower) {
    Upper->QueryInformationHandler = PtQueryInformation;
    Upper->SetInformationHandler = PtSetInformation;
    Lower->RequestCompleteHandler = PtRequestComplete;
    Lower->ResetCompleteHandler = PtResetComplete;
    Lower->StatusHandler = PtStatus;
    Lower->StatusCompleteHandler = PtStatusComplete;
    Lower->PnPEventHandler = PtPnPEvent;
}
