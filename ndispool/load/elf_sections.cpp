#include "ndispool/load/elf_sections.h"

namespace ndispool::load {

namespace {

// Calls take(symbol, name) for each named symbol of the section that is defined in this file.
template <class Take>
void for_defined(const ElfBytes& bytes, const std::vector<Elf64_Shdr>& sections, const Elf64_Shdr& table, Take take) {
    if (table.sh_link >= sections.size())
        throw BadElf("is damaged: a symbol table has no names; build it again");
    const Elf64_Shdr& text = sections[table.sh_link];
    const ElfNames names(bytes.part(text.sh_offset, text.sh_size, "a symbol table's names"));
    bytes.part(table.sh_offset, table.sh_size, "a symbol table");
    for (std::uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
        const auto symbol = bytes.at<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym), "a symbol");
        if (symbol.st_name != 0 && symbol.st_shndx != SHN_UNDEF && symbol.st_shndx < SHN_LORESERVE)
            take(symbol, names.at(symbol.st_name));
    }
}

bool has_place(const Elf64_Sym& symbol) {
    const auto type = ELF64_ST_TYPE(symbol.st_info);
    return type == STT_FUNC || type == STT_OBJECT || type == STT_GNU_IFUNC;
}

} // namespace

std::vector<Elf64_Shdr> read_sections(const ElfBytes& bytes, const Elf64_Ehdr& header) {
    std::vector<Elf64_Shdr> sections;
    if (header.e_shoff == 0 || header.e_shentsize != sizeof(Elf64_Shdr))
        return sections;
    // Linkers put this table last, so a file that lost its end is found here if not before.
    for (std::uint64_t i = 0; i < header.e_shnum; ++i)
        sections.push_back(bytes.at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr), "a section header"));
    return sections;
}

std::vector<Symbol> read_symbols(const ElfBytes& bytes, const std::vector<Elf64_Shdr>& sections, std::uint32_t type) {
    std::vector<Symbol> symbols;
    for (const Elf64_Shdr& section : sections)
        if (section.sh_type == type)
            for_defined(bytes, sections, section, [&](const Elf64_Sym& symbol, std::string name) {
                if (has_place(symbol))
                    symbols.push_back({symbol.st_value, symbol.st_size, std::move(name)});
            });
    return symbols;
}

std::set<std::string> read_exports(const ElfBytes& bytes, const std::vector<Elf64_Shdr>& sections) {
    std::set<std::string> exports;
    for (const Elf64_Shdr& section : sections)
        if (section.sh_type == SHT_DYNSYM)
            for_defined(bytes, sections, section, [&](const Elf64_Sym& symbol, std::string name) {
                if (ELF64_ST_BIND(symbol.st_info) != STB_LOCAL)
                    exports.insert(std::move(name));
            });
    return exports;
}

} // namespace ndispool::load
