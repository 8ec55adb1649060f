/* How an ADAPTER comes and goes.
 *
 *   bind        context and pools, lower binding open, virtual miniport asked for
 *   initialize  the virtual miniport exists
 *   halt        the virtual miniport is gone; the lower binding is closed
 *   unbind      the virtual miniport is cancelled or halted, the lower binding closed if halt did not
 *
 * All of it runs at PASSIVE_LEVEL, and halt inside unbind: NdisIMDeInitializeDeviceInstance calls it.
 */
#include "passthru.h"

#define PT_MAXIMUM_PACKETS 0xFFFF /* NdisAllocatePacketPoolEx: descriptors and overflow together */
#define PT_DEFAULT_PACKETS 0xFF
#define PT_DEFAULT_OVERFLOW (PT_MAXIMUM_PACKETS - PT_DEFAULT_PACKETS)

static NDIS_MEDIUM PtMedia[] = {NdisMedium802_3, NdisMediumWan};

static VOID PtReference(ADAPTER* Adapter) {
    NdisInterlockedIncrement(&Adapter->References);
}

/* NdisFreePacketPool: every packet is back first. NdisPacketPoolUsage says so; the last ones come back on other
 * processors. */
static VOID PtFreePool(NDIS_HANDLE Pool) {
    while (NdisPacketPoolUsage(Pool) != 0)
        NdisMSleep(PT_POLL_INTERVAL);
    NdisFreePacketPool(Pool);
}

static VOID PtRelease(ADAPTER* Adapter) {
    if (NdisInterlockedDecrement(&Adapter->References) != 0)
        return;
    PtFreePool(Adapter->ReceivePool);
    PtFreePool(Adapter->SendPool);
    NdisFreeSpinLock(&Adapter->Lock);
    NdisFreeMemory(Adapter, 0, 0);
}

/* ---- Configuration ---- */

static UINT PtReadInteger(NDIS_HANDLE Configuration, NDIS_STRING Keyword, UINT Minimum, UINT Maximum, UINT Default) {
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    UINT number;

    NdisReadConfiguration(&status, &value, Configuration, &Keyword, NdisParameterInteger);
    if (status != NDIS_STATUS_SUCCESS || value->ParameterType != NdisParameterInteger)
        return Default;
    number = value->ParameterData.IntegerData;
    return number < Minimum ? Minimum : number > Maximum ? Maximum : number;
}

typedef struct _POOL_SIZE {
    UINT Packets;
    UINT Overflow;
} POOL_SIZE;

static POOL_SIZE PtReadPoolSize(NDIS_HANDLE Configuration, NDIS_STRING Packets, NDIS_STRING Overflow) {
    POOL_SIZE size;

    size.Packets = PtReadInteger(Configuration, Packets, 1, PT_MAXIMUM_PACKETS, PT_DEFAULT_PACKETS);
    size.Overflow = PtReadInteger(Configuration, Overflow, 0, PT_MAXIMUM_PACKETS, PT_DEFAULT_OVERFLOW);
    if (size.Overflow > PT_MAXIMUM_PACKETS - size.Packets)
        size.Overflow = PT_MAXIMUM_PACKETS - size.Packets; /* as NdisAllocatePacketPoolEx would reduce it */
    return size;
}

/* A protocol that receives our wrappers owns their ProtocolReserved, and may rely on its documented size. */
static NDIS_STATUS PtAllocatePools(ADAPTER* Adapter, NDIS_HANDLE Configuration) {
    NDIS_STRING sendPackets = NDIS_STRING_CONST("SendPackets");
    NDIS_STRING sendOverflow = NDIS_STRING_CONST("SendOverflow");
    NDIS_STRING receivePackets = NDIS_STRING_CONST("ReceivePackets");
    NDIS_STRING receiveOverflow = NDIS_STRING_CONST("ReceiveOverflow");
    POOL_SIZE send = PtReadPoolSize(Configuration, sendPackets, sendOverflow);
    POOL_SIZE receive = PtReadPoolSize(Configuration, receivePackets, receiveOverflow);
    NDIS_STATUS status;

    Adapter->SendCapacity = send.Packets + send.Overflow;
    NdisAllocatePacketPoolEx(&status, &Adapter->SendPool, send.Packets, send.Overflow, sizeof(WRAPPER));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisAllocatePacketPoolEx(&status, &Adapter->ReceivePool, receive.Packets, receive.Overflow,
                             PROTOCOL_RESERVED_SIZE_IN_PACKET);
    if (status != NDIS_STATUS_SUCCESS)
        NdisFreePacketPool(Adapter->SendPool);
    return status;
}

