/* DriverEntry, and how a PORT comes and goes. */
#include "netvmini.h"

#define NV_DEFAULT_SLOTS 128
#define NV_MAXIMUM_SLOTS 8192
#define NV_DEFAULT_GENERATED_LENGTH 64

static LONG NvInstances; /* numbers the addresses of ports that have none configured */

/* ---- Configuration ---- */

static ULONG NvReadInteger(NDIS_HANDLE Configuration, NDIS_STRING Keyword, ULONG Minimum, ULONG Maximum,
                           ULONG Default) {
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STATUS status;
    ULONG number;

    NdisReadConfiguration(&status, &value, Configuration, &Keyword, NdisParameterInteger);
    if (status != NDIS_STATUS_SUCCESS || value->ParameterType != NdisParameterInteger)
        return Default;
    number = value->ParameterData.IntegerData;
    return number < Minimum ? Minimum : number > Maximum ? Maximum : number;
}

/* NdisReadNetworkAddress validates nothing: only a unicast address of 6 bytes is taken. The default is locally
 * administered. */
static VOID NvReadAddress(NDIS_HANDLE Configuration, PORT* Port) {
    LONG instance = NdisInterlockedIncrement(&NvInstances);
    PVOID address;
    UINT length;
    NDIS_STATUS status;

    Port->PermanentAddress[0] = 0x02;
    Port->PermanentAddress[1] = 'N';
    Port->PermanentAddress[2] = 'V';
    Port->PermanentAddress[4] = (UCHAR)(instance >> 8);
    Port->PermanentAddress[5] = (UCHAR)instance;
    ETH_COPY_NETWORK_ADDRESS(Port->Address, Port->PermanentAddress);
    NdisReadNetworkAddress(&status, &address, &length, Configuration);
    if (status == NDIS_STATUS_SUCCESS && length == ETH_LENGTH_OF_ADDRESS && !ETH_IS_MULTICAST(address))
        ETH_COPY_NETWORK_ADDRESS(Port->Address, address);
}

static NDIS_STATUS NvConfigure(NDIS_HANDLE WrapperConfigurationContext, PORT* Port) {
    NDIS_STRING receiveSlots = NDIS_STRING_CONST("ReceiveSlots");
    NDIS_STRING reflect = NDIS_STRING_CONST("Reflect");
    NDIS_STRING generate = NDIS_STRING_CONST("Generate");
    NDIS_STRING frameSize = NDIS_STRING_CONST("FrameSize");
    NDIS_HANDLE configuration;
    NDIS_STATUS status;

    NdisOpenConfiguration(&status, &configuration, WrapperConfigurationContext);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    Port->SlotCount = NvReadInteger(configuration, receiveSlots, 1, NV_MAXIMUM_SLOTS, NV_DEFAULT_SLOTS);
    Port->LendLimit = Port->SlotCount - Port->SlotCount / 8;
    Port->BacklogLimit = Port->SlotCount;
    Port->Reflect = NvReadInteger(configuration, reflect, 0, 1, 1) != 0;
    Port->ToGenerate = NvReadInteger(configuration, generate, 0, 0xFFFFFFFF, 0);
    Port->GeneratedLength =
        NvReadInteger(configuration, frameSize, NV_MINIMUM_FRAME, NV_MAXIMUM_FRAME, NV_DEFAULT_GENERATED_LENGTH);
    NvReadAddress(configuration, Port);
    NdisCloseConfiguration(configuration);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Ports ---- */

static NDIS_STATUS NvCreatePort(NDIS_HANDLE MiniportHandle, NDIS_HANDLE WrapperConfigurationContext, PORT** Result) {
    PORT* port;
    NDIS_STATUS status;

    status = NdisAllocateMemoryWithTag((PVOID*)&port, sizeof(*port), NV_TAG);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisZeroMemory(port, sizeof(*port));
    status = NvConfigure(WrapperConfigurationContext, port);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(port, 0, 0);
        return status;
    }
    port->MiniportHandle = MiniportHandle;
    port->Power = NdisDeviceStateD0;
    port->Lookahead = NV_MAXIMUM_DATA;
    NdisAllocateSpinLock(&port->Lock);
    *Result = port;
    return NDIS_STATUS_SUCCESS;
}

