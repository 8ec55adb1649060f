/* Base types, status tests, lists and annotations that every NDIS 5.x header builds on.
 *
 * The widths are those of Win64: LONG and ULONG are 32 bits although this may be an LP64 system, WCHAR is 16 bits.
 * Plain C11 and C++17. Nothing here calls into the library.
 */
#ifndef NDIS_BASE_H
#define NDIS_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define NDIS_BEGIN_DECLS extern "C" {
#define NDIS_END_DECLS }
#define NDIS_STATIC_ASSERT(condition, reason) static_assert(condition, reason)
#else
#define NDIS_BEGIN_DECLS
#define NDIS_END_DECLS
#define NDIS_STATIC_ASSERT(condition, reason) _Static_assert(condition, reason)
#endif

/* A function that ndispool exports to drivers and programs. */
#define NDISAPI __attribute__((visibility("default")))

/* Documentation annotations of the Windows headers; they say which way a parameter goes. */
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

/* Calling conventions: a driver compiled against this header uses the platform's own. */
#define NTAPI
#define NTKERNELAPI
#define FASTCALL
#define CONST const
#define UNALIGNED
#define FORCEINLINE static inline
#ifndef __cdecl
#define __cdecl
#endif

#define VOID void
typedef void* PVOID;
typedef char CHAR, CCHAR, *PCHAR, *PSZ, *PSTR, *LPSTR;
typedef const char *PCSZ, *PCSTR, *LPCSTR, *PCCH;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned char BOOLEAN, *PBOOLEAN;
typedef int16_t SHORT, CSHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t INT, LONG, *PINT, *PLONG;
typedef uint32_t UINT, ULONG, DWORD, *PUINT, *PULONG;
typedef int8_t INT8, *PINT8;
typedef uint8_t UINT8, *PUINT8;
typedef int16_t INT16, *PINT16;
typedef uint16_t UINT16, *PUINT16;
typedef int32_t INT32, LONG32, *PINT32, *PLONG32;
typedef uint32_t UINT32, ULONG32, DWORD32, *PUINT32, *PULONG32;
typedef long long LONGLONG, *PLONGLONG, LONG64, *PLONG64, INT64, *PINT64;
typedef unsigned long long ULONGLONG, *PULONGLONG, ULONG64, *PULONG64, UINT64, *PUINT64, DWORDLONG, DWORD64;
typedef intptr_t LONG_PTR, INT_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, UINT_PTR, *PULONG_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T, KSPIN_LOCK, *PKSPIN_LOCK, PFN_NUMBER, *PPFN_NUMBER, KAFFINITY;
typedef UCHAR KIRQL, *PKIRQL;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef PVOID HANDLE, *PHANDLE;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;

/* 16-bit characters. With -fshort-wchar (which `pkg-config --cflags ndispool-driver` asks for) L"..." literals have this
 * type; without it use u"...". */
#ifdef __cplusplus
#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef char16_t WCHAR;
#endif
#else
typedef uint16_t WCHAR;
#endif
typedef WCHAR *PWCHAR, *PWSTR, *LPWSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR, *PCWCH;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

NDIS_STATIC_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4, "Windows is LLP64: long is 32 bits in every layout");
NDIS_STATIC_ASSERT(sizeof(WCHAR) == 2, "UNICODE_STRING holds UTF-16 code units");

