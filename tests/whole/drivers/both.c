/* A protocol with a miniport beside it that is no upper edge of it. */
#include "protocol.h"

static NDIS_STATUS Initialize(PNDIS_STATUS Error, PUINT Selected, PNDIS_MEDIUM Media, UINT Count, NDIS_HANDLE Adapter,
                              NDIS_HANDLE Configuration) {
    UNREFERENCED_PARAMETER(Error);
    UNREFERENCED_PARAMETER(Selected);
    UNREFERENCED_PARAMETER(Media);
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(Configuration);
    return NDIS_STATUS_FAILURE;
}

static VOID Halt(NDIS_HANDLE Context) {
    UNREFERENCED_PARAMETER(Context);
}

static NDIS_STATUS Information(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Done,
                               PULONG Needed) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Oid);
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Done);
    UNREFERENCED_PARAMETER(Needed);
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS Send(NDIS_HANDLE Context, PNDIS_PACKET Packet, UINT Flags) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Packet);
    UNREFERENCED_PARAMETER(Flags);
    return NDIS_STATUS_FAILURE;
}

static VOID SendDone(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS SendStatus) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Packet);
    UNREFERENCED_PARAMETER(SendStatus);
}

static VOID Bind(PNDIS_STATUS BindStatus, NDIS_HANDLE Context, PNDIS_STRING Device, PVOID Section, PVOID Reserved) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Section);
    UNREFERENCED_PARAMETER(Reserved);
    *BindStatus = Open(Device);
    if (*BindStatus == NDIS_STATUS_SUCCESS)
        SetNumber(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_DIRECTED);
}

static VOID Unbind(PNDIS_STATUS UnbindStatus, NDIS_HANDLE Context, NDIS_HANDLE Reserved) {
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Reserved);
    Close();
    *UnbindStatus = NDIS_STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Object) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Object);
    NdisDeregisterProtocol(&status, Protocol);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Object, PUNICODE_STRING Path) {
    NDIS_MINIPORT_CHARACTERISTICS miniport;
    NDIS_PROTOCOL_CHARACTERISTICS protocol;
    NDIS_HANDLE wrapper;
    NDIS_STATUS status;

    NdisMInitializeWrapper(&wrapper, Object, Path, NULL);
    NdisZeroMemory(&miniport, sizeof(miniport));
    miniport.MajorNdisVersion = 5;
    miniport.InitializeHandler = Initialize;
    miniport.HaltHandler = Halt;
    miniport.QueryInformationHandler = Information;
    miniport.SetInformationHandler = Information;
    miniport.SendHandler = Send;
    status = NdisMRegisterMiniport(wrapper, &miniport, sizeof(miniport));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisMRegisterUnloadHandler(wrapper, Unload);
    FillHandlers(&protocol);
    protocol.Name = (NDIS_STRING)NDIS_STRING_CONST("Both");
    protocol.SendCompleteHandler = SendDone;
    protocol.BindAdapterHandler = Bind;
    protocol.UnbindAdapterHandler = Unbind;
    NdisRegisterProtocol(&status, &Protocol, &protocol, sizeof(protocol));
    return status;
}
