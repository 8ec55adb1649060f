// Whatever the bytes are, ElfFile returns or throws BadElf.
#include "ndispool/load/elf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const ndispool::load::ElfFile elf(std::as_bytes(std::span(data, size)));
        const ndispool::load::Symbols symbols(elf.symbols());
        (void)symbols.at(size);
    } catch (const ndispool::load::BadElf&) {
    }
    return 0;
}
