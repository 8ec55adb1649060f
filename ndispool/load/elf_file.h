// What an ELF shared object says about itself, read with bounds checks from its bytes before anything is mapped.
//   Callers:   any thread; a plain value once made. It owns all it holds: the bytes may go away.
//   Holds:     every address that a Binding or a Segment names lies inside a loadable segment whose file part is in the
//              file. Whatever the bytes are, the constructor returns or throws BadElf.
//   Not here:  who provides an import, mapping (elf_image).
#pragma once

#include "ndispool/load/symbols.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace ndispool::load {

// What is wrong and what to do, to be put behind the file's name.
class BadElf : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class ElfFile {
  public:
    // Addresses are the file's own; the process adds the load bias.
    struct Segment {
        std::uint64_t address, bytes;     // in memory
        std::uint64_t offset, file_bytes; // in the file
        std::uint32_t flags;              // PF_R, PF_W, PF_X
    };
    // A place that the dynamic linker fills by a symbol's name.
    struct Binding {
        std::uint64_t slot = 0;
        std::uint32_t type = 0; // R_X86_64_...
        std::int64_t addend = 0;
        std::string name;
        bool weak = false;
        bool unique = false;     // one in the whole process (C++ inline variables)
        bool imported = false;   // not defined in this image
        std::uint8_t kind = 0;   // STT_...
        std::uint64_t value = 0; // its address when it is defined here
    };

    explicit ElfFile(std::span<const std::byte> bytes);

    const std::vector<Segment>& segments() const { return segments_; }
    const std::vector<Binding>& bindings() const { return bindings_; }
    const std::vector<std::string>& needed() const { return needed_; } // the libraries it asks for
    const std::set<std::string>& exports() const { return exports_; }  // its defined dynamic symbols
    const std::vector<Symbol>& symbols() const { return symbols_; }    // .symtab, else .dynsym

    // The part that is made read-only after binding (PT_GNU_RELRO); empty when there is none.
    std::uint64_t relro_begin() const { return relro_begin_; }
    std::uint64_t relro_end() const { return relro_end_; }

  private:
    std::vector<Segment> segments_;
    std::vector<Binding> bindings_;
    std::vector<std::string> needed_;
    std::set<std::string> exports_;
    std::vector<Symbol> symbols_;
    std::uint64_t relro_begin_ = 0, relro_end_ = 0;
};

} // namespace ndispool::load
