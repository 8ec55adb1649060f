// The two tables at the front of an ELF file: what it is, and what to map of it.
#pragma once

#include "ndispool/load/elf_bytes.h"

#include <elf.h>
#include <vector>

namespace ndispool::load {

// Throws BadElf unless this is a whole x86-64 shared object, as far as a header can tell.
Elf64_Ehdr read_header(const ElfBytes& bytes);

std::vector<Elf64_Phdr> read_program_headers(const ElfBytes& bytes, const Elf64_Ehdr& header);

} // namespace ndispool::load
