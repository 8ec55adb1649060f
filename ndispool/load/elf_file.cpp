#include "ndispool/load/elf_file.h"

#include "ndispool/load/elf_bytes.h"
#include "ndispool/load/elf_header.h"
#include "ndispool/load/elf_sections.h"

#include <algorithm>
#include <elf.h>
#include <optional>

namespace ndispool::load {

namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t address_limit = std::uint64_t{1} << 47; // user addresses of x86-64

struct Dynamic {
    std::optional<std::uint64_t> symbols, names;
    std::uint64_t names_bytes = 0;
    std::uint64_t relocations = 0, relocations_bytes = 0;
    std::uint64_t plt_relocations = 0, plt_relocations_bytes = 0;
    std::uint64_t flags_1 = 0;
    bool has_soname = false;
    std::vector<std::uint64_t> needed; // offsets of names
};

ElfFile::Segment read_segment(const ElfBytes& bytes, const Elf64_Phdr& header) {
    bytes.part(header.p_offset, header.p_filesz, "a segment");
    if (header.p_memsz < header.p_filesz || header.p_vaddr >= address_limit || header.p_memsz >= address_limit)
        throw BadElf("is damaged: a segment's size or address is impossible; build it again");
    return {header.p_vaddr, header.p_memsz, header.p_offset, header.p_filesz, header.p_flags};
}

std::vector<ElfFile::Segment> read_segments(const ElfBytes& bytes, const std::vector<Elf64_Phdr>& headers) {
    std::vector<ElfFile::Segment> segments;
    std::uint64_t free_from = 0;
    for (const Elf64_Phdr& header : headers) {
        if (header.p_type != PT_LOAD)
            continue;
        segments.push_back(read_segment(bytes, header));
        // The dynamic linker maps each at its place unseen: one out of order would land on foreign memory.
        if (header.p_vaddr / page_bytes * page_bytes < free_from)
            throw BadElf("is damaged: its segments overlap or are out of order; build it again");
        free_from = header.p_vaddr + header.p_memsz;
    }
    if (segments.empty())
        throw BadElf("is damaged: it has nothing to load; build it again");
    return segments;
}

// Offset in the file of [address, address + count), which must be in one segment's file part.
std::uint64_t offset_of(const std::vector<ElfFile::Segment>& segments, std::uint64_t address, std::uint64_t count,
                        std::string_view what) {
    for (const ElfFile::Segment& segment : segments) {
        const std::uint64_t skip = address - segment.address;
        if (address >= segment.address && skip <= segment.file_bytes && count <= segment.file_bytes - skip)
            return segment.offset + skip;
    }
    throw BadElf("is damaged: " + std::string(what) + " is in none of its segments; build it again");
}

void note(Dynamic& dynamic, const Elf64_Dyn& entry) {
    const std::uint64_t value = entry.d_un.d_val;
    switch (entry.d_tag) {
    case DT_SYMTAB:
        dynamic.symbols = value;
        break;
    case DT_STRTAB:
        dynamic.names = value;
        break;
    case DT_STRSZ:
        dynamic.names_bytes = value;
        break;
    case DT_RELA:
        dynamic.relocations = value;
        break;
    case DT_RELASZ:
        dynamic.relocations_bytes = value;
        break;
    case DT_JMPREL:
        dynamic.plt_relocations = value;
        break;
    case DT_PLTRELSZ:
        dynamic.plt_relocations_bytes = value;
        break;
    case DT_FLAGS_1:
        dynamic.flags_1 = value;
        break;
    case DT_SONAME:
        dynamic.has_soname = true;
        break;
    case DT_NEEDED:
        dynamic.needed.push_back(value);
        break;
    default:
        break;
    }
}

Dynamic read_dynamic(const ElfBytes& bytes, const std::vector<ElfFile::Segment>& segments, const Elf64_Phdr& header) {
    // By address, not by p_offset: that is where the dynamic linker will look.
    const std::uint64_t begin = offset_of(segments, header.p_vaddr, header.p_filesz, "the dynamic section");
    Dynamic dynamic;
    for (std::uint64_t i = 0; i < header.p_filesz / sizeof(Elf64_Dyn); ++i) {
        const auto entry = bytes.at<Elf64_Dyn>(begin + i * sizeof(Elf64_Dyn), "the dynamic section");
        if (entry.d_tag == DT_NULL)
            break;
        note(dynamic, entry);
    }
    if (!dynamic.symbols || !dynamic.names)
        throw BadElf("is damaged: it has no dynamic symbols; build it again");
    return dynamic;
}

const Elf64_Phdr* find(const std::vector<Elf64_Phdr>& headers, std::uint32_t type) {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](auto& header) { return header.p_type == type; });
    return found == headers.end() ? nullptr : &*found;
}

