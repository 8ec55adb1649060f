#include "ndispool/load/file_facts.h"

#include "ndispool/load/elf_file.h"
#include "ndispool/load/image.h"
#include "ndispool/load/mapped_file.h"
#include "ndispool/load/pe_file.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <map>
#include <set>

namespace ndispool::load {

namespace {

std::string_view elf_machine(std::uint16_t machine) {
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_386:
        return "i386";
    case EM_AARCH64:
        return "ARM64";
    case EM_ARM:
        return "ARM";
    case EM_MIPS:
        return "MIPS";
    default:
        return "another processor";
    }
}

// IMAGE_FILE_MACHINE_...
std::string_view pe_machine(std::uint16_t machine) {
    switch (machine) {
    case 0x8664:
        return "x86-64";
    case 0x14c:
        return "i386";
    case 0xaa64:
        return "ARM64";
    case 0x1c0:
    case 0x1c2:
    case 0x1c4:
        return "ARM";
    case 0x166:
    case 0x266:
    case 0x366:
        return "MIPS";
    case 0x200:
        return "Itanium";
    default:
        return "another processor";
    }
}

std::string_view elf_kind(std::uint16_t type) {
    return type == ET_DYN    ? "ELF shared object"
           : type == ET_EXEC ? "ELF program"
           : type == ET_REL  ? "ELF object file"
                             : "ELF file";
}

// IMAGE_SUBSYSTEM_NATIVE and the two of windows programs.
std::string_view pe_kind(const PeFile& pe) {
    if (pe.subsystem() == 1)
        return "Windows driver";
    return pe.is_library() ? "Windows library" : "Windows program";
}

template <class Header> FileFacts elf_facts(std::span<const std::byte> bytes, unsigned bits) {
    Header header{};
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof header));
    FileFacts facts;
    facts.format = "elf";
    facts.bits = bits;
    facts.machine = elf_machine(header.e_machine);
    facts.kind = std::string(elf_kind(header.e_type)) + ", " + facts.machine;
    return facts;
}

void add_elf_names(FileFacts& facts, const ElfFile& elf) {
    std::map<std::string, bool> imports; // name, and whether it may be missing
    for (const ElfFile::Binding& binding : elf.bindings())
        if (binding.imported)
            imports.try_emplace(binding.name, true).first->second &= binding.weak;
    for (const auto& [name, weak] : imports)
        facts.imports.push_back({name, "", weak});
    facts.exports.assign(elf.exports().begin(), elf.exports().end());
    facts.libraries = elf.needed();
}

FileFacts elf(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    const bool wide = bytes.size() > EI_CLASS && bytes[EI_CLASS] == std::byte{ELFCLASS64};
    FileFacts facts = wide ? elf_facts<Elf64_Ehdr>(bytes, 64) : elf_facts<Elf32_Ehdr>(bytes, 32);
    if (!wide || facts.machine != "x86-64" || facts.kind.starts_with("ELF object"))
        return facts; // what it is says enough: it cannot run here
    try {
        add_elf_names(facts, ElfFile(bytes));
    } catch (const BadElf& bad) {
        if (facts.kind.starts_with("ELF shared"))
            throw Error(file, bad.what());
    }
    return facts;
}

FileFacts pe(const std::filesystem::path& file, std::span<const std::byte> bytes) try {
    const PeFile pe(bytes);
    FileFacts facts;
    facts.format = "pe";
    facts.bits = pe.wide() ? 64 : 32;
    facts.machine = pe_machine(pe.machine());
    facts.kind = std::string(pe_kind(pe)) + (pe.wide() ? " (PE32+), " : " (PE32), ") + facts.machine;
    std::set<std::string> libraries;
    for (const PeFile::Import& import : pe.imports()) {
        facts.imports.push_back({import.name, import.library, false});
        libraries.insert(import.library);
    }
    std::sort(facts.imports.begin(), facts.imports.end(), [](auto& a, auto& b) { return a.name < b.name; });
    facts.exports = pe.exports();
    facts.libraries.assign(libraries.begin(), libraries.end());
    return facts;
} catch (const BadPe& bad) {
    throw Error(file, bad.what());
}

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

} // namespace

FileFacts facts_of(const std::filesystem::path& file) {
    const MappedFile mapped(file);
    if (begins_with(mapped.bytes(), ELFMAG))
        return elf(file, mapped.bytes());
    if (begins_with(mapped.bytes(), "MZ"))
        return pe(file, mapped.bytes());
    FileFacts facts;
    facts.format = "other";
    facts.kind = begins_with(mapped.bytes(), "!<arch>") ? "static library" : "neither ELF nor PE";
    return facts;
}

} // namespace ndispool::load
