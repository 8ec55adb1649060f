/* A whole protocol driver that compiles against an installed ndispool alone: for every frame it takes a packet from its
 * pool and frees it. */
#include <ndis.h>

typedef struct _BINDING {
    NDIS_HANDLE Handle;
    NDIS_HANDLE Pool;
    ULONG Filter;
    NDIS_REQUEST Request;
    NDIS_EVENT Done;
    NDIS_STATUS Status;
} BINDING, *PBINDING;

static NDIS_HANDLE Protocol;

static VOID Finish(PBINDING binding, NDIS_STATUS status) {
    binding->Status = status;
    NdisSetEvent(&binding->Done);
}

static VOID NTAPI OpenComplete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS openError) {
    UNREFERENCED_PARAMETER(openError);
    Finish(context, status);
}

static VOID NTAPI CloseComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    Finish(context, status);
}

static VOID NTAPI ResetComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
}

static VOID NTAPI RequestComplete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(request);
    Finish(context, status);
}

static VOID NTAPI SendComplete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(packet);
    UNREFERENCED_PARAMETER(status);
}

static VOID NTAPI TransferDataComplete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT bytes) {
    UNREFERENCED_PARAMETER(bytes);
    SendComplete(context, packet, status);
}

static NDIS_STATUS NTAPI Receive(NDIS_HANDLE context, NDIS_HANDLE mac, PVOID header, UINT headerSize, PVOID lookAhead,
                                 UINT lookAheadSize, UINT packetSize) {
    PBINDING binding = context;
    PNDIS_PACKET packet;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(mac);
    UNREFERENCED_PARAMETER(header);
    UNREFERENCED_PARAMETER(headerSize);
    UNREFERENCED_PARAMETER(lookAhead);
    UNREFERENCED_PARAMETER(lookAheadSize);
    UNREFERENCED_PARAMETER(packetSize);
    NdisAllocatePacket(&status, &packet, binding->Pool);
    if (status == NDIS_STATUS_SUCCESS)
        NdisFreePacket(packet);
    return NDIS_STATUS_NOT_ACCEPTED;
}

static VOID NTAPI ReceiveComplete(NDIS_HANDLE context) {
    UNREFERENCED_PARAMETER(context);
}

static VOID NTAPI Status(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT size) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(size);
}

static NDIS_STATUS Wait(PBINDING binding, NDIS_STATUS status) {
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&binding->Done, 0);
        status = binding->Status;
    }
    NdisResetEvent(&binding->Done);
    return status;
}

static VOID Release(PBINDING binding) {
    if (binding->Pool != NULL)
        NdisFreePacketPool(binding->Pool);
    NdisFreeMemory(binding, 0, 0);
}

static NDIS_STATUS SetFilter(PBINDING binding) {
    NDIS_STATUS status;

    binding->Filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    binding->Request.RequestType = NdisRequestSetInformation;
    binding->Request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    binding->Request.DATA.SET_INFORMATION.InformationBuffer = &binding->Filter;
    binding->Request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(binding->Filter);
    NdisRequest(&status, binding->Handle, &binding->Request);
    return Wait(binding, status);
}

static VOID NTAPI Unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbindContext) {
    PBINDING binding = context;

    UNREFERENCED_PARAMETER(unbindContext);
    NdisCloseAdapter(status, binding->Handle);
    *status = Wait(binding, *status);
    Release(binding);
}

static VOID NTAPI Bind(PNDIS_STATUS status, NDIS_HANDLE bindContext, PNDIS_STRING device, PVOID specific1,
                       PVOID specific2) {
    static NDIS_MEDIUM media[] = {NdisMedium802_3};
    PBINDING binding;
    NDIS_STATUS openError;
    UINT medium;

    UNREFERENCED_PARAMETER(bindContext);
    UNREFERENCED_PARAMETER(specific1);
    UNREFERENCED_PARAMETER(specific2);
    *status = NdisAllocateMemoryWithTag((PVOID*)&binding, sizeof(*binding), 'dnib');
    if (*status != NDIS_STATUS_SUCCESS)
        return;
    NdisZeroMemory(binding, sizeof(*binding));
    NdisInitializeEvent(&binding->Done);
    NdisAllocatePacketPool(status, &binding->Pool, 8, 16);
    if (*status == NDIS_STATUS_SUCCESS) {
        NdisOpenAdapter(status, &openError, &binding->Handle, &medium, media, 1, Protocol, binding, device, 0, NULL);
        *status = Wait(binding, *status);
    }
    if (*status == NDIS_STATUS_SUCCESS)
        SetFilter(binding);
    else
        Release(binding);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(driver);
    NdisDeregisterProtocol(&status, Protocol);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath) {
    static NDIS_STRING name = NDIS_STRING_CONST("Counter");
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(registryPath);
    NdisZeroMemory(&handlers, sizeof(handlers));
    handlers.MajorNdisVersion = 5;
    handlers.Name = name;
    handlers.OpenAdapterCompleteHandler = OpenComplete;
    handlers.CloseAdapterCompleteHandler = CloseComplete;
    handlers.ResetCompleteHandler = ResetComplete;
    handlers.RequestCompleteHandler = RequestComplete;
    handlers.SendCompleteHandler = SendComplete;
    handlers.TransferDataCompleteHandler = TransferDataComplete;
    handlers.ReceiveHandler = Receive;
    handlers.ReceiveCompleteHandler = ReceiveComplete;
    handlers.StatusHandler = Status;
    handlers.StatusCompleteHandler = ReceiveComplete;
    handlers.BindAdapterHandler = Bind;
    handlers.UnbindAdapterHandler = Unbind;
    driver->DriverUnload = Unload;
    NdisRegisterProtocol(&status, &Protocol, &handlers, sizeof(handlers));
    return status;
}
