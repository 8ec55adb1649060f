/* Counted strings. Lengths are bytes. ANSI characters are the first 256 of Unicode; one that has no ANSI character becomes '?'.
 * Documentation: NDIS 5.1 string functions; Rtl string functions of the Windows Driver Kit.
 */
#ifndef NDIS_TEXT_H
#define NDIS_TEXT_H

#include "memory.h"

/* NDIS_STRING_CONST("...") initialises an NDIS_STRING, wherever it stands and however wide the build's wchar_t is. */
#if __SIZEOF_WCHAR_T__ == 2
#define NDIS_WIDE_LITERAL(literal) L##literal
#else
#define NDIS_WIDE_LITERAL(literal) u##literal
#endif
#define NDIS_STRING_CONST(literal)                                                                                     \
    {                                                                                                                  \
        sizeof(NDIS_WIDE_LITERAL(literal)) - sizeof(WCHAR), sizeof(NDIS_WIDE_LITERAL(literal)),                        \
            (PWSTR)NDIS_WIDE_LITERAL(literal)                                                                          \
    }

#define RTL_CONSTANT_STRING(literal)                                                                                   \
    { sizeof(literal) - sizeof((literal)[0]), sizeof(literal), (literal) }

NDIS_BEGIN_DECLS

/* ---- NDIS ---- */

/* DestinationString describes SourceString: Length without, MaximumLength with its terminator. NULL: all zero. <= DISPATCH_LEVEL.
 * Documentation: NdisInitUnicodeString, NdisInitAnsiString. */
NDISAPI VOID NTAPI NdisInitUnicodeString(OUT PNDIS_STRING DestinationString, IN PCWSTR SourceString);
NDISAPI VOID NTAPI NdisInitAnsiString(OUT PANSI_STRING DestinationString, IN PCSZ SourceString);
/* Allocates and converts; freed with NdisFreeString(string), which takes the structure by name. Buffer is NULL when there is no
 * memory. PASSIVE_LEVEL. Documentation: NdisInitializeString, NdisFreeString. */
NDISAPI VOID NTAPI NdisInitializeString(OUT PNDIS_STRING DestinationString, IN PUCHAR SourceString);
#define NdisFreeString(String) NdisFreeMemory((String).Buffer, (String).MaximumLength, 0)
/* TRUE: the same characters. PASSIVE_LEVEL. Documentation: NdisEqualString. */
NDISAPI BOOLEAN NTAPI NdisEqualString(IN PNDIS_STRING String1, IN PNDIS_STRING String2, IN BOOLEAN CaseInsensitive);
#define NdisEqualUnicodeString(String1, String2, CaseInsensitive)                                                      \
    RtlEqualUnicodeString(String1, String2, CaseInsensitive)
#define NdisEqualAnsiString(String1, String2, CaseInsensitive) RtlEqualString(String1, String2, CaseInsensitive)
/* < 0, 0, > 0: String1 is less, equal, greater. PASSIVE_LEVEL. */
NDISAPI LONG NTAPI NdisCompareUnicodeString(IN PNDIS_STRING String1, IN PNDIS_STRING String2,
                                            IN BOOLEAN CaseInsensitive);
NDISAPI LONG NTAPI NdisCompareAnsiString(IN PANSI_STRING String1, IN PANSI_STRING String2, IN BOOLEAN CaseInsensitive);
/* Into the caller's buffer. SUCCESS, or BUFFER_OVERFLOW: MaximumLength is too small, nothing is written. PASSIVE_LEVEL.
 * Documentation: NdisUpcaseUnicodeString. */
NDISAPI NDIS_STATUS NTAPI NdisUpcaseUnicodeString(OUT PNDIS_STRING DestinationString, IN PNDIS_STRING SourceString);
/* Into the caller's buffer, with a terminator. SUCCESS, or BUFFER_OVERFLOW: MaximumLength is too small; nothing is
 * written. PASSIVE_LEVEL. Documentation: NdisAnsiStringToUnicodeString, NdisUnicodeStringToAnsiString. */
NDISAPI NDIS_STATUS NTAPI NdisAnsiStringToUnicodeString(IN OUT PNDIS_STRING DestinationString,
                                                        IN PANSI_STRING SourceString);
NDISAPI NDIS_STATUS NTAPI NdisUnicodeStringToAnsiString(IN OUT PANSI_STRING DestinationString,
                                                        IN PNDIS_STRING SourceString);
