/* Files and devices that drivers open by name. PASSIVE_LEVEL.
 *
 * A name such as \Device\Name or \DosDevices\Name is a device of a driver in this process. \??\C:\folder\file, \DosDevices\C:\... and
 * \SystemRoot\... are files below the folder from which ndispool was started: the drive and what is before it are left out, and a name
 * cannot lead out of that folder.
 * Documentation: ZwCreateFile, ZwReadFile, ZwWriteFile and others of the Windows Driver Kit.
 */
#ifndef NDIS_FILE_H
#define NDIS_FILE_H

#include "io.h"
#include "thread.h"

/* CreateDisposition, and what IoStatusBlock->Information then says was done. */
#define FILE_SUPERSEDE 0
#define FILE_OPEN 1
#define FILE_CREATE 2
#define FILE_OPEN_IF 3
#define FILE_OVERWRITE 4
#define FILE_OVERWRITE_IF 5
#define FILE_SUPERSEDED 0
#define FILE_OPENED 1
#define FILE_CREATED 2
#define FILE_OVERWRITTEN 3

#define FILE_READ_DATA 0x0001
#define FILE_WRITE_DATA 0x0002
#define FILE_APPEND_DATA 0x0004
#define FILE_GENERIC_READ 0x00120089
#define FILE_GENERIC_WRITE 0x00120116
#define GENERIC_READ 0x80000000u
#define GENERIC_WRITE 0x40000000u
#define GENERIC_ALL 0x10000000u
#define FILE_SHARE_READ 0x0001
#define FILE_SHARE_WRITE 0x0002
#define FILE_SHARE_DELETE 0x0004
#define FILE_ATTRIBUTE_NORMAL 0x0080
#define FILE_SEQUENTIAL_ONLY 0x0004
#define FILE_SYNCHRONOUS_IO_ALERT 0x0010
#define FILE_SYNCHRONOUS_IO_NONALERT 0x0020
#define FILE_NON_DIRECTORY_FILE 0x0040

/* ByteOffset->LowPart with a HighPart of -1. */
#define FILE_WRITE_TO_END_OF_FILE 0xffffffff
#define FILE_USE_FILE_POINTER_POSITION 0xfffffffe

typedef VOID(NTAPI* PIO_APC_ROUTINE)(IN PVOID ApcContext, IN PIO_STATUS_BLOCK IoStatusBlock, IN ULONG Reserved);

typedef enum _FILE_INFORMATION_CLASS {
    FileStandardInformation = 5,
    FilePositionInformation = 14
} FILE_INFORMATION_CLASS;

typedef struct _FILE_STANDARD_INFORMATION {
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER EndOfFile;
    ULONG NumberOfLinks;
    BOOLEAN DeletePending;
    BOOLEAN Directory;
} FILE_STANDARD_INFORMATION, *PFILE_STANDARD_INFORMATION;
typedef struct _FILE_POSITION_INFORMATION {
    LARGE_INTEGER CurrentByteOffset;
} FILE_POSITION_INFORMATION, *PFILE_POSITION_INFORMATION;
NDIS_STATIC_ASSERT(sizeof(FILE_STANDARD_INFORMATION) == 24 && offsetof(FILE_STANDARD_INFORMATION, EndOfFile) == 8,
                   "drivers read the length in place");

NDIS_BEGIN_DECLS

/* STATUS_SUCCESS, with a handle to be closed with ZwClose; for a file STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
 * STATUS_OBJECT_NAME_COLLISION (FILE_CREATE of what is there), STATUS_OBJECT_NAME_INVALID (it leads out of the folder),
 * STATUS_FILE_IS_A_DIRECTORY, STATUS_ACCESS_DENIED; for a device what its driver answered to IRP_MJ_CREATE. Every operation is
 * synchronous. Documentation: ZwCreateFile, ZwOpenFile. */
NDISAPI NTSTATUS NTAPI ZwCreateFile(OUT PHANDLE FileHandle, IN ACCESS_MASK DesiredAccess,
                                    IN POBJECT_ATTRIBUTES ObjectAttributes, OUT PIO_STATUS_BLOCK IoStatusBlock,
                                    IN PLARGE_INTEGER AllocationSize OPTIONAL, IN ULONG FileAttributes,
                                    IN ULONG ShareAccess, IN ULONG CreateDisposition, IN ULONG CreateOptions,
                                    IN PVOID EaBuffer OPTIONAL, IN ULONG EaLength);
NDISAPI NTSTATUS NTAPI ZwOpenFile(OUT PHANDLE FileHandle, IN ACCESS_MASK DesiredAccess,
                                  IN POBJECT_ATTRIBUTES ObjectAttributes, OUT PIO_STATUS_BLOCK IoStatusBlock,
                                  IN ULONG ShareAccess, IN ULONG OpenOptions);

/* At *ByteOffset, or where the last one ended. STATUS_SUCCESS with the bytes read in IoStatusBlock->Information, STATUS_END_OF_FILE,
 * STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (not opened for it), STATUS_DISK_FULL; for a device what its driver answered. It is over
 * when the call returns; an Event is set. ApcRoutine must be NULL. Documentation: ZwReadFile, ZwWriteFile. */
NDISAPI NTSTATUS NTAPI ZwReadFile(IN HANDLE FileHandle, IN HANDLE Event OPTIONAL,
                                  IN PIO_APC_ROUTINE ApcRoutine OPTIONAL, IN PVOID ApcContext OPTIONAL,
                                  OUT PIO_STATUS_BLOCK IoStatusBlock, OUT PVOID Buffer, IN ULONG Length,
                                  IN PLARGE_INTEGER ByteOffset OPTIONAL, IN PULONG Key OPTIONAL);
NDISAPI NTSTATUS NTAPI ZwWriteFile(IN HANDLE FileHandle, IN HANDLE Event OPTIONAL,
                                   IN PIO_APC_ROUTINE ApcRoutine OPTIONAL, IN PVOID ApcContext OPTIONAL,
                                   OUT PIO_STATUS_BLOCK IoStatusBlock, IN PVOID Buffer, IN ULONG Length,
                                   IN PLARGE_INTEGER ByteOffset OPTIONAL, IN PULONG Key OPTIONAL);

/* Length and position of a file. STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS (any other class),
 * STATUS_INVALID_HANDLE. Documentation: ZwQueryInformationFile. */
NDISAPI NTSTATUS NTAPI ZwQueryInformationFile(IN HANDLE FileHandle, OUT PIO_STATUS_BLOCK IoStatusBlock,
                                              OUT PVOID FileInformation, IN ULONG Length,
                                              IN FILE_INFORMATION_CLASS FileInformationClass);

NDIS_END_DECLS

#endif