/* The configuration's memory is gone with its handle, so the name is copied. */
static ADAPTER* PtAllocateAdapter(PNDIS_STRING UpperName) {
    ADAPTER* adapter;

    if (NdisAllocateMemoryWithTag((PVOID*)&adapter, sizeof(*adapter) + UpperName->Length + sizeof(WCHAR), PT_TAG) !=
        NDIS_STATUS_SUCCESS)
        return NULL;
    NdisZeroMemory(adapter, sizeof(*adapter) + UpperName->Length + sizeof(WCHAR));
    adapter->UpperName.Buffer = (PWSTR)(adapter + 1);
    adapter->UpperName.Length = UpperName->Length;
    adapter->UpperName.MaximumLength = (USHORT)(UpperName->Length + sizeof(WCHAR));
    NdisMoveMemory(adapter->UpperName.Buffer, UpperName->Buffer, UpperName->Length);

    adapter->References = 1;
    adapter->UpperPower = NdisDeviceStateD0;
    adapter->LowerPower = NdisDeviceStateD0;
    NdisAllocateSpinLock(&adapter->Lock);
    NdisInitializeEvent(&adapter->BindingEvent);
    NdisInitializeEvent(&adapter->InitializeEvent);
    InitializeListHead(&adapter->WaitingSends);
    return adapter;
}

/* UpperBindings names the virtual miniport that belongs to this binding; without it there is nothing to show. */
static NDIS_STATUS PtConfigureAdapter(NDIS_HANDLE Configuration, ADAPTER** Adapter) {
    NDIS_STRING upperBindings = NDIS_STRING_CONST("UpperBindings");
    NDIS_STRING packetStacking = NDIS_STRING_CONST("PacketStacking");
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;

    NdisReadConfiguration(&status, &value, Configuration, &upperBindings, NdisParameterString);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (value->ParameterType != NdisParameterString || value->ParameterData.StringData.Length == 0)
        return NDIS_STATUS_FAILURE;
    *Adapter = PtAllocateAdapter(&value->ParameterData.StringData);
    if (*Adapter == NULL)
        return NDIS_STATUS_RESOURCES;
    (*Adapter)->PacketStacking = PtReadInteger(Configuration, packetStacking, 0, 1, 0) != 0;
    status = PtAllocatePools(*Adapter, Configuration);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeSpinLock(&(*Adapter)->Lock);
        NdisFreeMemory(*Adapter, 0, 0);
    }
    return status;
}

/* The new ADAPTER has one reference, the caller's. */
static NDIS_STATUS PtCreateAdapter(PNDIS_STRING ConfigurationSection, ADAPTER** Adapter) {
    NDIS_HANDLE configuration;
    NDIS_STATUS status;

    NdisOpenProtocolConfiguration(&status, &configuration, ConfigurationSection);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = PtConfigureAdapter(configuration, Adapter);
    NdisCloseConfiguration(configuration);
    return status;
}

/* ---- The lower binding ---- */

static VOID PtOpenComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status, NDIS_STATUS OpenErrorStatus) {
    ADAPTER* adapter = ProtocolBindingContext;

    adapter->OpenErrorStatus = OpenErrorStatus;
    adapter->BindingStatus = Status;
    NdisSetEvent(&adapter->BindingEvent);
}

static VOID PtCloseComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    ADAPTER* adapter = ProtocolBindingContext;

    adapter->BindingStatus = Status;
    NdisSetEvent(&adapter->BindingEvent);
}

