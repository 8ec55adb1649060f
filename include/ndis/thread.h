/* System threads of drivers, and the handles and references that go with them.
 * Documentation: PsCreateSystemThread, ObReferenceObjectByHandle and others of the Windows Driver Kit.
 */
#ifndef NDIS_THREAD_H
#define NDIS_THREAD_H

#include "dispatcher.h"
#include "status.h"

typedef struct _OBJECT_TYPE* POBJECT_TYPE;
typedef VOID(NTAPI* PKSTART_ROUTINE)(IN PVOID StartContext);

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes; /* OBJ_... */
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
NDIS_STATIC_ASSERT(sizeof(OBJECT_ATTRIBUTES) == 48 && offsetof(OBJECT_ATTRIBUTES, ObjectName) == 16,
                   "drivers fill it in place");

typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef struct _OBJECT_HANDLE_INFORMATION {
    ULONG HandleAttributes;
    ACCESS_MASK GrantedAccess;
} OBJECT_HANDLE_INFORMATION, *POBJECT_HANDLE_INFORMATION;

#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_KERNEL_HANDLE 0x00000200
#define SYNCHRONIZE 0x00100000
#define THREAD_ALL_ACCESS 0x001F03FF
#define LOW_PRIORITY 0
#define LOW_REALTIME_PRIORITY 16
#define HIGH_PRIORITY 31

#define InitializeObjectAttributes(attributes, name, flags, root, security)                                            \
    ((void)((attributes)->Length = sizeof(OBJECT_ATTRIBUTES), (attributes)->RootDirectory = (root),                    \
            (attributes)->Attributes = (flags), (attributes)->ObjectName = (name),                                     \
            (attributes)->SecurityDescriptor = (security), (attributes)->SecurityQualityOfService = NULL))

NDIS_BEGIN_DECLS

/* Starts a thread that calls StartRoutine(StartContext) at PASSIVE_LEVEL; it ends when that returns or calls
 * PsTerminateSystemThread. STATUS_SUCCESS, with a handle to be closed with ZwClose; STATUS_INSUFFICIENT_RESOURCES. The thread must be
 * over before the driver is unloaded: wait for its object. The other parameters are ignored. PASSIVE_LEVEL.
 * Documentation: PsCreateSystemThread. */
NDISAPI NTSTATUS NTAPI PsCreateSystemThread(OUT PHANDLE ThreadHandle, IN ULONG DesiredAccess,
                                            IN POBJECT_ATTRIBUTES ObjectAttributes OPTIONAL,
                                            IN HANDLE ProcessHandle OPTIONAL, OUT PCLIENT_ID ClientId OPTIONAL,
                                            IN PKSTART_ROUTINE StartRoutine, IN PVOID StartContext);
/* Ends the calling thread and does not return; in a thread of another kind STATUS_INVALID_PARAMETER, which is reported.
 * PASSIVE_LEVEL. Documentation: PsTerminateSystemThread. */
NDISAPI NTSTATUS NTAPI PsTerminateSystemThread(IN NTSTATUS ExitStatus);

/* The object behind a handle, for KeWaitForSingleObject (a thread is signalled when it is over); it lives until
 * ObDereferenceObject. STATUS_SUCCESS, STATUS_INVALID_HANDLE. Access, type and mode are not looked at. PASSIVE_LEVEL.
 * Documentation: ObReferenceObjectByHandle. */
NDISAPI NTSTATUS NTAPI ObReferenceObjectByHandle(IN HANDLE Handle, IN ACCESS_MASK DesiredAccess,
                                                 IN POBJECT_TYPE ObjectType OPTIONAL, IN KPROCESSOR_MODE AccessMode,
                                                 OUT PVOID* Object,
                                                 OUT POBJECT_HANDLE_INFORMATION HandleInformation OPTIONAL);
/* One reference more, one fewer. What is not an object is reported. <= DISPATCH_LEVEL.
 * Documentation: ObReferenceObject, ObDereferenceObject. */
NDISAPI VOID NTAPI ObfReferenceObject(IN PVOID Object);
NDISAPI VOID NTAPI ObfDereferenceObject(IN PVOID Object);
#define ObReferenceObject(object) ObfReferenceObject(object)
#define ObDereferenceObject(object) ObfDereferenceObject(object)

/* STATUS_SUCCESS, STATUS_INVALID_HANDLE. What the handle named goes on. PASSIVE_LEVEL. Documentation: ZwClose. */
NDISAPI NTSTATUS NTAPI ZwClose(IN HANDLE Handle);

/* The calling thread, to compare with or to pass on; waiting for one that PsCreateSystemThread did not make never ends. Any IRQL.
 * Documentation: KeGetCurrentThread, PsGetCurrentThread. */
NDISAPI PKTHREAD NTAPI KeGetCurrentThread(VOID);
#define PsGetCurrentThread() ((PETHREAD)KeGetCurrentThread())
/* Linux schedules the threads: the priority is not changed. Returns the one a thread has. PASSIVE_LEVEL. Documentation: KeSetPriorityThread. */
NDISAPI KPRIORITY NTAPI KeSetPriorityThread(IN OUT PKTHREAD Thread, IN KPRIORITY Priority);
/* Linux schedules the threads: nothing changes. STATUS_SUCCESS. PASSIVE_LEVEL. Documentation: ZwSetInformationThread. */
NDISAPI NTSTATUS NTAPI ZwSetInformationThread(IN HANDLE ThreadHandle, IN LONG ThreadInformationClass,
                                              IN PVOID ThreadInformation, IN ULONG ThreadInformationLength);
/* Nothing happens: there are no asynchronous procedure calls to hold off. <= APC_LEVEL. Documentation: KeEnterCriticalRegion,
 * KeLeaveCriticalRegion. */
NDISAPI VOID NTAPI KeEnterCriticalRegion(VOID);
NDISAPI VOID NTAPI KeLeaveCriticalRegion(VOID);

NDIS_END_DECLS

#endif
