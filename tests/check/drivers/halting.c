/* A miniport whose MiniportHalt does not come to its end. Parameter Halt says how: 0 not at all, 1 an event is waited for that nobody
 * sets, 2 it spins, 3 the same while it holds a spin lock, 4 the system thread it waits for waits for it. */
#include <ndis.h>

static NDIS_HANDLE adapter;
static NDIS_EVENT never, started;
static NDIS_SPIN_LOCK lock;
static ULONG how;
static volatile ULONG sink, go_on = 1;

static NDIS_STATUS Query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    static const UCHAR address[6] = {0x02, 'H', 'a', 'l', 't', 1};
    (void)context;
    *needed = oid == OID_802_3_CURRENT_ADDRESS || oid == OID_802_3_PERMANENT_ADDRESS ? sizeof address : sizeof(ULONG);
    if (length < *needed)
        return NDIS_STATUS_INVALID_LENGTH;
    NdisZeroMemory(buffer, *needed);
    if (*needed == sizeof address)
        NdisMoveMemory(buffer, address, sizeof address);
    *written = *needed;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed) {
    (void)context, (void)oid, (void)buffer, (void)needed;
    *read = length;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Send(NDIS_HANDLE context, PNDIS_PACKET packet, UINT flags) {
    (void)context, (void)packet, (void)flags;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Initialize(PNDIS_STATUS error, PUINT selected, PNDIS_MEDIUM media, UINT count, NDIS_HANDLE handle,
                              NDIS_HANDLE context) {
    NDIS_STRING keyword = NDIS_STRING_CONST("Halt");
    NDIS_CONFIGURATION_PARAMETER* value;
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    (void)error;
    for (*selected = 0; *selected < count && media[*selected] != NdisMedium802_3; ++*selected)
        ;
    if (*selected == count)
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    adapter = handle;
    NdisMSetAttributesEx(handle, &adapter, 0, NDIS_ATTRIBUTE_DESERIALIZE, NdisInterfaceInternal);
    NdisInitializeEvent(&never);
    NdisInitializeEvent(&started);
    NdisAllocateSpinLock(&lock);
    NdisOpenConfiguration(&status, &configuration, context);
    if (status != NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;
    NdisReadConfiguration(&status, &value, configuration, &keyword, NdisParameterInteger);
    if (status == NDIS_STATUS_SUCCESS)
        how = value->ParameterData.IntegerData;
    NdisCloseConfiguration(configuration);
    return NDIS_STATUS_SUCCESS;
}

__attribute__((noinline)) static VOID SpinInHalt(VOID) {
    while (go_on)
        ++sink;
}

static VOID NTAPI WaitForHalt(PVOID context) {
    (void)context;
    NdisSetEvent(&started);
    NdisWaitEvent(&never, 0);
}

__attribute__((noinline)) static VOID WaitForThread(VOID) {
    HANDLE thread;
    PVOID object;
    if (PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, WaitForHalt, NULL) != STATUS_SUCCESS)
        return;
    ObReferenceObjectByHandle(thread, 0, NULL, KernelMode, &object, NULL);
    NdisWaitEvent(&started, 0);
    KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

static VOID Halt(NDIS_HANDLE context) {
    (void)context;
    if (how == 1)
        NdisWaitEvent(&never, 0);
    if (how == 3)
        NdisAcquireSpinLock(&lock);
    if (how == 2 || how == 3)
        SpinInHalt();
    if (how == 4)
        WaitForThread();
    NdisFreeSpinLock(&lock);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    NDIS_MINIPORT_CHARACTERISTICS handlers;
    NDIS_HANDLE wrapper;
    NDIS_STATUS status;
    NdisMInitializeWrapper(&wrapper, driver, path, NULL);
    if (wrapper == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NdisZeroMemory(&handlers, sizeof handlers);
    handlers.MajorNdisVersion = 5;
    handlers.MinorNdisVersion = 1;
    handlers.InitializeHandler = Initialize;
    handlers.HaltHandler = Halt;
    handlers.QueryInformationHandler = Query;
    handlers.SetInformationHandler = Set;
    handlers.SendHandler = Send;
    status = NdisMRegisterMiniport(wrapper, &handlers, sizeof handlers);
    if (status != NDIS_STATUS_SUCCESS)
        NdisTerminateWrapper(wrapper, NULL);
    return status;
}
