#include "ndispool/load/elf_header.h"

namespace ndispool::load {

namespace {

Elf64_Ehdr checked_ident(const ElfBytes& bytes) {
    const auto ident = bytes.part(0, EI_NIDENT, "the ELF header");
    if (ident[EI_CLASS] == std::byte{ELFCLASS32})
        throw BadElf("is a 32-bit ELF file; ndispool runs 64-bit x86 drivers only: compile it with -m64");
    if (ident[EI_CLASS] != std::byte{ELFCLASS64} || ident[EI_DATA] != std::byte{ELFDATA2LSB})
        throw BadElf("is no little-endian 64-bit ELF file; ndispool runs x86-64 drivers only: compile it for x86-64");
    const auto header = bytes.at<Elf64_Ehdr>(0, "the ELF header");
    if (header.e_machine != EM_X86_64)
        throw BadElf("is made for another processor (ELF machine " + std::to_string(header.e_machine) +
                     "); ndispool runs x86-64 drivers only: compile it for x86-64");
    return header;
}

void check_type(const Elf64_Ehdr& header) {
    if (header.e_type == ET_REL)
        throw BadElf("is an object file: link it into a shared object with cc -shared");
    if (header.e_type == ET_EXEC)
        throw BadElf("is a program, not a shared object: compile the driver with cc -shared -fPIC");
    if (header.e_type != ET_DYN)
        throw BadElf("is no shared object (ELF type " + std::to_string(header.e_type) +
                     "): compile the driver with cc -shared -fPIC");
}

} // namespace

Elf64_Ehdr read_header(const ElfBytes& bytes) {
    const Elf64_Ehdr header = checked_ident(bytes);
    check_type(header);
    return header;
}

std::vector<Elf64_Phdr> read_program_headers(const ElfBytes& bytes, const Elf64_Ehdr& header) {
    if (header.e_phentsize != sizeof(Elf64_Phdr))
        throw BadElf("is damaged: its program headers have a wrong size; build it again");
    std::vector<Elf64_Phdr> headers;
    for (std::uint64_t i = 0; i < header.e_phnum; ++i)
        headers.push_back(bytes.at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr), "a program header"));
    return headers;
}

} // namespace ndispool::load
