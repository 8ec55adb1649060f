/* The part of a protocol that is the same in each of these drivers: one binding, opened and closed, and requests that wait. */
#include "common.h"

static NDIS_HANDLE Protocol, Binding;
static NDIS_EVENT Done;
static NDIS_STATUS DoneStatus;

/* ---- What pends ends in an event ---- */

static VOID Finished(NDIS_STATUS Status) {
    DoneStatus = Status;
    NdisSetEvent(&Done);
}

static NDIS_STATUS Await(NDIS_STATUS Status) {
    if (Status != NDIS_STATUS_PENDING)
        return Status;
    NdisWaitEvent(&Done, 0);
    NdisResetEvent(&Done);
    return DoneStatus;
}

static VOID OpenComplete(NDIS_HANDLE Context, NDIS_STATUS Status, NDIS_STATUS Error) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Error);
    TRACE("OpenComplete", Status);
    Finished(Status);
}

static VOID CloseComplete(NDIS_HANDLE Context, NDIS_STATUS Status) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("CloseComplete", Status);
    Finished(Status);
}

static VOID RequestComplete(NDIS_HANDLE Context, PNDIS_REQUEST Request, NDIS_STATUS Status) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Request);
    TRACE("RequestComplete", Status);
    Finished(Status);
}

static NDIS_STATUS SetNumber(NDIS_OID Oid, ULONG Number) {
    static NDIS_REQUEST request; /* NDIS's until it completes */
    static ULONG value;
    NDIS_STATUS status;

    value = Number;
    NdisZeroMemory(&request, sizeof(request));
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = Oid;
    request.DATA.SET_INFORMATION.InformationBuffer = &value;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(value);
    NdisRequest(&status, Binding, &request);
    return Await(status);
}

static NDIS_STATUS Open(PNDIS_STRING Device) {
    static NDIS_MEDIUM media[] = {NdisMedium802_3};
    static NDIS_STATUS status, error; /* not on the stack: written late when the open pends */
    static UINT selected;

    NdisOpenAdapter(&status, &error, &Binding, &selected, media, 1, Protocol, &Binding, Device, 0, NULL);
    return Await(status);
}

static VOID Close(VOID) {
    static NDIS_STATUS status;

    NdisCloseAdapter(&status, Binding);
    Await(status);
}

/* ---- Handlers that do nothing here ---- */

static VOID TransferNothing(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS Status, UINT Bytes) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Packet);
    UNREFERENCED_PARAMETER(Status);
    UNREFERENCED_PARAMETER(Bytes);
}

static VOID ResetComplete(NDIS_HANDLE Context, NDIS_STATUS Status) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("ResetComplete", Status);
}

static NDIS_STATUS ReceiveNothing(NDIS_HANDLE Context, NDIS_HANDLE ReceiveContext, PVOID Header, UINT HeaderBytes,
                                  PVOID Data, UINT Bytes, UINT Size) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(ReceiveContext);
    UNREFERENCED_PARAMETER(Header);
    UNREFERENCED_PARAMETER(HeaderBytes);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Size);
    return NDIS_STATUS_NOT_ACCEPTED;
}

static VOID ReceiveComplete(NDIS_HANDLE Context) {
    UNREFERENCED_PARAMETER(Context);
    TRACE("ReceiveComplete", 0);
}

static VOID Status(NDIS_HANDLE Context, NDIS_STATUS General, PVOID Buffer, UINT Length) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    TRACE("Status", General);
}

static VOID StatusComplete(NDIS_HANDLE Context) {
    UNREFERENCED_PARAMETER(Context);
}

static VOID FillHandlers(PNDIS_PROTOCOL_CHARACTERISTICS Handlers) {
    NdisInitializeEvent(&Done);
    NdisZeroMemory(Handlers, sizeof(*Handlers));
    Handlers->MajorNdisVersion = 5;
    Handlers->OpenAdapterCompleteHandler = OpenComplete;
    Handlers->CloseAdapterCompleteHandler = CloseComplete;
    Handlers->TransferDataCompleteHandler = TransferNothing;
    Handlers->ResetCompleteHandler = ResetComplete;
    Handlers->RequestCompleteHandler = RequestComplete;
    Handlers->ReceiveHandler = ReceiveNothing;
    Handlers->ReceiveCompleteHandler = ReceiveComplete;
    Handlers->StatusHandler = Status;
    Handlers->StatusCompleteHandler = StatusComplete;
}
