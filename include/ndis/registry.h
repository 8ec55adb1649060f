/* The registry under its kernel names. It is in memory: a run begins with the driver's service key, whose subkey Parameters holds
 * the parameters of the run, and what a driver writes is gone afterwards. PASSIVE_LEVEL.
 */
#ifndef NDIS_REGISTRY_H
#define NDIS_REGISTRY_H

#include "thread.h"

#define REG_NONE 0
#define REG_SZ 1
#define REG_EXPAND_SZ 2
#define REG_BINARY 3
#define REG_DWORD 4
#define REG_MULTI_SZ 7

#define KEY_READ 0x00020019L
#define KEY_WRITE 0x00020006L
#define KEY_ALL_ACCESS 0x000F003FL
#define REG_OPTION_NON_VOLATILE 0x00000000L
#define REG_CREATED_NEW_KEY 1L
#define REG_OPENED_EXISTING_KEY 2L

typedef enum _KEY_VALUE_INFORMATION_CLASS {
    KeyValueBasicInformation,
    KeyValueFullInformation,
    KeyValuePartialInformation
} KEY_VALUE_INFORMATION_CLASS;

typedef struct _KEY_VALUE_BASIC_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_VALUE_BASIC_INFORMATION, *PKEY_VALUE_BASIC_INFORMATION;

typedef struct _KEY_VALUE_FULL_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataOffset;
    ULONG DataLength;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_VALUE_FULL_INFORMATION, *PKEY_VALUE_FULL_INFORMATION;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
    ULONG TitleIndex;
    ULONG Type;
    ULONG DataLength;
    UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;

typedef enum _KEY_INFORMATION_CLASS { KeyBasicInformation } KEY_INFORMATION_CLASS;

typedef struct _KEY_BASIC_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_BASIC_INFORMATION, *PKEY_BASIC_INFORMATION;

NDIS_STATIC_ASSERT(offsetof(KEY_VALUE_FULL_INFORMATION, Name) == 20, "Win64 KEY_VALUE_FULL_INFORMATION");
NDIS_STATIC_ASSERT(offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data) == 12, "Win64 KEY_VALUE_PARTIAL_INFORMATION");
NDIS_STATIC_ASSERT(offsetof(KEY_BASIC_INFORMATION, Name) == 16, "Win64 KEY_BASIC_INFORMATION");

#define RTL_REGISTRY_ABSOLUTE 0
#define RTL_REGISTRY_SERVICES 1
#define RTL_REGISTRY_CONTROL 2
#define RTL_REGISTRY_WINDOWS_NT 3
#define RTL_REGISTRY_HANDLE 0x40000000
#define RTL_REGISTRY_OPTIONAL 0x80000000

/* Path: a handle with RTL_REGISTRY_HANDLE. */
typedef NTSTATUS(NTAPI* PRTL_QUERY_REGISTRY_ROUTINE)(IN PWSTR ValueName, IN ULONG ValueType, IN PVOID ValueData,
                                                     IN ULONG ValueLength, IN PVOID Context, IN PVOID EntryContext);

