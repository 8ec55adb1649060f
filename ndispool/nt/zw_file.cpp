// Files and devices by name (ndis/file.h says which name is what).
#include "ndis/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "ndis/dispatcher.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/device_file.h"
#include "ndispool/nt/handles.h"
#include "ndispool/nt/irps.h"
#include "ndispool/nt/text.h"

namespace ndispool::nt {
namespace {

constexpr ACCESS_MASK reads = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;
constexpr ACCESS_MASK writes = FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL;

NTSTATUS status_of(int error) {
    switch (error) {
    case ENOENT:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR:
        return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST:
        return STATUS_OBJECT_NAME_COLLISION;
    case EISDIR:
        return STATUS_FILE_IS_A_DIRECTORY;
    case ENOSPC:
    case EFBIG:
        return STATUS_DISK_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return STATUS_ACCESS_DENIED;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

class DiskFile final : public Object {
  public:
    explicit DiskFile(int descriptor, ACCESS_MASK access) : descriptor_(descriptor), access_(access) {
        constexpr CSHORT file_object = 5;
        file_.Type = file_object;
        file_.Size = sizeof file_;
    }
    ~DiskFile() override { ::close(descriptor_); }
    DiskFile(const DiskFile&) = delete;
    DiskFile& operator=(const DiskFile&) = delete;
    void* body() override { return &file_; }

    IO_STATUS_BLOCK move(bool write, PVOID buffer, ULONG length, const LARGE_INTEGER* offset) {
        if ((access_ & (write ? writes : reads)) == 0)
            return result(STATUS_ACCESS_DENIED);
        const machine::Locked locked(lock_);
        const std::int64_t at = place(offset);
        const ssize_t moved =
            write ? ::pwrite(descriptor_, buffer, length, at) : ::pread(descriptor_, buffer, length, at);
        if (moved < 0)
            return result(status_of(errno));
        if (moved == 0 && length > 0)
            return result(write ? STATUS_DISK_FULL : STATUS_END_OF_FILE);
        file_.CurrentByteOffset.QuadPart = at + moved;
        return result(STATUS_SUCCESS, static_cast<ULONG_PTR>(moved));
    }

    std::int64_t length() const {
        struct stat about {};
        return ::fstat(descriptor_, &about) == 0 ? about.st_size : 0;
    }
    std::int64_t position() {
        const machine::Locked locked(lock_);
        return file_.CurrentByteOffset.QuadPart;
    }

    static IO_STATUS_BLOCK result(NTSTATUS status, ULONG_PTR information = 0) {
        IO_STATUS_BLOCK block{};
        block.Status = status;
        block.Information = information;
        return block;
    }

  private:
    std::int64_t place(const LARGE_INTEGER* offset) const NDISPOOL_REQUIRES(lock_) {
        if (offset && offset->HighPart == -1 && offset->LowPart == FILE_WRITE_TO_END_OF_FILE)
            return length();
        const bool current = !offset || (offset->HighPart == -1 && offset->LowPart == FILE_USE_FILE_POINTER_POSITION);
        return current ? file_.CurrentByteOffset.QuadPart : offset->QuadPart;
    }

    const int descriptor_;
    const ACCESS_MASK access_;
    machine::Lock lock_;
    FILE_OBJECT file_{}; // its position is guarded by the lock
};

bool take(std::u16string_view& name, std::u16string_view front) {
    if (compare(name.substr(0, front.size()), front, true) != 0)
        return false;
    name.remove_prefix(front.size());
    return true;
}

// None: it is no name of a file. Empty: it leads out of the folder.
std::optional<std::filesystem::path> path_of(std::u16string_view name) {
    if (take(name, u"\\??\\") || take(name, u"\\DosDevices\\")) {
        if (name.size() < 3 || name[1] != u':' || name[2] != u'\\')
            return std::nullopt;
        name.remove_prefix(3);
    } else if (!take(name, u"\\SystemRoot\\")) {
        return std::nullopt;
    }
    std::string text = to_utf8(name);
    std::ranges::replace(text, '\\', '/');
    const std::filesystem::path path(text);
    const bool leaves = path.is_absolute() || std::ranges::find(path, "..") != path.end();
    return leaves ? std::filesystem::path() : path;
}

int flags_of(ULONG disposition, ACCESS_MASK access) {
    const int how = (access & writes) == 0 ? O_RDONLY : (access & reads) == 0 ? O_WRONLY : O_RDWR;
    switch (disposition) {
    case FILE_OPEN:
        return how;
    case FILE_CREATE:
        return how | O_CREAT | O_EXCL;
    case FILE_OPEN_IF:
        return how | O_CREAT;
    case FILE_OVERWRITE:
        return how | O_TRUNC;
    default: // FILE_SUPERSEDE, FILE_OVERWRITE_IF
        return how | O_CREAT | O_TRUNC;
    }
}

ULONG_PTR outcome(ULONG disposition, bool existed) {
    if (!existed)
        return FILE_CREATED;
    return disposition == FILE_SUPERSEDE                                       ? FILE_SUPERSEDED
           : disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF ? FILE_OVERWRITTEN
                                                                               : FILE_OPENED;
}

IO_STATUS_BLOCK open_file(std::u16string_view name, ACCESS_MASK access, ULONG disposition, HANDLE& handle) {
    const std::optional<std::filesystem::path> path = path_of(name);
    if (!path)
        return DiskFile::result(STATUS_OBJECT_NAME_NOT_FOUND);
    if (path->empty())
        return DiskFile::result(STATUS_OBJECT_NAME_INVALID);
    std::error_code ignored;
    const bool existed = std::filesystem::exists(*path, ignored);
    if (existed && std::filesystem::is_directory(*path, ignored))
        return DiskFile::result(STATUS_FILE_IS_A_DIRECTORY);
    if (path->has_parent_path() && !std::filesystem::is_directory(path->parent_path(), ignored))
        return DiskFile::result(STATUS_OBJECT_PATH_NOT_FOUND);
    constexpr mode_t usual = 0666;
    const int descriptor = ::open(path->c_str(), flags_of(disposition, access) | O_CLOEXEC | O_NONBLOCK, usual);
    if (descriptor < 0)
        return DiskFile::result(status_of(errno));
    handle = make_handle(std::make_shared<DiskFile>(descriptor, access));
    return DiskFile::result(STATUS_SUCCESS, outcome(disposition, existed));
}

IO_STATUS_BLOCK create(const OBJECT_ATTRIBUTES& attributes, ACCESS_MASK access, ULONG disposition, HANDLE& handle) {
    handle = nullptr;
    if (attributes.RootDirectory || !attributes.ObjectName)
        return DiskFile::result(STATUS_OBJECT_NAME_INVALID);
    const std::u16string_view name = view(*attributes.ObjectName);
    const OpenedDevice opened = open_device(name);
    if (opened.file) {
        handle = make_handle(opened.file);
        return DiskFile::result(STATUS_SUCCESS, FILE_OPENED);
    }
    if (opened.status != STATUS_OBJECT_NAME_NOT_FOUND)
        return DiskFile::result(opened.status); // its driver refused
    return open_file(name, access, disposition, handle);
}

IO_STATUS_BLOCK move(DeviceFile& file, bool write, std::span<std::byte> bytes, const LARGE_INTEGER* offset) {
    PDEVICE_OBJECT const device = file.device();
    if (!device)
        return DiskFile::result(STATUS_NO_SUCH_DEVICE);
    DeviceRequest request{.major = static_cast<UCHAR>(write ? IRP_MJ_WRITE : IRP_MJ_READ)};
    if (write)
        request.input = bytes;
    else
        request.output = bytes;
    request.offset = offset ? offset->QuadPart : 0;
    const DeviceReply reply = send_request(*device, file.file(), request);
    return DiskFile::result(reply.status, reply.information);
}

NTSTATUS move(HANDLE handle, HANDLE event, IO_STATUS_BLOCK& block, bool write, PVOID buffer, ULONG length,
              const LARGE_INTEGER* offset) {
    const std::shared_ptr<Object> object = object_of(handle);
    if (const auto disk = std::dynamic_pointer_cast<DiskFile>(object))
        block = disk->move(write, buffer, length, offset);
    else if (const auto device = std::dynamic_pointer_cast<DeviceFile>(object))
        block = move(*device, write, {static_cast<std::byte*>(buffer), length}, offset);
    else
        return STATUS_INVALID_HANDLE;
    if (const std::shared_ptr<Object> done = object_of(event); done && done->can_be_waited_for())
        KeSetEvent(static_cast<PKEVENT>(done->body()), IO_NO_INCREMENT, FALSE);
    return block.Status;
}

} // namespace
} // namespace ndispool::nt

using namespace ndispool::nt;

extern "C" {

NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                      PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER, ULONG, ULONG, ULONG CreateDisposition, ULONG,
                      PVOID, ULONG) {
    if (CreateDisposition > FILE_OVERWRITE_IF)
        return STATUS_INVALID_PARAMETER;
    *IoStatusBlock = create(*ObjectAttributes, DesiredAccess, CreateDisposition, *FileHandle);
    return IoStatusBlock->Status;
}

NTSTATUS ZwOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                    PIO_STATUS_BLOCK IoStatusBlock, ULONG, ULONG) {
    *IoStatusBlock = create(*ObjectAttributes, DesiredAccess, FILE_OPEN, *FileHandle);
    return IoStatusBlock->Status;
}

NTSTATUS ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK IoStatusBlock,
                    PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG) {
    return move(FileHandle, Event, *IoStatusBlock, false, Buffer, Length, ByteOffset);
}