/* NdisOpenAdapter writes its results late when it pends, so they are in the ADAPTER. */
static NDIS_STATUS PtOpenLower(ADAPTER* Adapter, PNDIS_STRING DeviceName) {
    NDIS_STATUS status;

    NdisOpenAdapter(&status, &Adapter->OpenErrorStatus, &Adapter->BindingHandle, &Adapter->MediumIndex, PtMedia,
                    ARRAYSIZE(PtMedia), PtProtocolHandle, Adapter, DeviceName, 0, NULL);
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Adapter->BindingEvent, 0);
        status = Adapter->BindingStatus;
    }
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    Adapter->LowerOpen = TRUE;
    PtReference(Adapter);
    /* A WAN adapter takes Ethernet frames too, and Ethernet is what protocols above are shown. */
    Adapter->Medium = PtMedia[Adapter->MediumIndex];
    if (Adapter->Medium == NdisMediumWan)
        Adapter->Medium = NdisMedium802_3;
    return NDIS_STATUS_SUCCESS;
}

/* NdisCloseAdapter completes when nothing of the binding is in flight any more. Does nothing the second time. */
static VOID PtCloseLower(ADAPTER* Adapter) {
    NDIS_STATUS status;

    if (!Adapter->LowerOpen)
        return;
    Adapter->LowerOpen = FALSE;
    NdisResetEvent(&Adapter->BindingEvent);
    NdisCloseAdapter(&status, Adapter->BindingHandle);
    if (status == NDIS_STATUS_PENDING)
        NdisWaitEvent(&Adapter->BindingEvent, 0);
    PtRelease(Adapter);
}

/* ---- Bind ---- */

/* The miniport may be initialized, and even halted again, before NdisIMInitializeDeviceInstanceEx returns, or some time
 * after it. */
static NDIS_STATUS PtStartUpper(ADAPTER* Adapter) {
    NDIS_STATUS status;

    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->InitializePending = TRUE;
    NdisReleaseSpinLock(&Adapter->Lock);
    status = NdisIMInitializeDeviceInstanceEx(PtDriverHandle, &Adapter->UpperName, Adapter);
    if (status != NDIS_STATUS_SUCCESS)
        PtCloseLower(Adapter);
    return status;
}

static VOID PtBind(PNDIS_STATUS Status, NDIS_HANDLE BindContext, PNDIS_STRING DeviceName, PVOID SystemSpecific1,
                   PVOID SystemSpecific2) {
    ADAPTER* adapter = NULL;

    UNREFERENCED_PARAMETER(BindContext);
    UNREFERENCED_PARAMETER(SystemSpecific2);
    *Status = PtCreateAdapter(SystemSpecific1, &adapter);
    if (*Status != NDIS_STATUS_SUCCESS)
        return;
    *Status = PtOpenLower(adapter, DeviceName);
    if (*Status == NDIS_STATUS_SUCCESS)
        *Status = PtStartUpper(adapter);
    PtRelease(adapter);
}

/* ---- The virtual miniport ---- */