typedef union _LARGE_INTEGER {
    __extension__ struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* Counted strings. Length and MaximumLength are bytes, the terminator (if there is one) not included in Length. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING* PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING;
typedef const ANSI_STRING* PCANSI_STRING;

NDIS_STATIC_ASSERT(sizeof(UNICODE_STRING) == 16 && offsetof(UNICODE_STRING, Buffer) == 8, "Win64 UNICODE_STRING");

/* The NDIS names for the same things. */
typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;
typedef INT NDIS_STATUS, *PNDIS_STATUS;
typedef UNICODE_STRING NDIS_STRING, *PNDIS_STRING;
typedef PHYSICAL_ADDRESS NDIS_PHYSICAL_ADDRESS, *PNDIS_PHYSICAL_ADDRESS;
typedef ULONG NDIS_OID, *PNDIS_OID;
typedef ULONG NDIS_ERROR_CODE, *PNDIS_ERROR_CODE;

/* Objects of the system that drivers know by pointer; the ones whose fields drivers read are in kernel.h. */
typedef struct _DRIVER_OBJECT DRIVER_OBJECT, *PDRIVER_OBJECT;
typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;
typedef struct _FILE_OBJECT FILE_OBJECT, *PFILE_OBJECT;
typedef struct _IRP IRP, *PIRP;
typedef struct _EPROCESS* PEPROCESS;
typedef struct _KTHREAD *PKTHREAD, *PETHREAD;

/* IRQL values (0 to 31). Only the first three exist in this host; device levels are a hardware driver's. */
#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2

#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p) ((void)(p))
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) ((type*)(void*)((PUCHAR)(address)-offsetof(type, field)))
#define ARRAYSIZE(a) (sizeof(a) / sizeof((a)[0]))
#define RTL_NUMBER_OF(a) ARRAYSIZE(a)
#define C_ASSERT(condition) NDIS_STATIC_ASSERT(condition, #condition)
/* The kit's ndis.h has these; in C++ they would take the place of std::min. */
#ifndef __cplusplus
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif
#define MAXUSHORT 0xffff
#define MAXLONG 0x7fffffff
#define MAXULONG 0xffffffff

/* Doubly linked circular lists with a head. None of them locks: the caller serialises. Any IRQL. */
typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY* Flink;
    struct _LIST_ENTRY* Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY* Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

FORCEINLINE VOID InitializeListHead(PLIST_ENTRY ListHead) {
    ListHead->Flink = ListHead->Blink = ListHead;
}

FORCEINLINE BOOLEAN IsListEmpty(const LIST_ENTRY* ListHead) {
    return (BOOLEAN)(ListHead->Flink == ListHead);
}

/* TRUE when the list is empty afterwards. */
FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry) {
    PLIST_ENTRY next = Entry->Flink, previous = Entry->Blink;
    previous->Flink = next;
    next->Blink = previous;
    return (BOOLEAN)(next == previous);
}

/* On an empty list these two return the head itself. */
FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead) {
    PLIST_ENTRY entry = ListHead->Flink;
    RemoveEntryList(entry);
    return entry;
}

FORCEINLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead) {
    PLIST_ENTRY entry = ListHead->Blink;
    RemoveEntryList(entry);
    return entry;
}

FORCEINLINE VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry) {
    PLIST_ENTRY last = ListHead->Blink;
    Entry->Flink = ListHead;
    Entry->Blink = last;
    last->Flink = Entry;
    ListHead->Blink = Entry;
}

FORCEINLINE VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry) {
    PLIST_ENTRY first = ListHead->Flink;
    Entry->Flink = first;
    Entry->Blink = ListHead;
    first->Blink = Entry;
    ListHead->Flink = Entry;
}

/* Singly linked, no lock. PopEntryList returns NULL when the list is empty. */
FORCEINLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead) {
    PSINGLE_LIST_ENTRY first = ListHead->Next;
    if (first != NULL)
        ListHead->Next = first->Next;
    return first;
}

FORCEINLINE VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry) {
    Entry->Next = ListHead->Next;
    ListHead->Next = Entry;
}

NDIS_BEGIN_DECLS
/* What a driver file must define. PASSIVE_LEVEL, once, when the driver is loaded. STATUS_SUCCESS keeps it loaded; with any
 * other value the image is unloaded and no unload handler is called. RegistryPath is valid during the call only.
 * Documentation: DriverEntry of NDIS Miniport / Protocol / Intermediate Drivers. */
NDISAPI NTSTATUS DriverEntry(IN PDRIVER_OBJECT DriverObject, IN PUNICODE_STRING RegistryPath);
NDIS_END_DECLS

typedef NTSTATUS(NTAPI* PDRIVER_INITIALIZE)(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
typedef VOID(NTAPI* PDRIVER_UNLOAD)(PDRIVER_OBJECT DriverObject);

/* Section placement means nothing in a shared object. */
#define NDIS_INIT_FUNCTION(function)
#define NDIS_PAGABLE_FUNCTION(function)
#define NDIS_PAGEABLE_FUNCTION(function)
#define PAGED_CODE() ((void)0)

#endif
