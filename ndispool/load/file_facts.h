// What a file is and what it asks for, without mapping it: for people who want to know before they run it.
//   Callers:   any thread. Throws load::Error for a file that cannot be read or is damaged; any whole file has an answer.
//   Not here:  who provides the imports (host), whether the dynamic linker takes it (image.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ndispool::load {

struct FileFacts {
    std::string kind;    // "ELF shared object, x86-64", "Windows driver (PE32+), x86-64"
    std::string format;  // "elf", "pe", "other"
    std::string machine; // "x86-64", "i386", "ARM64"...; empty when it is no program
    unsigned bits = 0;
    struct Import {
        std::string name;
        std::string library; // PE only
        bool weak = false;   // may be missing
    };
    std::vector<Import> imports;        // sorted by name
    std::vector<std::string> exports;   // sorted
    std::vector<std::string> libraries; // that it asks for
};

FileFacts facts_of(const std::filesystem::path& file);

} // namespace ndispool::load
