/* Strings that are always terminated: the functions of ntstrsafe.h. Cch counts characters, Cb bytes; both with the terminator.
 * STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW: what did not fit was cut off; STATUS_INVALID_PARAMETER: no room even for the terminator, or
 * more than NTSTRSAFE_MAX_CCH. PASSIVE_LEVEL where 16-bit strings are printed, else any IRQL.
 * Documentation: RtlStringCchPrintf, RtlStringCbCopy and others of the Windows Driver Kit.
 */
#ifndef NDIS_STRSAFE_H
#define NDIS_STRSAFE_H

#include "crt.h"
#include "status.h"

#define NTSTRSAFE_MAX_CCH 2147483647
#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH

typedef PSTR NTSTRSAFE_PSTR;
typedef PCSTR NTSTRSAFE_PCSTR;
typedef PWSTR NTSTRSAFE_PWSTR;
typedef PCWSTR NTSTRSAFE_PCWSTR;

/* Terminates what was printed into Room characters; Printed is what a _vsn function returned for Room - 1. */
#define NDIS_STRSAFE_FAMILY(Suffix, Character, Print)                                                                  \
    FORCEINLINE NTSTATUS RtlStringCchLength##Suffix(const Character* String, SIZE_T Room, SIZE_T* Length) {            \
        SIZE_T length = 0;                                                                                             \
        while (String && length < Room && length < NTSTRSAFE_MAX_CCH && String[length] != 0)                           \
            ++length;                                                                                                  \
        if (!String || length == Room || length == NTSTRSAFE_MAX_CCH)                                                  \
            return STATUS_INVALID_PARAMETER;                                                                           \
        if (Length)                                                                                                    \
            *Length = length;                                                                                          \
        return STATUS_SUCCESS;                                                                                         \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCbLength##Suffix(const Character* String, SIZE_T Bytes, SIZE_T* Length) {            \
        SIZE_T length = 0;                                                                                             \
        NTSTATUS status = RtlStringCchLength##Suffix(String, Bytes / sizeof(Character), &length);                      \
        if (status == STATUS_SUCCESS && Length)                                                                        \
            *Length = length * sizeof(Character);                                                                      \
        return status;                                                                                                 \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCchCopyN##Suffix(Character* To, SIZE_T Room, const Character* From, SIZE_T Most) {   \
        SIZE_T i = 0;                                                                                                  \
        if (Room == 0 || Room > NTSTRSAFE_MAX_CCH)                                                                     \
            return STATUS_INVALID_PARAMETER;                                                                           \
        for (; i < Most && From[i] != 0; ++i) {                                                                        \
            if (i + 1 == Room) {                                                                                       \
                To[i] = 0;                                                                                             \
                return STATUS_BUFFER_OVERFLOW;                                                                         \
            }                                                                                                          \
            To[i] = From[i];                                                                                           \
        }                                                                                                              \
        To[i] = 0;                                                                                                     \
        return STATUS_SUCCESS;                                                                                         \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCchCopy##Suffix(Character* To, SIZE_T Room, const Character* From) {                 \
        return RtlStringCchCopyN##Suffix(To, Room, From, NTSTRSAFE_MAX_CCH);                                           \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCbCopy##Suffix(Character* To, SIZE_T Bytes, const Character* From) {                 \
        return RtlStringCchCopy##Suffix(To, Bytes / sizeof(Character), From);                                          \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCbCopyN##Suffix(Character* To, SIZE_T Bytes, const Character* From, SIZE_T Most) {   \
        return RtlStringCchCopyN##Suffix(To, Bytes / sizeof(Character), From, Most / sizeof(Character));               \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCchCat##Suffix(Character* To, SIZE_T Room, const Character* From) {                  \
        SIZE_T used = 0;                                                                                               \
        NTSTATUS status = RtlStringCchLength##Suffix(To, Room, &used);                                                 \
        return status == STATUS_SUCCESS ? RtlStringCchCopy##Suffix(To + used, Room - used, From) : status;             \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCbCat##Suffix(Character* To, SIZE_T Bytes, const Character* From) {                  \
        return RtlStringCchCat##Suffix(To, Bytes / sizeof(Character), From);                                           \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCchVPrintf##Suffix(Character* To, SIZE_T Room, const Character* Format,              \
                                                     va_list Arguments) {                                              \
        INT length;                                                                                                    \
        if (Room == 0 || Room > NTSTRSAFE_MAX_CCH)                                                                     \
            return STATUS_INVALID_PARAMETER;                                                                           \
        length = Print(To, Room - 1, Format, Arguments);                                                               \
        if (length >= 0 && (SIZE_T)length < Room - 1)                                                                  \
            return STATUS_SUCCESS;                                                                                     \
        To[Room - 1] = 0;                                                                                              \
        return length < 0 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;                                                   \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCchPrintf##Suffix(Character* To, SIZE_T Room, const Character* Format, ...) {        \
        NTSTATUS status;                                                                                               \
        va_list arguments;                                                                                             \
        va_start(arguments, Format);                                                                                   \
        status = RtlStringCchVPrintf##Suffix(To, Room, Format, arguments);                                             \
        va_end(arguments);                                                                                             \
        return status;                                                                                                 \
    }                                                                                                                  \
    FORCEINLINE NTSTATUS RtlStringCbPrintf##Suffix(Character* To, SIZE_T Bytes, const Character* Format, ...) {        \
        NTSTATUS status;                                                                                               \
        va_list arguments;                                                                                             \
        va_start(arguments, Format);                                                                                   \
        status = RtlStringCchVPrintf##Suffix(To, Bytes / sizeof(Character), Format, arguments);                        \
        va_end(arguments);                                                                                             \
        return status;                                                                                                 \
    }                                                                                                                  \
    /* Where the string ends and what room is left there; Flags are not used. */                                       \
    FORCEINLINE NTSTATUS RtlStringCchPrintfEx##Suffix(Character* To, SIZE_T Room, Character** End, SIZE_T* Remaining,  \
                                                      ULONG Flags, const Character* Format, ...) {                     \
        NTSTATUS status;                                                                                               \
        SIZE_T used = 0;                                                                                               \
        va_list arguments;                                                                                             \
        va_start(arguments, Format);                                                                                   \
        status = RtlStringCchVPrintf##Suffix(To, Room, Format, arguments);                                             \
        va_end(arguments);                                                                                             \
        (void)Flags;                                                                                                   \
        if (status != STATUS_INVALID_PARAMETER)                                                                        \
            RtlStringCchLength##Suffix(To, Room, &used);                                                               \
        if (End)                                                                                                       \
            *End = To + used;                                                                                          \
        if (Remaining)                                                                                                 \
            *Remaining = Room - used;                                                                                  \
        return status;                                                                                                 \
    }

NDIS_STRSAFE_FAMILY(A, CHAR, _vsnprintf)
NDIS_STRSAFE_FAMILY(W, WCHAR, _vsnwprintf)
#undef NDIS_STRSAFE_FAMILY

#endif
