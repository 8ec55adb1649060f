// A driver file as an image in the process, its imports bound.
//   Callers:   one thread at a time opens and destroys; the const members from any thread.
//   Holds:     an import that the Resolver knows goes where the Resolver says, whatever the dynamic linker chose; a
//   name
//              that the image itself defines is never taken from elsewhere. open() gives fresh static data or throws.
//   Not here:  what the imports do, calling DriverEntry, which door a driver gets (all host).
#pragma once

#include "ndispool/load/symbols.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ndispool::load {

// One line that names the file, says what is wrong and what to do.
class Error : public std::runtime_error {
  public:
    Error(const std::filesystem::path& file, std::string_view wrong_and_remedy);
};

enum class Format : std::uint8_t { elf, pe };

struct Range {
    std::uintptr_t begin = 0, end = 0;
    bool contains(std::uintptr_t address) const { return address >= begin && address < end; }
};

// The address an import gets. Null: no export of ours; then the C library and what else the process or the libraries
// that the driver names have is asked.
using Resolver = std::function<void*(std::string_view name)>;

class Image {
  public:
    // Throws Error. Constructors of the driver (`__attribute__((constructor))`) have run when it returns.
    static std::unique_ptr<Image> open(const std::filesystem::path& file, const Resolver& resolver);
    // Unmaps; nothing of it may be running.
    virtual ~Image() = default;
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    const std::string& name() const { return name_; } // "passthru": the file name without folder and extension
    const std::filesystem::path& path() const { return path_; }
    Format format() const { return format_; }
    void* entry() const { return entry_; }                               // DriverEntry
    Range code() const { return code_; }                                 // the whole mapped image
    const std::vector<std::string>& imports() const { return imports_; } // sorted

    // "passthru!PtReceive+0x3c"; where no symbol covers it "passthru!0x1234", relative to the image's begin; an address
    // outside the image is only "0x7f...".
    std::string where(const void* address) const;

  protected:
    Image(const std::filesystem::path& file, Format format);

    const std::string name_;
    const std::filesystem::path path_;
    const Format format_;
    // Set once by open(), constant afterwards.
    void* entry_ = nullptr;
    Range code_;
    std::vector<std::string> imports_;
    Symbols symbols_; // values relative to code_.begin
};

} // namespace ndispool::load
