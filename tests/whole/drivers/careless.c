/* A protocol that binds properly and leaves things behind: parameter Leave names what. */
#include <ndis.h>

static NDIS_HANDLE protocol, binding, pool;
static NDIS_STATUS close_status;
static NDIS_EVENT closed;
static NDIS_TIMER timer;
static PNDIS_PACKET packets[2];
static ULONG leave;

enum { LEAVE_NOTHING, FREE_POOL_WITH_PACKETS_OUT, KEEP_POOL, KEEP_MEMORY, KEEP_TIMER, FREE_PACKET_TWICE, KEEP_THREAD };

static VOID OpenComplete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS error) {
    (void)context, (void)status, (void)error;
}
static VOID CloseComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    (void)context;
    close_status = status;
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
static VOID TimerFunction(PVOID one, PVOID context, PVOID two, PVOID three) {
    (void)one, (void)context, (void)two, (void)three;
}

static VOID Thread(PVOID context) {
    (void)context;
    NdisMSleep(6000000);
}

static VOID ReadLeave(PNDIS_STRING section) {
    NDIS_STRING name = NDIS_STRING_CONST("Leave");
    NDIS_HANDLE configuration;
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    NdisOpenProtocolConfiguration(&status, &configuration, section);
    if (status != NDIS_STATUS_SUCCESS)
        return;
    NdisReadConfiguration(&status, &value, configuration, &name, NdisParameterInteger);
    if (status == NDIS_STATUS_SUCCESS)
        leave = value->ParameterData.IntegerData;
    NdisCloseConfiguration(configuration);
}

__attribute__((noinline)) static VOID MakeThings(VOID) { /* noinline: the tests look for its name */
    NDIS_STATUS status;
    PVOID memory;
    NdisAllocatePacketPool(&status, &pool, 4, PROTOCOL_RESERVED_SIZE_IN_PACKET);
    for (UINT i = 0; i < 2; i++)
        NdisAllocatePacket(&status, &packets[i], pool);
    if (leave == KEEP_MEMORY)
        NdisAllocateMemoryWithTag(&memory, 100, 0x6576614C /* "Lave" */);
    if (leave == KEEP_TIMER) {
        NdisInitializeTimer(&timer, TimerFunction, NULL);
        NdisSetTimer(&timer, 3600000);
    }
    if (leave == KEEP_THREAD) {
        HANDLE thread;
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Thread, NULL);
        ZwClose(thread);
    }
}

static VOID Bind(PNDIS_STATUS status, NDIS_HANDLE context, PNDIS_STRING device, PVOID section, PVOID reserved) {
    static NDIS_MEDIUM media[] = {NdisMedium802_3};
    NDIS_STATUS error;
    UINT selected;
    (void)context, (void)reserved;
    ReadLeave((PNDIS_STRING)section);
    NdisOpenAdapter(status, &error, &binding, &selected, media, 1, protocol, &binding, device, 0, NULL);
    if (*status == NDIS_STATUS_SUCCESS)
        MakeThings();
}

static VOID Unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbind) {
    (void)context, (void)unbind;
    NdisInitializeEvent(&closed);
    NdisCloseAdapter(status, binding);
    if (*status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&closed, 0);
    *status = NDIS_STATUS_SUCCESS;
    if (leave == KEEP_POOL)
        return;
    if (leave != FREE_POOL_WITH_PACKETS_OUT) {
        NdisFreePacket(packets[0]);
        NdisFreePacket(packets[1]);
    }
    if (leave == FREE_PACKET_TWICE)
        NdisFreePacket(packets[0]);
    NdisFreePacketPool(pool);
}

static VOID Unload(PDRIVER_OBJECT driver) {
    NDIS_STATUS status;
    (void)driver;
    NdisDeregisterProtocol(&status, protocol);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    NDIS_PROTOCOL_CHARACTERISTICS handlers;
    NDIS_STRING name = NDIS_STRING_CONST("Careless");
    NDIS_STATUS status;
    (void)path;
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
