// A regular file, readable as bytes. Throws load::Error for one that is not there, not readable, not regular or empty.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace ndispool::load {

class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return bytes_; }

  private:
    std::span<const std::byte> bytes_;
};

} // namespace ndispool::load
