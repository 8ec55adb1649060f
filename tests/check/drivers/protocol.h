/* A protocol that binds and receives properly; what it does besides is in the functions that the including file defines. */
#include <ndis.h>

static VOID OnEntry(VOID);                       /* DriverEntry, first of all */
static NDIS_STATUS OnBind(PNDIS_STRING section); /* before the adapter is opened; a failure fails the bind */
static VOID OnReceive(VOID);
static VOID OnUnbind(VOID); /* the adapter is closed */
static VOID OnUnload(VOID);

static NDIS_HANDLE protocol, binding;
static NDIS_EVENT closed;

static VOID OpenComplete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS error) {
    (void)context, (void)status, (void)error;
}
static VOID CloseComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    (void)context, (void)status;
    NdisSetEvent(&closed);
}
static VOID SendComplete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    (void)context, (void)packet, (void)status;
}
static VOID TransferComplete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT bytes) {
    (void)context, (void)packet, (void)status, (void)bytes;
}
static VOID ResetComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    (void)context, (void)status;
}
static VOID RequestComplete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status) {
    (void)context, (void)request, (void)status;
}
static NDIS_STATUS Receive(NDIS_HANDLE context, NDIS_HANDLE receive, PVOID header, UINT header_bytes, PVOID data,
                           UINT bytes, UINT size) {
    (void)context, (void)receive, (void)header, (void)header_bytes, (void)data, (void)bytes, (void)size;
    OnReceive();
    return NDIS_STATUS_NOT_ACCEPTED;
}
static VOID ReceiveComplete(NDIS_HANDLE context) {
    (void)context;
}
static VOID Status(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT length) {
    (void)context, (void)status, (void)buffer, (void)length;
}
static VOID StatusComplete(NDIS_HANDLE context) {
    (void)context;
}

static VOID SetFilter(VOID) {
    static ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    static NDIS_REQUEST request;
    NDIS_STATUS status;
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    request.DATA.SET_INFORMATION.InformationBuffer = &filter;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof filter;
    NdisRequest(&status, binding, &request);
}

static VOID Bind(PNDIS_STATUS status, NDIS_HANDLE context, PNDIS_STRING device, PVOID section, PVOID reserved) {
    static NDIS_MEDIUM media[] = {NdisMedium802_3};
    NDIS_STATUS error;
    UINT selected;
    (void)context, (void)reserved;
    *status = OnBind((PNDIS_STRING)section);
    if (*status != NDIS_STATUS_SUCCESS)
        return;
    NdisOpenAdapter(status, &error, &binding, &selected, media, 1, protocol, &binding, device, 0, NULL);
    if (*status == NDIS_STATUS_SUCCESS)
        SetFilter();
    else
        OnUnbind();
}

static VOID Unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbind) {
    (void)context, (void)unbind;
    NdisInitializeEvent(&closed);
    NdisCloseAdapter(status, binding);
    if (*status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&closed, 0);
    OnUnbind();
    *status = NDIS_STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT driver) {
    NDIS_STATUS status;
    (void)driver;
    NdisDeregisterProtocol(&status, protocol);
    OnUnload();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STRING name = NDIS_STRING_CONST("CheckTest");
    NDIS_STATUS status;
    (void)path;
    OnEntry();
    NdisZeroMemory(&handlers, sizeof handlers);
    handlers.MajorNdisVersion = 5;
    handlers.Name = name;
    handlers.OpenAdapterCompleteHandler = OpenComplete;
    handlers.CloseAdapterCompleteHandler = CloseComplete;
    handlers.SendCompleteHandler = SendComplete;
    handlers.TransferDataCompleteHandler = TransferComplete;
    handlers.ResetCompleteHandler = ResetComplete;
    handlers.RequestCompleteHandler = RequestComplete;
    handlers.ReceiveHandler = Receive;
    handlers.ReceiveCompleteHandler = ReceiveComplete;
    handlers.StatusHandler = Status;
    handlers.StatusCompleteHandler = StatusComplete;
    handlers.BindAdapterHandler = Bind;
    handlers.UnbindAdapterHandler = Unbind;
    driver->DriverUnload = Unload;
    NdisRegisterProtocol(&status, &protocol, &handlers, sizeof handlers);
    return status;
}