#define NdisPrintString(String) DbgPrint("%wZ", &(String))

/* ---- Kernel. PASSIVE_LEVEL, unless the strings are in nonpaged memory, which here they are: then any IRQL. ---- */

/* As NdisInitUnicodeString; a source longer than 32766 characters is cut. Documentation: RtlInitUnicodeString. */
NDISAPI VOID NTAPI RtlInitUnicodeString(OUT PUNICODE_STRING DestinationString, IN PCWSTR SourceString OPTIONAL);
NDISAPI VOID NTAPI RtlInitAnsiString(OUT PANSI_STRING DestinationString, IN PCSZ SourceString OPTIONAL);
#define RtlInitString(DestinationString, SourceString) RtlInitAnsiString(DestinationString, SourceString)
/* AllocateDestinationString TRUE: the buffer is allocated, and freed with RtlFreeUnicodeString (RtlFreeAnsiString). STATUS_SUCCESS;
 * STATUS_BUFFER_OVERFLOW: MaximumLength is too small for the characters and a terminator; STATUS_NO_MEMORY;
 * STATUS_INVALID_PARAMETER_2: the source is too long. Documentation: RtlAnsiStringToUnicodeString, RtlUnicodeStringToAnsiString. */
NDISAPI NTSTATUS NTAPI RtlAnsiStringToUnicodeString(IN OUT PUNICODE_STRING DestinationString,
                                                    IN PCANSI_STRING SourceString,
                                                    IN BOOLEAN AllocateDestinationString);
NDISAPI NTSTATUS NTAPI RtlUnicodeStringToAnsiString(IN OUT PANSI_STRING DestinationString,
                                                    IN PCUNICODE_STRING SourceString,
                                                    IN BOOLEAN AllocateDestinationString);
/* Frees the buffer and clears the structure. Documentation: RtlFreeUnicodeString, RtlFreeAnsiString. */
NDISAPI VOID NTAPI RtlFreeUnicodeString(IN OUT PUNICODE_STRING UnicodeString);
NDISAPI VOID NTAPI RtlFreeAnsiString(IN OUT PANSI_STRING AnsiString);
/* STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL: nothing changes. A terminator is added when there is room for it.
 * Documentation: RtlAppendUnicodeStringToString, RtlAppendUnicodeToString. */
NDISAPI NTSTATUS NTAPI RtlAppendUnicodeStringToString(IN OUT PUNICODE_STRING Destination, IN PCUNICODE_STRING Source);
NDISAPI NTSTATUS NTAPI RtlAppendUnicodeToString(IN OUT PUNICODE_STRING Destination, IN PCWSTR Source OPTIONAL);
/* As much as fits; a NULL source empties the destination. Documentation: RtlCopyUnicodeString. */
NDISAPI VOID NTAPI RtlCopyUnicodeString(IN OUT PUNICODE_STRING DestinationString,
                                        IN PCUNICODE_STRING SourceString OPTIONAL);
/* Documentation: RtlEqualUnicodeString, RtlCompareUnicodeString, RtlEqualString, RtlCompareString. */
NDISAPI BOOLEAN NTAPI RtlEqualUnicodeString(IN PCUNICODE_STRING String1, IN PCUNICODE_STRING String2,
                                            IN BOOLEAN CaseInSensitive);
NDISAPI LONG NTAPI RtlCompareUnicodeString(IN PCUNICODE_STRING String1, IN PCUNICODE_STRING String2,
                                           IN BOOLEAN CaseInSensitive);
NDISAPI BOOLEAN NTAPI RtlEqualString(IN PCANSI_STRING String1, IN PCANSI_STRING String2, IN BOOLEAN CaseInSensitive);
NDISAPI LONG NTAPI RtlCompareString(IN PCANSI_STRING String1, IN PCANSI_STRING String2, IN BOOLEAN CaseInSensitive);
/* STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY. The two may be one string. No terminator.
 * Documentation: RtlUpcaseUnicodeString, RtlUpcaseUnicodeChar. */
NDISAPI NTSTATUS NTAPI RtlUpcaseUnicodeString(IN OUT PUNICODE_STRING DestinationString,
                                              IN PCUNICODE_STRING SourceString, IN BOOLEAN AllocateDestinationString);
NDISAPI WCHAR NTAPI RtlUpcaseUnicodeChar(IN WCHAR SourceCharacter);

NDIS_END_DECLS

#endif
