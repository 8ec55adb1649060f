/* DriverEntry and unload. */
#include "ndisprot.h"

NDIS_HANDLE ProtHandle;
PVOID ProtCancelId; /* of every packet we send */

/* NdisDeregisterProtocol: unbinds what is still bound. */
static VOID ProtUnload(PDRIVER_OBJECT DriverObject) {
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(DriverObject);
    NdisDeregisterProtocol(&status, ProtHandle);
}

/* NdisRegisterProtocol: the name is that of the service. NDIS binds after this has returned. */
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NDIS_STRING name = NDIS_STRING_CONST("Ndisprot");
    NDIS_PROTOCOL_CHARACTERISTICS characteristics;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    /* NdisGeneratePartialCancelId: the highest byte makes our ids differ from other drivers'. */
    ProtCancelId = (PVOID)((ULONG_PTR)NdisGeneratePartialCancelId() << (8 * (sizeof(PVOID) - 1)));

    NdisZeroMemory(&characteristics, sizeof(characteristics));
    characteristics.MajorNdisVersion = 5;
    characteristics.MinorNdisVersion = 0;
    characteristics.Name = name;
    ProtBindingHandlers(&characteristics);
    ProtTrafficHandlers(&characteristics);
    DriverObject->DriverUnload = ProtUnload;
    NdisRegisterProtocol(&status, &ProtHandle, &characteristics, sizeof(characteristics));
    return status;
}