typedef struct _RTL_QUERY_REGISTRY_TABLE {
    PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
    ULONG Flags; /* RTL_QUERY_REGISTRY_... */
    PWSTR Name;
    PVOID EntryContext;
    ULONG DefaultType;
    PVOID DefaultData;
    ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;
NDIS_STATIC_ASSERT(sizeof(RTL_QUERY_REGISTRY_TABLE) == 56, "drivers make arrays of them");

#define RTL_QUERY_REGISTRY_SUBKEY 0x00000001
#define RTL_QUERY_REGISTRY_TOPKEY 0x00000002
#define RTL_QUERY_REGISTRY_REQUIRED 0x00000004
#define RTL_QUERY_REGISTRY_NOVALUE 0x00000008
#define RTL_QUERY_REGISTRY_NOEXPAND 0x00000010
#define RTL_QUERY_REGISTRY_DIRECT 0x00000020
#define RTL_QUERY_REGISTRY_DELETE 0x00000040

NDIS_BEGIN_DECLS

/* STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND. The name is absolute (\Registry\Machine\...) or below RootDirectory.
 * Documentation: ZwOpenKey, ZwCreateKey. */
NDISAPI NTSTATUS NTAPI ZwOpenKey(OUT PHANDLE KeyHandle, IN ACCESS_MASK DesiredAccess,
                                 IN POBJECT_ATTRIBUTES ObjectAttributes);
NDISAPI NTSTATUS NTAPI ZwCreateKey(OUT PHANDLE KeyHandle, IN ACCESS_MASK DesiredAccess,
                                   IN POBJECT_ATTRIBUTES ObjectAttributes, IN ULONG TitleIndex,
                                   IN PUNICODE_STRING Class OPTIONAL, IN ULONG CreateOptions,
                                   OUT PULONG Disposition OPTIONAL);
/* STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BUFFER_TOO_SMALL (not even the fixed part fits), STATUS_BUFFER_OVERFLOW
 * (the fixed part is written). ResultLength: what all of it needs. Documentation: ZwQueryValueKey. */
NDISAPI NTSTATUS NTAPI ZwQueryValueKey(IN HANDLE KeyHandle, IN PUNICODE_STRING ValueName,
                                       IN KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                       OUT PVOID KeyValueInformation, IN ULONG Length, OUT PULONG ResultLength);
/* Documentation: ZwSetValueKey. */
NDISAPI NTSTATUS NTAPI ZwSetValueKey(IN HANDLE KeyHandle, IN PUNICODE_STRING ValueName, IN ULONG TitleIndex OPTIONAL,
                                     IN ULONG Type, IN PVOID Data, IN ULONG DataSize);
/* The subkey of that number, as ZwQueryValueKey; STATUS_NO_MORE_ENTRIES behind the last. Documentation: ZwEnumerateKey. */
NDISAPI NTSTATUS NTAPI ZwEnumerateKey(IN HANDLE KeyHandle, IN ULONG Index, IN KEY_INFORMATION_CLASS KeyInformationClass,
                                      OUT PVOID KeyInformation, IN ULONG Length, OUT PULONG ResultLength);
/* RelativeTo: another one than those above STATUS_INVALID_PARAMETER. Missing keys are made.
 * Documentation: RtlWriteRegistryValue. */
NDISAPI NTSTATUS NTAPI RtlWriteRegistryValue(IN ULONG RelativeTo, IN PCWSTR Path, IN PCWSTR ValueName,
                                             IN ULONG ValueType, IN PVOID ValueData OPTIONAL, IN ULONG ValueLength);
/* Reads what a table asks for, which ends with an entry without QueryRoutine and without _SUBKEY and _DIRECT. An entry's routine is
 * called for the value Name, or for all values when Name is NULL; _REG_MULTI_SZ once for each string, as REG_SZ, unless _NOEXPAND.
 * With _DIRECT EntryContext receives it: a UNICODE_STRING (Buffer NULL: allocated, freed with RtlFreeUnicodeString), a number of up
 * to 4 bytes, or anything else in a buffer whose first LONG is its size, negative: bytes alone, positive: size and type before
 * them. A value that is missing is STATUS_OBJECT_NAME_NOT_FOUND with _REQUIRED; else DefaultType and DefaultData stand in, when
 * DefaultType is not REG_NONE. Environment is ignored: nothing is expanded. Ends with the first status of a routine that is not a
 * success. Documentation: RtlQueryRegistryValues. */
NDISAPI NTSTATUS NTAPI RtlQueryRegistryValues(IN ULONG RelativeTo, IN PCWSTR Path,
                                              IN PRTL_QUERY_REGISTRY_TABLE QueryTable, IN PVOID Context OPTIONAL,
                                              IN PVOID Environment OPTIONAL);

NDIS_END_DECLS

#endif
