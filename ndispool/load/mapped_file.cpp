#include "ndispool/load/mapped_file.h"

#include "ndispool/load/image.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ndispool::load {

namespace {

std::string errno_text() {
    return std::generic_category().message(errno);
}

// Closes at the end of a scope, also when that ends by an exception.
struct Descriptor {
    int number;
    ~Descriptor() { ::close(number); }
};

std::size_t regular_size(const std::filesystem::path& file, int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        throw Error(file, "cannot be read: " + errno_text());
    if (S_ISDIR(status.st_mode))
        throw Error(file, "is a folder, not a driver: give the .so file in it");
    if (!S_ISREG(status.st_mode))
        throw Error(file, "is not a regular file: give the driver's .so file");
    if (status.st_size == 0)
        throw Error(file, "is empty: build the driver again");
    return static_cast<std::size_t>(status.st_size);
}

} // namespace

MappedFile::MappedFile(const std::filesystem::path& file) {
    // O_NONBLOCK: opening a FIFO with no writer must not wait.
    const int number = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (number < 0 && errno == ENOENT)
        throw Error(file, "there is no such file: give the path of the driver's .so file");
    if (number < 0)
        throw Error(file, "cannot be opened: " + errno_text());
    const Descriptor descriptor{number};
    const std::size_t size = regular_size(file, number);
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, number, 0);
    if (at == MAP_FAILED)
        throw Error(file, "cannot be mapped: " + errno_text());
    bytes_ = {static_cast<const std::byte*>(at), size};
}

MappedFile::~MappedFile() {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

} // namespace ndispool::load
