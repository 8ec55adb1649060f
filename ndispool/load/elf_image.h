// An ELF shared object in the process: mapped by the dynamic linker, bound by us.
#pragma once

#include "ndispool/load/elf_file.h"
#include "ndispool/load/image.h"

#include <map>
#include <vector>

namespace ndispool::load {

// Closes a handle of dlopen at the end.
struct LibraryCloser {
    void operator()(void* handle) const;
};
using Library = std::unique_ptr<void, LibraryCloser>;

class ElfImage : public Image {
  public:
    // `bytes` are the content of `file`. Throws Error.
    ElfImage(const std::filesystem::path& file, std::span<const std::byte> bytes, const Resolver& resolver);

  private:
    void resolve(const ElfFile& elf, const Resolver& resolver);
    // Takes out of `missing` what the driver's own libraries have. False: one of them is only found by the driver's run
    // path, so the dynamic linker has the last word on what is missing.
    bool look_in_libraries(const ElfFile& elf, std::vector<std::string>& missing);
    void refuse_unbindable(const ElfFile& elf) const;
    void map();
    void bind(const ElfFile& elf, std::uintptr_t bias);

    std::map<std::string, void*, std::less<>> ours_; // imports that the Resolver gave
    std::vector<Library> needed_;                    // libraries opened to look for imports in
    Library library_;                                // last: unmapped first
};

} // namespace ndispool::load
