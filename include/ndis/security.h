/* Security descriptors: kept as the driver makes them, and not looked at: whoever can run the driver may open its devices.
 * PASSIVE_LEVEL unless said otherwise. Documentation: SECURITY_DESCRIPTOR and others of the Windows Driver Kit.
 */
#ifndef NDIS_SECURITY_H
#define NDIS_SECURITY_H

#include "io.h"

#define SECURITY_DESCRIPTOR_REVISION 1
#define SE_DACL_PRESENT 0x0004
#define SE_DACL_DEFAULTED 0x0008

#define OWNER_SECURITY_INFORMATION 0x00000001
#define GROUP_SECURITY_INFORMATION 0x00000002
#define DACL_SECURITY_INFORMATION 0x00000004
#define SACL_SECURITY_INFORMATION 0x00000008
typedef ULONG SECURITY_INFORMATION, *PSECURITY_INFORMATION;

typedef PVOID PSID;
typedef struct _ACL {
    UCHAR AclRevision;
    UCHAR Sbz1;
    USHORT AclSize;
    USHORT AceCount;
    USHORT Sbz2;
} ACL, *PACL;

typedef struct _SECURITY_DESCRIPTOR {
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control; /* SE_... */
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;
typedef PVOID PSECURITY_DESCRIPTOR;
NDIS_STATIC_ASSERT(sizeof(SECURITY_DESCRIPTOR) == 40 && offsetof(SECURITY_DESCRIPTOR, Dacl) == 32,
                   "drivers keep one on their stack");

NDIS_BEGIN_DECLS

/* An empty descriptor. STATUS_SUCCESS, STATUS_UNKNOWN_REVISION. Documentation: RtlCreateSecurityDescriptor. */
NDISAPI NTSTATUS NTAPI RtlCreateSecurityDescriptor(OUT PSECURITY_DESCRIPTOR SecurityDescriptor, IN ULONG Revision);
/* STATUS_SUCCESS, STATUS_UNKNOWN_REVISION. Documentation: RtlSetDaclSecurityDescriptor. */
NDISAPI NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(IN OUT PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                    IN BOOLEAN DaclPresent, IN PACL Dacl OPTIONAL,
                                                    IN BOOLEAN DaclDefaulted);
/* Nothing changes. STATUS_SUCCESS, STATUS_INVALID_HANDLE. Documentation: ZwSetSecurityObject. */
NDISAPI NTSTATUS NTAPI ZwSetSecurityObject(IN HANDLE Handle, IN SECURITY_INFORMATION SecurityInformation,
                                           IN PSECURITY_DESCRIPTOR SecurityDescriptor);

NDIS_END_DECLS

#endif
