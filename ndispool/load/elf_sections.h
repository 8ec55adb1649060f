// The names in an ELF file's sections. A file may have lost its sections (strip does that to some); these are then
// empty.
#pragma once

#include "ndispool/load/elf_bytes.h"
#include "ndispool/load/symbols.h"

#include <elf.h>
#include <set>
#include <string>
#include <vector>

namespace ndispool::load {

std::vector<Elf64_Shdr> read_sections(const ElfBytes& bytes, const Elf64_Ehdr& header);

// Functions and variables of the sections of `type`: SHT_SYMTAB (static ones too) or SHT_DYNSYM.
std::vector<Symbol> read_symbols(const ElfBytes& bytes, const std::vector<Elf64_Shdr>& sections, std::uint32_t type);

// Names that the file defines for others.
std::set<std::string> read_exports(const ElfBytes& bytes, const std::vector<Elf64_Shdr>& sections);

} // namespace ndispool::load