static BOOLEAN PtSelectMedium(NDIS_MEDIUM Medium, PNDIS_MEDIUM MediumArray, UINT MediumArraySize, PUINT Index) {
    UINT i;

    for (i = 0; i < MediumArraySize; ++i) {
        if (MediumArray[i] == Medium) {
            *Index = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* Success or not: whoever waits for the end of the initialization goes on. */
static VOID PtInitializeOver(ADAPTER* Adapter, NDIS_HANDLE MiniportHandle) {
    NdisAcquireSpinLock(&Adapter->Lock);
    Adapter->MiniportHandle = MiniportHandle;
    Adapter->InitializePending = FALSE;
    NdisReleaseSpinLock(&Adapter->Lock);
    NdisSetEvent(&Adapter->InitializeEvent);
}

static NDIS_STATUS PtInitialize(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex, PNDIS_MEDIUM MediumArray,
                                UINT MediumArraySize, NDIS_HANDLE MiniportAdapterHandle,
                                NDIS_HANDLE WrapperConfigurationContext) {
    ADAPTER* adapter = NdisIMGetDeviceContext(MiniportAdapterHandle);

    UNREFERENCED_PARAMETER(OpenErrorStatus);
    UNREFERENCED_PARAMETER(WrapperConfigurationContext);
    if (!PtSelectMedium(adapter->Medium, MediumArray, MediumArraySize, SelectedMediumIndex)) {
        PtInitializeOver(adapter, NULL);
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    }
    /* No timeouts: sends and requests take as long as the adapter below takes. INTERMEDIATE_DRIVER and
     * NO_HALT_ON_SUSPEND are mandatory for a virtual miniport. */
    NdisMSetAttributesEx(MiniportAdapterHandle, adapter, 0,
                         NDIS_ATTRIBUTE_IGNORE_PACKET_TIMEOUT | NDIS_ATTRIBUTE_IGNORE_REQUEST_TIMEOUT |
                             NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER | NDIS_ATTRIBUTE_DESERIALIZE |
                             NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND,
                         NdisInterfaceInternal);
    PtReference(adapter);
    PtInstanceStarted();
    PtInitializeOver(adapter, MiniportAdapterHandle);
    return NDIS_STATUS_SUCCESS;
}

/* Nothing comes from above any more. What the adapter below still indicates ends here, and closing the binding waits
 * for it. */
static VOID PtHalt(NDIS_HANDLE MiniportAdapterContext) {
    ADAPTER* adapter = MiniportAdapterContext;

    PtAbortWaitingSends(adapter, NULL, NDIS_STATUS_REQUEST_ABORTED);
    NdisAcquireSpinLock(&adapter->Lock);
    adapter->MiniportHandle = NULL;
    NdisReleaseSpinLock(&adapter->Lock);
    PtInstanceStopped();
    PtCloseLower(adapter);
    PtRelease(adapter);
}

static VOID PtPnPEventNotify(NDIS_HANDLE MiniportAdapterContext, NDIS_DEVICE_PNP_EVENT PnPEvent,
                             PVOID InformationBuffer, ULONG InformationBufferLength) {
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    UNREFERENCED_PARAMETER(PnPEvent);
    UNREFERENCED_PARAMETER(InformationBuffer);
    UNREFERENCED_PARAMETER(InformationBufferLength);
}

static VOID PtShutdown(PVOID ShutdownContext) {
    UNREFERENCED_PARAMETER(ShutdownContext);
}

/* ---- Unbind ---- */

/* NdisIMCancelInitializeDeviceInstance fails once MiniportInitialize was called: then its end is waited for. */
static VOID PtCancelInitialize(ADAPTER* Adapter) {
    if (NdisIMCancelInitializeDeviceInstance(PtDriverHandle, &Adapter->UpperName) == NDIS_STATUS_SUCCESS)
        PtInitializeOver(Adapter, NULL);
    else
        NdisWaitEvent(&Adapter->InitializeEvent, 0);
}

static VOID PtUnbind(PNDIS_STATUS Status, NDIS_HANDLE ProtocolBindingContext, NDIS_HANDLE UnbindContext) {
    ADAPTER* adapter = ProtocolBindingContext;
    NDIS_HANDLE upper;
    BOOLEAN pending;

    UNREFERENCED_PARAMETER(UnbindContext);
    PtReference(adapter);
    NdisAcquireSpinLock(&adapter->Lock);
    adapter->Unbinding = TRUE;
    pending = adapter->InitializePending;
    NdisReleaseSpinLock(&adapter->Lock);

    PtFailQueuedRequest(adapter);
    if (pending)
        PtCancelInitialize(adapter);
    NdisAcquireSpinLock(&adapter->Lock);
    upper = adapter->MiniportHandle;
    NdisReleaseSpinLock(&adapter->Lock);

    /* NdisIMDeInitializeDeviceInstance: unbinds the protocols above, then halts. */
    *Status = upper != NULL ? NdisIMDeInitializeDeviceInstance(upper) : NDIS_STATUS_SUCCESS;
    PtCloseLower(adapter);
    PtRelease(adapter);
}

VOID PtAdapterHandlers(PNDIS_MINIPORT_CHARACTERISTICS Upper, PNDIS_PROTOCOL_CHARACTERISTICS Lower) {
    Upper->InitializeHandler = PtInitialize;
    Upper->HaltHandler = PtHalt;
    Upper->PnPEventNotifyHandler = PtPnPEventNotify;
    Upper->AdapterShutdownHandler = PtShutdown;
    Lower->BindAdapterHandler = PtBind;
    Lower->UnbindAdapterHandler = PtUnbind;
    Lower->OpenAdapterCompleteHandler = PtOpenComplete;
    Lower->CloseAdapterCompleteHandler = PtCloseComplete;
}
