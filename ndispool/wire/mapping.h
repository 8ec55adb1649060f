// Memory that the process shares with the kernel, or has of its own: unmapped once.
#pragma once

#include <cstddef>
#include <sys/mman.h>
#include <utility>

namespace ndispool::wire {

class Mapping {
  public:
    Mapping() = default;
    // Of a descriptor, or anonymous with -1. empty() when the system refused; errno says why.
    Mapping(int descriptor, std::size_t bytes) {
        void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, descriptor, 0);
        if (at != MAP_FAILED) {
            start_ = static_cast<std::byte*>(at);
            bytes_ = bytes;
        }
    }
    Mapping(Mapping&& other) noexcept
        : start_(std::exchange(other.start_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(start_, other.start_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Mapping() {
        if (start_)
            ::munmap(start_, bytes_);
    }

    bool empty() const { return !start_; }
    std::byte* data() const { return start_; }
    std::size_t size() const { return bytes_; }

  private:
    std::byte* start_ = nullptr;
    std::size_t bytes_ = 0;
};

} // namespace ndispool::wire
