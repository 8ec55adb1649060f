/* The C runtime that the kernel offers to drivers, where it differs from Linux's: 16-bit strings, comparisons without case, and
 * printing that never writes beyond its buffer. The rest (memcpy, strlen, strcmp...) is the C library's. Any IRQL.
 *
 * A driver's wcslen, wcscpy, wcscat, wcsncpy, wcsncat, wcscmp, wcsncmp, wcschr, wcsrchr and wcsstr, which <wchar.h> declares, work on
 * its 16-bit strings when it is compiled with the flags of `pkg-config --cflags ndispool-driver`.
 */
#ifndef NDIS_CRT_H
#define NDIS_CRT_H

#include "base.h"
#include <stdarg.h>
#include <wchar.h>

NDIS_BEGIN_DECLS

/* Formats are those of DbgPrint; in the wide ones %s is a 16-bit string and %S an 8-bit one. At most Count characters; the number
 * written without the terminator, or -1 when it did not fit: then there is no terminator. */
NDISAPI INT _snprintf(OUT PSTR Buffer, IN SIZE_T Count, IN PCSTR Format, ...);
NDISAPI INT _vsnprintf(OUT PSTR Buffer, IN SIZE_T Count, IN PCSTR Format, va_list Arguments);
NDISAPI INT _snwprintf(OUT PWSTR Buffer, IN SIZE_T Count, IN PCWSTR Format, ...);
NDISAPI INT _vsnwprintf(OUT PWSTR Buffer, IN SIZE_T Count, IN PCWSTR Format, va_list Arguments);

/* < 0, 0, > 0, upper and lower case alike. */
NDISAPI INT _stricmp(IN PCSTR String1, IN PCSTR String2);
NDISAPI INT _strnicmp(IN PCSTR String1, IN PCSTR String2, IN SIZE_T Count);
NDISAPI INT _wcsicmp(IN PCWSTR String1, IN PCWSTR String2);
NDISAPI INT _wcsnicmp(IN PCWSTR String1, IN PCWSTR String2, IN SIZE_T Count);
/* In place; the string. */
NDISAPI PWSTR _wcsupr(IN OUT PWSTR String);
NDISAPI PWSTR _wcslwr(IN OUT PWSTR String);

NDIS_END_DECLS

#endif
