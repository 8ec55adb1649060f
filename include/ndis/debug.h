/* What a driver says to whoever debugs it.
 */
#ifndef NDIS_DEBUG_H
#define NDIS_DEBUG_H

#include "base.h"

NDIS_BEGIN_DECLS

/* Formats as the kernel does: %d %u %x %o %c %s %p and flags, width and precision as in C; l is 32 bits (a LONG), I64 and ll are 64;
 * %ws %ls %S a zero-terminated 16-bit string, %wc a 16-bit character, %wZ a PUNICODE_STRING, %Z a PANSI_STRING; no floating
 * point. Any IRQL; 16-bit strings only at PASSIVE_LEVEL. STATUS_SUCCESS. Documentation: DbgPrint. */
NDISAPI ULONG DbgPrint(IN PCSZ Format, ...);
/* The same; component and level are not filtered. Documentation: DbgPrintEx. */
NDISAPI ULONG DbgPrintEx(IN ULONG ComponentId, IN ULONG Level, IN PCSZ Format, ...);

/* Where a failed ASSERT goes: reports and goes on. Any IRQL. Documentation: RtlAssert. */
NDISAPI VOID NTAPI RtlAssert(IN PVOID FailedAssertion, IN PVOID FileName, IN ULONG LineNumber,
                             IN PCHAR Message OPTIONAL);

/* Stop codes of NDIS: from Windows Server 2003 on (parameter 1 says what), and before. */
#define BUGCODE_NDIS_DRIVER 0x0000007C
#define BUGCODE_ID_DRIVER 0x000000D2

/* Reports a stop code and ends the program. Any IRQL. Documentation: KeBugCheckEx. */
NDISAPI VOID NTAPI KeBugCheckEx(IN ULONG BugCheckCode, IN ULONG_PTR BugCheckParameter1, IN ULONG_PTR BugCheckParameter2,
                                IN ULONG_PTR BugCheckParameter3, IN ULONG_PTR BugCheckParameter4)
    __attribute__((noreturn));
NDISAPI VOID NTAPI KeBugCheck(IN ULONG BugCheckCode) __attribute__((noreturn));

NDIS_END_DECLS

#define DPFLTR_IHVNETWORK_ID 80
#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3

/* As in the Windows headers these exist in a driver's checked build only, which defines DBG as 1. */
#if defined(DBG) && DBG
#define KdPrint(arguments) ((void)DbgPrint arguments)
#define KdPrintEx(arguments) ((void)DbgPrintEx arguments)
#define ASSERT(condition)                                                                                              \
    ((condition) ? (void)0 : RtlAssert((PVOID)(ULONG_PTR) #condition, (PVOID)(ULONG_PTR)__FILE__, __LINE__, NULL))
#define ASSERTMSG(message, condition)                                                                                  \
    ((condition) ? (void)0                                                                                             \
                 : RtlAssert((PVOID)(ULONG_PTR) #condition, (PVOID)(ULONG_PTR)__FILE__, __LINE__,                      \
                             (PCHAR)(ULONG_PTR)(message)))
#else
#define KdPrint(arguments) ((void)0)
#define KdPrintEx(arguments) ((void)0)
#define ASSERT(condition) ((void)0)
#define ASSERTMSG(message, condition) ((void)0)
#endif

#endif
