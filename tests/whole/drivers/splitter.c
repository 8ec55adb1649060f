/* An intermediate driver with several virtual adapters over one binding: each has what is received, and all send through it. Their
 * device names are the list UpperBindings. Binds, unbinds and power events pend; a work item does what they are for. */
#include "protocol.h"

#define TAG 0x74696C53 /* "Slit" */
#define MOST_UPPERS 4
#define SETTLE_US 1000

typedef struct _UPPER {
    NDIS_HANDLE Adapter; /* NULL: it is not there */
    NDIS_STRING Name;
    WCHAR Characters[64];
    LONG Sending, Lent;
    BOOLEAN Asleep;
} UPPER;

typedef struct _RESERVED {
    PNDIS_PACKET Original;
    UPPER* Upper;
} RESERVED;

static NDIS_HANDLE Driver, SendPool, ReceivePool;
static UPPER Uppers[MOST_UPPERS];
static ULONG UpperCount;
static NDIS_WORK_ITEM Work; /* one of these at a time */
static NDIS_HANDLE BindContext, UnbindContext;
static PNET_PNP_EVENT Event;

static RESERVED* SendOf(PNDIS_PACKET Packet) {
    return (RESERVED*)Packet->ProtocolReserved;
}

static PNDIS_PACKET* ReceiveOf(PNDIS_PACKET Packet) {
    return (PNDIS_PACKET*)Packet->MiniportReserved;
}

static VOID ShareChain(PNDIS_PACKET To, PNDIS_PACKET From) {
    To->Private.Head = From->Private.Head;
    To->Private.Tail = From->Private.Tail;
    NdisMoveMemory(NDIS_OOB_DATA_FROM_PACKET(To), NDIS_OOB_DATA_FROM_PACKET(From), sizeof(NDIS_PACKET_OOB_DATA));
}

/* ---- Down ---- */

static VOID SendDone(NDIS_HANDLE Context, PNDIS_PACKET Packet, NDIS_STATUS SendStatus) {
    RESERVED reserved = *SendOf(Packet);

    UNREFERENCED_PARAMETER(Context);
    NdisFreePacket(Packet);
    NdisMSendComplete(reserved.Upper->Adapter, reserved.Original, SendStatus);
    NdisInterlockedDecrement(&reserved.Upper->Sending);
}

static VOID SendPackets(NDIS_HANDLE Context, PPNDIS_PACKET Packets, UINT Count) {
    UPPER* upper = Context;
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    UINT i;

    for (i = 0; i < Count; ++i) {
        NdisAllocatePacket(&status, &packet, SendPool);
        if (status != NDIS_STATUS_SUCCESS || upper->Asleep) {
            if (status == NDIS_STATUS_SUCCESS)
                NdisFreePacket(packet);
            NdisMSendComplete(upper->Adapter, Packets[i], NDIS_STATUS_FAILURE);
            continue;
        }
        ShareChain(packet, Packets[i]);
        SendOf(packet)->Original = Packets[i];
        SendOf(packet)->Upper = upper;
        NdisInterlockedIncrement(&upper->Sending);
        NdisSend(&status, Binding, packet);
        if (status != NDIS_STATUS_PENDING)
            SendDone(NULL, packet, status);
    }
}

/* ---- Up: each adapter has a descriptor of its own ---- */

static VOID ReturnPacket(NDIS_HANDLE Context, PNDIS_PACKET Packet) {
    PNDIS_PACKET original = *ReceiveOf(Packet);

    NdisFreePacket(Packet);
    NdisReturnPackets(&original, 1);
    NdisInterlockedDecrement(&((UPPER*)Context)->Lent);
}

/* TRUE: the original is lent to it. */
static BOOLEAN Indicate(UPPER* Upper, PNDIS_PACKET Original) {
    PNDIS_PACKET packet;
    NDIS_STATUS status;
    BOOLEAN lent = NDIS_GET_PACKET_STATUS(Original) != NDIS_STATUS_RESOURCES;

    if (Upper->Adapter == NULL || Upper->Asleep)
        return FALSE;
    NdisDprAllocatePacket(&status, &packet, ReceivePool);
    if (status != NDIS_STATUS_SUCCESS)
        return FALSE;
    ShareChain(packet, Original);
    *ReceiveOf(packet) = Original;
    NDIS_SET_ORIGINAL_PACKET(packet, NDIS_GET_ORIGINAL_PACKET(Original));
    if (lent)
        NdisInterlockedIncrement(&Upper->Lent);
    NdisMIndicateReceivePacket(Upper->Adapter, &packet, 1);
    if (!lent)
        NdisDprFreePacket(packet);
    return lent;
}

static INT ReceivePacket(NDIS_HANDLE Context, PNDIS_PACKET Packet) {
    INT references = 0;
    ULONG i;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < UpperCount; ++i)
        references += Indicate(&Uppers[i], Packet);
    return references;
}

