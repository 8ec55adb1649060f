#include "ndispool/ndis/service_file.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ndis/system.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/lock.h"
#include "ndispool/nt/text.h"

namespace ndispool::ndis {
namespace {

struct File {
    std::vector<char> bytes;
    bool mapped = false;
};

class OpenFiles {
  public:
    void set_folder(std::filesystem::path folder) {
        const machine::Locked locked(lock_);
        folder_ = std::move(folder);
    }

    std::filesystem::path folder() {
        const machine::Locked locked(lock_);
        return folder_;
    }

    NDIS_HANDLE add(std::unique_ptr<File> file) {
        const machine::Locked locked(lock_);
        const NDIS_HANDLE handle = file.get();
        files_.emplace(handle, std::move(file));
        return handle;
    }

    NDIS_STATUS map(NDIS_HANDLE handle, PVOID* address) {
        const machine::Locked locked(lock_);
        File* const file = find(handle);
        *address = nullptr;
        if (file == nullptr)
            return NDIS_STATUS_FAILURE;
        if (std::exchange(file->mapped, true))
            return NDIS_STATUS_ALREADY_MAPPED;
        *address = file->bytes.data();
        return NDIS_STATUS_SUCCESS;
    }

    void unmap(NDIS_HANDLE handle) {
        const machine::Locked locked(lock_);
        if (File* const file = find(handle))
            file->mapped = false;
    }

    void close(NDIS_HANDLE handle) {
        const machine::Locked locked(lock_);
        if (find(handle) != nullptr)
            files_.erase(handle);
    }

  private:
    File* find(NDIS_HANDLE handle) NDISPOOL_REQUIRES(lock_) {
        const auto found = files_.find(handle);
        if (found != files_.end())
            return found->second.get();
        machine::report_bug("a file handle is used that is not open", handle);
        return nullptr;
    }

    machine::Lock lock_;
    std::filesystem::path folder_ NDISPOOL_GUARDED_BY(lock_);
    std::unordered_map<NDIS_HANDLE, std::unique_ptr<File>> files_ NDISPOOL_GUARDED_BY(lock_);
};

OpenFiles& open_files() {
    static OpenFiles& files = *new OpenFiles; // never destroyed: drivers may outlive main()
    return files;
}

// None: the name leads out of the folder.
std::optional<std::filesystem::path> path_of(const NDIS_STRING& name) {
    std::string text = nt::to_utf8(name);
    std::ranges::replace(text, '\\', '/');
    const std::filesystem::path relative(text);
    if (relative.empty() || relative.is_absolute() || std::ranges::find(relative, "..") != relative.end())
        return std::nullopt;
    return open_files().folder() / relative;
}

NDIS_STATUS read(const std::filesystem::path& path, File& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return NDIS_STATUS_FILE_NOT_FOUND;
    const std::uintmax_t length = std::filesystem::file_size(path, error);
    std::ifstream stream(path, std::ios::binary);
    if (error || !stream || length > 0xFFFFFFFFu)
        return NDIS_STATUS_ERROR_READING_FILE;
    file.bytes.resize(length);
    stream.read(file.bytes.data(), static_cast<std::streamsize>(length));
    return stream ? NDIS_STATUS_SUCCESS : NDIS_STATUS_ERROR_READING_FILE;
}

NDIS_STATUS open(const NDIS_STRING& name, NDIS_HANDLE& handle, UINT& length) {
    const auto path = path_of(name);
    if (!path)
        return NDIS_STATUS_FILE_NOT_FOUND;
    auto file = std::make_unique<File>();
    const NDIS_STATUS status = read(*path, *file);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    length = static_cast<UINT>(file->bytes.size());
    handle = open_files().add(std::move(file));
    return NDIS_STATUS_SUCCESS;
}

} // namespace

void set_file_folder(std::filesystem::path folder) {
    open_files().set_folder(std::move(folder));
}

} // namespace ndispool::ndis

using namespace ndispool::ndis;

extern "C" {

void NdisOpenFile(PNDIS_STATUS Status, PNDIS_HANDLE FileHandle, PUINT FileLength, PNDIS_STRING FileName,
                  NDIS_PHYSICAL_ADDRESS) {
    *FileHandle = nullptr;
    *FileLength = 0;
    try {
        *Status = open(*FileName, *FileHandle, *FileLength);
    } catch (const std::bad_alloc&) {
        *Status = NDIS_STATUS_RESOURCES;
    }
}

void NdisMapFile(PNDIS_STATUS Status, PVOID* MappedBuffer, NDIS_HANDLE FileHandle) {
    *Status = open_files().map(FileHandle, MappedBuffer);
}

void NdisUnmapFile(NDIS_HANDLE FileHandle) {
    open_files().unmap(FileHandle);
}

void NdisCloseFile(NDIS_HANDLE FileHandle) {
    open_files().close(FileHandle);
}

} // extern "C"
