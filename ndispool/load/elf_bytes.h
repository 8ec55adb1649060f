// Bounds-checked reading of an ELF file's bytes: every read is inside the file or throws BadElf.
#pragma once

#include "ndispool/load/elf_file.h"

#include <cstring>
#include <string_view>
#include <type_traits>

namespace ndispool::load {

class ElfBytes {
  public:
    explicit ElfBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint64_t size() const { return bytes_.size(); }
    bool holds(std::uint64_t offset, std::uint64_t count) const { return offset <= size() && count <= size() - offset; }

    std::span<const std::byte> part(std::uint64_t offset, std::uint64_t count, std::string_view what) const;

    // Copied out, because nothing says that a table in a file is aligned.
    template <class T> T at(std::uint64_t offset, std::string_view what) const {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        std::memcpy(&value, part(offset, sizeof(T), what).data(), sizeof(T));
        return value;
    }

  private:
    std::span<const std::byte> bytes_;
};

// A string table. Names are at most 4 KiB, so that a damaged table cannot make reading it quadratic.
class ElfNames {
  public:
    explicit ElfNames(std::span<const std::byte> table) : table_(table) {}
    std::string at(std::uint64_t offset) const;

  private:
    std::span<const std::byte> table_;
};

} // namespace ndispool::load
