/* Devices upon devices, devices by name, and IRPs that a driver sends to another one. PASSIVE_LEVEL unless said otherwise.
 * Documentation: IoAttachDeviceToDeviceStack, IoBuildSynchronousFsdRequest and others of the Windows Driver Kit.
 */
#ifndef NDIS_DEVICE_H
#define NDIS_DEVICE_H

#include "io.h"

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID, *LPGUID;
typedef const GUID* LPCGUID;
NDIS_STATIC_ASSERT(sizeof(GUID) == 16, "Win64 GUID");

typedef enum _DEVICE_REGISTRY_PROPERTY {
    DevicePropertyDeviceDescription,
    DevicePropertyHardwareID,
    DevicePropertyCompatibleIDs,
    DevicePropertyBootConfiguration,
    DevicePropertyBootConfigurationTranslated,
    DevicePropertyClassName,
    DevicePropertyClassGuid,
    DevicePropertyDriverKeyName,
    DevicePropertyManufacturer,
    DevicePropertyFriendlyName,
    DevicePropertyLocationInformation,
    DevicePropertyPhysicalDeviceObjectName,
    DevicePropertyBusTypeGuid,
    DevicePropertyLegacyBusType,
    DevicePropertyBusNumber,
    DevicePropertyEnumeratorName,
    DevicePropertyAddress,
    DevicePropertyUINumber
} DEVICE_REGISTRY_PROPERTY;

typedef enum _DEVICE_RELATION_TYPE {
    BusRelations,
    EjectionRelations,
    PowerRelations,
    RemovalRelations,
    TargetDeviceRelation
} DEVICE_RELATION_TYPE;

/* ---- What a dispatch routine does with an IRP that it passes on. Any IRQL, no call into the host. ---- */

/* The driver below sees the same stack location as the caller. */
FORCEINLINE VOID IoSkipCurrentIrpStackLocation(PIRP Irp) {
    ++Irp->CurrentLocation;
    ++Irp->Tail.Overlay.CurrentStackLocation;
}

/* The driver below gets a copy of it, without the completion routine. */
FORCEINLINE VOID IoCopyCurrentIrpStackLocationToNext(PIRP Irp) {
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(Irp);
    memcpy(next, IoGetCurrentIrpStackLocation(Irp), offsetof(IO_STACK_LOCATION, CompletionRoutine));
    next->Control = 0;
}

NDIS_BEGIN_DECLS

/* Puts SourceDevice upon the highest device of TargetDevice's stack and returns that one, for the driver to pass IRPs to. A program's
 * requests to TargetDevice go to SourceDevice first from then on. Documentation: IoAttachDeviceToDeviceStack. */
NDISAPI PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(IN PDEVICE_OBJECT SourceDevice,
                                                         IN PDEVICE_OBJECT TargetDevice);
/* TargetDevice is what attaching returned. Documentation: IoDetachDevice. */
NDISAPI VOID NTAPI IoDetachDevice(IN OUT PDEVICE_OBJECT TargetDevice);
/* The highest device of the stack, referenced: ObDereferenceObject gives it back. <= DISPATCH_LEVEL.
 * Documentation: IoGetAttachedDeviceReference. */
NDISAPI PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(IN PDEVICE_OBJECT DeviceObject);
/* The highest device of the stack of the file's device. <= DISPATCH_LEVEL. Documentation: IoGetRelatedDeviceObject. */
NDISAPI PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(IN PFILE_OBJECT FileObject);
/* Opens a device by name; *DeviceObject is the highest of its stack. ObDereferenceObject(*FileObject) closes it again.
 * STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, or what the device's driver answered. Documentation: IoGetDeviceObjectPointer. */
NDISAPI NTSTATUS NTAPI IoGetDeviceObjectPointer(IN PUNICODE_STRING ObjectName, IN ACCESS_MASK DesiredAccess,
                                                OUT PFILE_OBJECT* FileObject, OUT PDEVICE_OBJECT* DeviceObject);

/* As IoCreateDevice; the security descriptor (SDDL) is not looked at. Documentation: IoCreateDeviceSecure. */
NDISAPI NTSTATUS NTAPI IoCreateDeviceSecure(IN PDRIVER_OBJECT DriverObject, IN ULONG DeviceExtensionSize,
                                            IN PUNICODE_STRING DeviceName OPTIONAL, IN DEVICE_TYPE DeviceType,
                                            IN ULONG DeviceCharacteristics, IN BOOLEAN Exclusive,
                                            IN PCUNICODE_STRING DefaultSDDLString, IN LPCGUID DeviceClassGuid OPTIONAL,
                                            OUT PDEVICE_OBJECT* DeviceObject);

/* No device here is a physical device object, which alone has properties: STATUS_INVALID_DEVICE_REQUEST, *ResultLength 0.
 * Documentation: IoGetDeviceProperty. */
NDISAPI NTSTATUS NTAPI IoGetDeviceProperty(IN PDEVICE_OBJECT DeviceObject, IN DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                           IN ULONG BufferLength, OUT PVOID PropertyBuffer OPTIONAL,
                                           OUT PULONG ResultLength);
/* Nothing happens: no bus is enumerated. <= DISPATCH_LEVEL. Documentation: IoInvalidateDeviceRelations. */
NDISAPI VOID NTAPI IoInvalidateDeviceRelations(IN PDEVICE_OBJECT DeviceObject, IN DEVICE_RELATION_TYPE Type);
/* FALSE: requests come from 64-bit programs. <= DISPATCH_LEVEL. Documentation: IoIs32bitProcess. */
NDISAPI BOOLEAN NTAPI IoIs32bitProcess(IN PIRP Irp OPTIONAL);

/* An IRP for DeviceObject's driver, to be sent with IoCallDriver. When that has completed it, *IoStatusBlock is filled, Event is set and
 * the IRP is gone: the caller waits for the event when IoCallDriver returned STATUS_PENDING. Buffer is given to the driver as
 * DeviceObject's flags say. NULL when there is no memory. Documentation: IoBuildSynchronousFsdRequest. */
NDISAPI PIRP NTAPI IoBuildSynchronousFsdRequest(IN ULONG MajorFunction, IN PDEVICE_OBJECT DeviceObject,
                                                IN OUT PVOID Buffer OPTIONAL, IN ULONG Length OPTIONAL,
                                                IN PLARGE_INTEGER StartingOffset OPTIONAL, IN PKEVENT Event,
                                                OUT PIO_STATUS_BLOCK IoStatusBlock);
/* The same with a control code. Documentation: IoBuildDeviceIoControlRequest. */
NDISAPI PIRP NTAPI IoBuildDeviceIoControlRequest(IN ULONG IoControlCode, IN PDEVICE_OBJECT DeviceObject,
                                                 IN PVOID InputBuffer OPTIONAL, IN ULONG InputBufferLength,
                                                 OUT PVOID OutputBuffer OPTIONAL, IN ULONG OutputBufferLength,
                                                 IN BOOLEAN InternalDeviceIoControl, IN PKEVENT Event,
                                                 OUT PIO_STATUS_BLOCK IoStatusBlock);

NDIS_END_DECLS

#endif