// What reading the relocations takes.
struct Tables {
    const ElfBytes& bytes;
    const std::vector<ElfFile::Segment>& segments;
    std::uint64_t symbols; // address
    ElfNames names;
};

bool loads(const std::vector<ElfFile::Segment>& segments, std::uint64_t address, std::uint64_t count) {
    return std::any_of(segments.begin(), segments.end(), [&](const ElfFile::Segment& segment) {
        return address >= segment.address && count <= segment.bytes &&
               address - segment.address <= segment.bytes - count;
    });
}

ElfFile::Binding read_binding(const Tables& tables, const Elf64_Rela& relocation) {
    const std::uint64_t index = ELF64_R_SYM(relocation.r_info);
    const std::uint64_t place =
        offset_of(tables.segments, tables.symbols + index * sizeof(Elf64_Sym), sizeof(Elf64_Sym), "a dynamic symbol");
    const auto symbol = tables.bytes.at<Elf64_Sym>(place, "a dynamic symbol");
    ElfFile::Binding binding{.slot = relocation.r_offset,
                             .type = static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info)),
                             .addend = relocation.r_addend,
                             .name = tables.names.at(symbol.st_name),
                             .weak = ELF64_ST_BIND(symbol.st_info) == STB_WEAK,
                             .unique = ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE,
                             .imported = symbol.st_shndx == SHN_UNDEF,
                             .kind = static_cast<std::uint8_t>(ELF64_ST_TYPE(symbol.st_info)),
                             .value = symbol.st_value};
    if (!loads(tables.segments, binding.slot, sizeof(std::uint64_t)))
        throw BadElf("is damaged: the place of its import " + binding.name +
                     " is in none of its segments; build it again");
    return binding;
}

void read_bindings(std::vector<ElfFile::Binding>& bindings, const Tables& tables, std::uint64_t address,
                   std::uint64_t table_bytes) {
    if (table_bytes == 0)
        return;
    const std::uint64_t begin = offset_of(tables.segments, address, table_bytes, "a relocation table");
    for (std::uint64_t i = 0; i < table_bytes / sizeof(Elf64_Rela); ++i) {
        const auto relocation = tables.bytes.at<Elf64_Rela>(begin + i * sizeof(Elf64_Rela), "a relocation");
        if (ELF64_R_SYM(relocation.r_info) != 0)
            bindings.push_back(read_binding(tables, relocation));
    }
}

} // namespace

ElfFile::ElfFile(std::span<const std::byte> content) {
    const ElfBytes bytes(content);
    const Elf64_Ehdr header = read_header(bytes);
    const auto headers = read_program_headers(bytes, header);
    segments_ = read_segments(bytes, headers);

    const Elf64_Phdr* const place = find(headers, PT_DYNAMIC);
    if (!place)
        throw BadElf("has no dynamic section: link it with cc -shared, not statically");
    const Dynamic dynamic = read_dynamic(bytes, segments_, *place);
    if ((dynamic.flags_1 & DF_1_PIE) != 0 || (find(headers, PT_INTERP) && !dynamic.has_soname))
        throw BadElf("is a program, not a shared object: compile the driver with cc -shared -fPIC");
    const std::uint64_t names = offset_of(segments_, *dynamic.names, dynamic.names_bytes, "the dynamic names");
    const Tables tables{bytes, segments_, *dynamic.symbols,
                        ElfNames(bytes.part(names, dynamic.names_bytes, "the dynamic names"))};
    for (const std::uint64_t name : dynamic.needed)
        needed_.push_back(tables.names.at(name));
    read_bindings(bindings_, tables, dynamic.relocations, dynamic.relocations_bytes);
    read_bindings(bindings_, tables, dynamic.plt_relocations, dynamic.plt_relocations_bytes);

    if (const Elf64_Phdr* relro = find(headers, PT_GNU_RELRO)) {
        relro_begin_ = relro->p_vaddr / page_bytes * page_bytes;
        relro_end_ = (relro->p_vaddr + relro->p_memsz) / page_bytes * page_bytes;
    }
    const auto sections = read_sections(bytes, header);
    exports_ = read_exports(bytes, sections);
    symbols_ = read_symbols(bytes, sections, SHT_SYMTAB);
    if (symbols_.empty())
        symbols_ = read_symbols(bytes, sections, SHT_DYNSYM);
}

} // namespace ndispool::load
