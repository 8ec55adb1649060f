/* DriverEntry and unload of both edges, and the control device that stands for the driver while it has a virtual
 * miniport. */
#include "passthru.h"

NDIS_HANDLE PtDriverHandle;
NDIS_HANDLE PtProtocolHandle;

static NDIS_HANDLE PtWrapperHandle;

/* Virtual miniports, and the control device of the first of them. Guarded by PtInstanceLock, except that creating and
 * deleting the device, which needs PASSIVE_LEVEL, is the business of whoever set PtDeviceBusy. */
static NDIS_SPIN_LOCK PtInstanceLock;
static BOOLEAN PtDeviceBusy;
static ULONG PtInstances;
static NDIS_HANDLE PtDeviceHandle;

/* Dispatch routine of every major function. The device can be opened and closed and does nothing else yet. */
static NTSTATUS PtDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UCHAR major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    NTSTATUS status = STATUS_NOT_SUPPORTED;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (major == IRP_MJ_CREATE || major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE)
        status = STATUS_SUCCESS;
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, 0);
    return status;
}

/* NdisMRegisterDevice: no entries for PnP and power, those are NDIS's. */
static VOID PtCreateDevice(VOID) {
    NDIS_STRING name = NDIS_STRING_CONST("\\Device\\Passthru");
    NDIS_STRING link = NDIS_STRING_CONST("\\DosDevices\\Passthru");
    PDRIVER_DISPATCH dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
    PDEVICE_OBJECT device;

    NdisZeroMemory(dispatch, sizeof(dispatch));
    dispatch[IRP_MJ_CREATE] = PtDispatch;
    dispatch[IRP_MJ_CLEANUP] = PtDispatch;
    dispatch[IRP_MJ_CLOSE] = PtDispatch;
    dispatch[IRP_MJ_DEVICE_CONTROL] = PtDispatch;
    if (NdisMRegisterDevice(PtWrapperHandle, &name, &link, dispatch, &device, &PtDeviceHandle) != NDIS_STATUS_SUCCESS)
        PtDeviceHandle = NULL; /* packets pass without it; the next instance tries again */
}

static VOID PtClaimDevice(VOID) {
    NdisAcquireSpinLock(&PtInstanceLock);
    while (PtDeviceBusy) {
        NdisReleaseSpinLock(&PtInstanceLock);
        NdisMSleep(PT_POLL_INTERVAL);
        NdisAcquireSpinLock(&PtInstanceLock);
    }
    PtDeviceBusy = TRUE;
    NdisReleaseSpinLock(&PtInstanceLock);
}

static VOID PtReleaseDevice(VOID) {
    NdisAcquireSpinLock(&PtInstanceLock);
    PtDeviceBusy = FALSE;
    NdisReleaseSpinLock(&PtInstanceLock);
}

VOID PtInstanceStarted(VOID) {
    PtClaimDevice();
    ++PtInstances;
    if (PtDeviceHandle == NULL)
        PtCreateDevice();
    PtReleaseDevice();
}

VOID PtInstanceStopped(VOID) {
    PtClaimDevice();
    if (--PtInstances == 0 && PtDeviceHandle != NULL) {
        NdisMDeregisterDevice(PtDeviceHandle);
        PtDeviceHandle = NULL;
    }
    PtReleaseDevice();
}

/* NdisMRegisterUnloadHandler: called when every virtual miniport is halted. NdisDeregisterProtocol unbinds what is
 * still bound, so the layered miniport goes after it. */
static VOID PtUnload(PDRIVER_OBJECT DriverObject) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(DriverObject);
    NdisDeregisterProtocol(&status, PtProtocolHandle);
    NdisIMDeregisterLayeredMiniport(PtDriverHandle);
    NdisFreeSpinLock(&PtInstanceLock);
}

/* NdisIMRegisterLayeredMiniport: no interrupt handlers; no reset handler, there is no hardware to reset. */
static NDIS_STATUS PtRegisterUpper(PNDIS_MINIPORT_CHARACTERISTICS Upper) {
    Upper->MajorNdisVersion = 5;
    Upper->MinorNdisVersion = 1;
    return NdisIMRegisterLayeredMiniport(PtWrapperHandle, Upper, sizeof(*Upper), &PtDriverHandle);
}

/* NdisRegisterProtocol: there is no 5.1 protocol structure. The name is that of the service. */
static NDIS_STATUS PtRegisterLower(PNDIS_PROTOCOL_CHARACTERISTICS Lower) {
    NDIS_STRING name = NDIS_STRING_CONST("Passthru");
    NDIS_STATUS status;

    Lower->MajorNdisVersion = 5;
    Lower->MinorNdisVersion = 0;
    Lower->Name = name;
    NdisRegisterProtocol(&status, &PtProtocolHandle, Lower, sizeof(*Lower));
    return status;
}

/* A DriverEntry that fails undoes everything itself: no unload handler is called. */
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NDIS_MINIPORT_CHARACTERISTICS upper;
    NDIS_PROTOCOL_CHARACTERISTICS lower;
    NDIS_STATUS status;

    NdisMInitializeWrapper(&PtWrapperHandle, DriverObject, RegistryPath, NULL);
    if (PtWrapperHandle == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;

    NdisAllocateSpinLock(&PtInstanceLock);
    NdisZeroMemory(&upper, sizeof(upper));
    NdisZeroMemory(&lower, sizeof(lower));
    PtAdapterHandlers(&upper, &lower);
    PtControlHandlers(&upper, &lower);
    PtSendHandlers(&upper, &lower);
    PtReceiveHandlers(&upper, &lower);

    status = PtRegisterUpper(&upper);
    if (status != NDIS_STATUS_SUCCESS)
        goto terminate_wrapper;
    status = PtRegisterLower(&lower);
    if (status != NDIS_STATUS_SUCCESS)
        goto deregister_upper;
    NdisMRegisterUnloadHandler(PtWrapperHandle, PtUnload);
    NdisIMAssociateMiniport(PtDriverHandle, PtProtocolHandle);
    return STATUS_SUCCESS;

deregister_upper:
    NdisIMDeregisterLayeredMiniport(PtDriverHandle);
terminate_wrapper:
    NdisFreeSpinLock(&PtInstanceLock);
    NdisTerminateWrapper(PtWrapperHandle, NULL);
    return status;
}