/* ---- Requests: each adapter answers for itself ---- */

static NDIS_STATUS Query(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Written, PULONG Needed) {
    UCHAR address[6] = {0x02, 'S', 'p', 'l', 'i', (UCHAR)((UPPER*)Context - Uppers)};
    NDIS_PNP_CAPABILITIES none;
    ULONG number = 0, bytes = sizeof(number);
    const VOID* value = &number;

    switch (Oid) {
    case OID_802_3_CURRENT_ADDRESS:
        value = address;
        bytes = sizeof(address);
        break;
    case OID_PNP_CAPABILITIES:
        NdisZeroMemory(&none, sizeof(none));
        value = &none;
        bytes = sizeof(none);
        break;
    case OID_GEN_MAXIMUM_LOOKAHEAD:
        number = 1500;
        break;
    case OID_GEN_MAC_OPTIONS:
    case OID_PNP_QUERY_POWER:
        break;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    *Needed = bytes;
    if (Length < bytes)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    NdisMoveMemory(Buffer, value, bytes);
    *Written = bytes;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Set(NDIS_HANDLE Context, NDIS_OID Oid, PVOID Buffer, ULONG Length, PULONG Read, PULONG Needed) {
    UNREFERENCED_PARAMETER(Needed);
    if (Oid == OID_PNP_SET_POWER)
        ((UPPER*)Context)->Asleep = *(PNDIS_DEVICE_POWER_STATE)Buffer != NdisDeviceStateD0;
    *Read = Length;
    return NDIS_STATUS_SUCCESS;
}

/* ---- Virtual adapters ---- */

static NDIS_STATUS Initialize(PNDIS_STATUS Error, PUINT Selected, PNDIS_MEDIUM Media, UINT Count, NDIS_HANDLE Adapter,
                              NDIS_HANDLE Configuration) {
    UPPER* upper = NdisIMGetDeviceContext(Adapter);

    UNREFERENCED_PARAMETER(Error);
    UNREFERENCED_PARAMETER(Media);
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Configuration);
    *Selected = NdisMedium802_3; /* the list is in the order of the numbers */
    NdisMSetAttributesEx(Adapter, upper, 0,
                         NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER | NDIS_ATTRIBUTE_DESERIALIZE |
                             NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND,
                         NdisInterfaceInternal);
    upper->Asleep = FALSE;
    upper->Adapter = Adapter;
    return NDIS_STATUS_SUCCESS;
}

static VOID Halt(NDIS_HANDLE Context) {
    UPPER* upper = Context;

    while (upper->Sending != 0 || upper->Lent != 0)
        NdisMSleep(SETTLE_US);
    upper->Adapter = NULL;
}

static VOID ReadNames(NDIS_HANDLE Configuration) {
    NDIS_STRING keyword = NDIS_STRING_CONST("UpperBindings");
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    PWSTR name;

    UpperCount = 0;
    NdisReadConfiguration(&status, &value, Configuration, &keyword, NdisParameterMultiString);
    if (status != NDIS_STATUS_SUCCESS || value->ParameterType != NdisParameterMultiString)
        return;
    for (name = value->ParameterData.StringData.Buffer; *name != 0 && UpperCount < MOST_UPPERS; ++name) {
        UPPER* upper = &Uppers[UpperCount++];
        ULONG length = 0;

        NdisZeroMemory(upper, sizeof(*upper));
        for (; *name != 0 && length + 1 < ARRAYSIZE(upper->Characters); ++name)
            upper->Characters[length++] = *name;
        NdisInitUnicodeString(&upper->Name, upper->Characters);
    }
}

/* ---- The binding ---- */

static VOID FreePools(VOID) {
    if (SendPool != NULL)
        NdisFreePacketPool(SendPool);
    if (ReceivePool != NULL)
        NdisFreePacketPool(ReceivePool);
    SendPool = ReceivePool = NULL;
}

static VOID Schedule(NDIS_PROC Routine) {
    NdisInitializeWorkItem(&Work, Routine, NULL);
    NdisScheduleWorkItem(&Work);
}

static VOID FinishBind(PNDIS_WORK_ITEM Item, PVOID Nothing) {
    ULONG i;

    UNREFERENCED_PARAMETER(Item);
    UNREFERENCED_PARAMETER(Nothing);
    SetNumber(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_PROMISCUOUS);
    for (i = 0; i < UpperCount; ++i)
        NdisIMInitializeDeviceInstanceEx(Driver, &Uppers[i].Name, &Uppers[i]);
    NdisCompleteBindAdapter(BindContext, NDIS_STATUS_SUCCESS, NDIS_STATUS_SUCCESS);
}

static VOID Bind(PNDIS_STATUS BindStatus, NDIS_HANDLE Context, PNDIS_STRING Device, PVOID Section, PVOID Reserved) {
    NDIS_HANDLE configuration;

    UNREFERENCED_PARAMETER(Reserved);
    NdisOpenProtocolConfiguration(BindStatus, &configuration, Section);
    if (*BindStatus != NDIS_STATUS_SUCCESS)
        return;
    ReadNames(configuration);
    NdisCloseConfiguration(configuration);
    NdisAllocatePacketPoolEx(BindStatus, &SendPool, 64, 960, sizeof(RESERVED));
    if (*BindStatus == NDIS_STATUS_SUCCESS)
        NdisAllocatePacketPoolEx(BindStatus, &ReceivePool, 64, 4000, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (*BindStatus == NDIS_STATUS_SUCCESS)
        *BindStatus = Open(Device);
    if (*BindStatus != NDIS_STATUS_SUCCESS) {
        FreePools();
        return;
    }
    BindContext = Context;
    Schedule(FinishBind);
    *BindStatus = NDIS_STATUS_PENDING;
}

static VOID FinishUnbind(PNDIS_WORK_ITEM Item, PVOID Nothing) {
    ULONG i;

    UNREFERENCED_PARAMETER(Item);
    UNREFERENCED_PARAMETER(Nothing);
    for (i = 0; i < UpperCount; ++i)
        if (Uppers[i].Adapter != NULL)
            NdisIMDeInitializeDeviceInstance(Uppers[i].Adapter);
        else
            NdisIMCancelInitializeDeviceInstance(Driver, &Uppers[i].Name);
    Close();
    FreePools();
    NdisCompleteUnbindAdapter(UnbindContext, NDIS_STATUS_SUCCESS);
}

static VOID Unbind(PNDIS_STATUS UnbindStatus, NDIS_HANDLE Context, NDIS_HANDLE Reserved) {
    UNREFERENCED_PARAMETER(Context);
    UnbindContext = Reserved;
    Schedule(FinishUnbind);
    *UnbindStatus = NDIS_STATUS_PENDING;
}

static VOID FinishEvent(PNDIS_WORK_ITEM Item, PVOID Nothing) {
    ULONG i;

    UNREFERENCED_PARAMETER(Item);
    UNREFERENCED_PARAMETER(Nothing);
    for (i = 0; i < UpperCount; ++i) {
        if (Uppers[i].Adapter != NULL)
            NdisIMNotifyPnPEvent(Uppers[i].Adapter, Event);
        while (Event->NetEvent == NetEventSetPower && Uppers[i].Sending != 0)
            NdisMSleep(SETTLE_US);
    }
    NdisCompletePnPEvent(NDIS_STATUS_SUCCESS, Binding, Event);
}

static NDIS_STATUS PnPEvent(NDIS_HANDLE Context, PNET_PNP_EVENT NetEvent) {
    if (Context == NULL)
        return NDIS_STATUS_SUCCESS;
    Event = NetEvent;
    Schedule(FinishEvent);
    return NDIS_STATUS_PENDING;
}

/* ---- Life ---- */

static VOID Unload(PDRIVER_OBJECT Object) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(Object);
    NdisDeregisterProtocol(&status, Protocol);
    NdisIMDeregisterLayeredMiniport(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Object, PUNICODE_STRING Path) {
    NDIS_MINIPORT_CHARACTERISTICS miniport;
    NDIS_PROTOCOL_CHARACTERISTICS protocol;
    NDIS_HANDLE wrapper;
    NDIS_STATUS status;

    NdisMInitializeWrapper(&wrapper, Object, Path, NULL);
    NdisZeroMemory(&miniport, sizeof(miniport));
    miniport.MajorNdisVersion = 5;
    miniport.MinorNdisVersion = 1;
    miniport.InitializeHandler = Initialize;
    miniport.HaltHandler = Halt;
    miniport.QueryInformationHandler = Query;
    miniport.SetInformationHandler = Set;
    miniport.SendPacketsHandler = SendPackets;
    miniport.ReturnPacketHandler = ReturnPacket;
    status = NdisIMRegisterLayeredMiniport(wrapper, &miniport, sizeof(miniport), &Driver);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisTerminateWrapper(wrapper, NULL);
        return status;
    }
    NdisMRegisterUnloadHandler(wrapper, Unload);
    FillHandlers(&protocol);
    protocol.Name = (NDIS_STRING)NDIS_STRING_CONST("Splitter");
    protocol.SendCompleteHandler = SendDone;
    protocol.ReceivePacketHandler = ReceivePacket;
    protocol.BindAdapterHandler = Bind;
    protocol.UnbindAdapterHandler = Unbind;
    protocol.PnPEventHandler = PnPEvent;
    NdisRegisterProtocol(&status, &Protocol, &protocol, sizeof(protocol));
    if (status != NDIS_STATUS_SUCCESS)
        NdisIMDeregisterLayeredMiniport(Driver);
    else
        NdisIMAssociateMiniport(Driver, Protocol);
    return status;
}