static VOID NvFreePort(PORT* Port) {
    NdisFreeSpinLock(&Port->Lock);
    NdisFreeMemory(Port, 0, 0);
}

static BOOLEAN NvSelectMedium(PNDIS_MEDIUM MediumArray, UINT MediumArraySize, PUINT Index) {
    UINT i;

    for (i = 0; i < MediumArraySize; ++i) {
        if (MediumArray[i] == NdisMedium802_3) {
            *Index = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* After a failure NDIS does not call MiniportHalt: what was made is undone here. */
static NDIS_STATUS NvInitialize(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex, PNDIS_MEDIUM MediumArray,
                                UINT MediumArraySize, NDIS_HANDLE MiniportAdapterHandle,
                                NDIS_HANDLE WrapperConfigurationContext) {
    PORT* port = NULL;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(OpenErrorStatus);
    if (!NvSelectMedium(MediumArray, MediumArraySize, SelectedMediumIndex))
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    status = NvCreatePort(MiniportAdapterHandle, WrapperConfigurationContext, &port);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    NdisMSetAttributesEx(MiniportAdapterHandle, port, 0,
                         NDIS_ATTRIBUTE_DESERIALIZE | NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND |
                             NDIS_ATTRIBUTE_SURPRISE_REMOVE_OK,
                         NdisInterfaceInternal);
    status = NvStartReceiver(port);
    if (status != NDIS_STATUS_SUCCESS) {
        NvFreePort(port);
        return status;
    }
    NvAttach(port);
    return NDIS_STATUS_SUCCESS;
}

/* MiniportHalt does not return while a packet it indicated is still out. */
static VOID NvHalt(NDIS_HANDLE MiniportAdapterContext) {
    PORT* port = MiniportAdapterContext;

    NvDetach(port);
    NvStopReceiver(port);
    NvFreePort(port);
}

/* There is no hardware to reset, and packet filter and addresses survive. */
static NDIS_STATUS NvReset(PBOOLEAN AddressingReset, NDIS_HANDLE MiniportAdapterContext) {
    UNREFERENCED_PARAMETER(MiniportAdapterContext);
    *AddressingReset = FALSE;
    return NDIS_STATUS_SUCCESS;
}

/* MiniportHalt follows a surprise removal; until then nothing is sent or received. */
static VOID NvPnPEventNotify(NDIS_HANDLE MiniportAdapterContext, NDIS_DEVICE_PNP_EVENT PnPEvent,
                             PVOID InformationBuffer, ULONG InformationBufferLength) {
    PORT* port = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(InformationBuffer);
    UNREFERENCED_PARAMETER(InformationBufferLength);
    if (PnPEvent != NdisDevicePnPEventSurpriseRemoved)
        return;
    NdisAcquireSpinLock(&port->Lock);
    port->Removed = TRUE;
    NdisReleaseSpinLock(&port->Lock);
}

/* May only touch hardware, and there is none. */
static VOID NvShutdown(PVOID ShutdownContext) {
    UNREFERENCED_PARAMETER(ShutdownContext);
}

/* ---- DriverEntry. NDIS cleans up after a driver that registered; nothing global needs an unload handler. ---- */

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NDIS_MINIPORT_CHARACTERISTICS characteristics;
    NDIS_HANDLE wrapper;
    NDIS_STATUS status;

    NdisMInitializeWrapper(&wrapper, DriverObject, RegistryPath, NULL);
    if (wrapper == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NvInitializeHub();

    NdisZeroMemory(&characteristics, sizeof(characteristics));
    characteristics.MajorNdisVersion = 5;
    characteristics.MinorNdisVersion = 1;
    characteristics.InitializeHandler = NvInitialize;
    characteristics.HaltHandler = NvHalt;
    characteristics.ResetHandler = NvReset;
    characteristics.PnPEventNotifyHandler = NvPnPEventNotify;
    characteristics.AdapterShutdownHandler = NvShutdown;
    NvOidHandlers(&characteristics);
    NvHubHandlers(&characteristics);
    NvReceiveHandlers(&characteristics);
    status = NdisMRegisterMiniport(wrapper, &characteristics, sizeof(characteristics));
    if (status != NDIS_STATUS_SUCCESS)
        NdisTerminateWrapper(wrapper, NULL);
    return status;
}
