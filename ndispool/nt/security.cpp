// Security descriptors as drivers make them. Nobody looks at one: a run has one user.
#include "ndis/security.h"

#include "ndispool/nt/handles.h"

extern "C" {

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision) {
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    auto& descriptor = *static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
    descriptor = {};
    descriptor.Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl,
                                      BOOLEAN DaclDefaulted) {
    auto& descriptor = *static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
    if (descriptor.Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    const int flags = (DaclPresent ? SE_DACL_PRESENT : 0) | (DaclPresent && DaclDefaulted ? SE_DACL_DEFAULTED : 0);
    descriptor.Control = static_cast<USHORT>((descriptor.Control & ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED)) | flags);
    descriptor.Dacl = DaclPresent ? Dacl : nullptr;
    return STATUS_SUCCESS;
}

NTSTATUS ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR) {
    return ndispool::nt::object_of(Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

} // extern "C"