NTSTATUS ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK IoStatusBlock,
                     PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG) {
    return move(FileHandle, Event, *IoStatusBlock, true, Buffer, Length, ByteOffset);
}

NTSTATUS ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                FILE_INFORMATION_CLASS FileInformationClass) {
    const auto file = std::dynamic_pointer_cast<DiskFile>(object_of(FileHandle));
    if (!file)
        return STATUS_INVALID_HANDLE;
    FILE_STANDARD_INFORMATION standard{};
    FILE_POSITION_INFORMATION position{};
    const void* answer = &standard;
    ULONG size = sizeof standard;
    if (FileInformationClass == FileStandardInformation) {
        standard.EndOfFile.QuadPart = standard.AllocationSize.QuadPart = file->length();
        standard.NumberOfLinks = 1;
    } else if (FileInformationClass == FilePositionInformation) {
        position.CurrentByteOffset.QuadPart = file->position();
        answer = &position;
        size = sizeof position;
    } else {
        *IoStatusBlock = DiskFile::result(STATUS_INVALID_INFO_CLASS);
        return STATUS_INVALID_INFO_CLASS;
    }
    *IoStatusBlock = DiskFile::result(Length < size ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS, size);
    if (Length >= size)
        std::memcpy(FileInformation, answer, size);
    return IoStatusBlock->Status;
}

} // extern "C"
