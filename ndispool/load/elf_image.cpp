#include "ndispool/load/elf_image.h"

#include <algorithm>
#include <cerrno>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <optional>
#include <sys/mman.h>
#include <system_error>

namespace ndispool::load {

namespace {

constexpr std::uintptr_t page_bytes = 4096;
constexpr const char* entry_name = "DriverEntry";
constexpr const char* no_entry =
    "has no DriverEntry, so it is no driver: define NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING), not static "
    "(extern \"C\" in C++), and compile with cc -shared -fPIC $(pkg-config --cflags ndispool-driver)";

ElfFile parse(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    try {
        return ElfFile(bytes);
    } catch (const BadElf& bad) {
        throw Error(file, bad.what());
    }
}

// A symbol may be there and be null; only dlerror() tells.
bool provides(void* handle, const std::string& name) {
    ::dlerror();
    static_cast<void>(::dlsym(handle, name.c_str()));
    return ::dlerror() == nullptr;
}

bool is_sanitizer_call(const std::string& name) {
    const std::string_view prefixes[] = {"__asan_", "__tsan_", "__msan_", "__hwasan_"};
    return std::any_of(std::begin(prefixes), std::end(prefixes), [&](auto prefix) { return name.starts_with(prefix); });
}

std::string list(const std::vector<std::string>& names) {
    std::string text = names.front();
    if (names.size() > 1)
        text += " (and " + std::to_string(names.size() - 1) + " more: ";
    for (std::size_t i = 1; i < names.size(); ++i)
        text += names[i] + (i + 1 < names.size() ? ", " : ")");
    return text;
}

// How the dynamic linker left the page that holds `address`, which is the file's own.
int protection(const ElfFile& elf, std::uint64_t address) {
    int allowed = PROT_NONE;
    for (const ElfFile::Segment& segment : elf.segments())
        if (address >= segment.address && address - segment.address < segment.bytes)
            allowed = ((segment.flags & PF_R) ? PROT_READ : 0) | ((segment.flags & PF_W) ? PROT_WRITE : 0) |
                      ((segment.flags & PF_X) ? PROT_EXEC : 0);
    return address >= elf.relro_begin() && address < elf.relro_end() ? allowed & ~PROT_WRITE : allowed;
}

bool protect(std::uintptr_t address, int allowed) {
    // A slot of a packed structure may lie across two pages.
    const std::uintptr_t begin = address / page_bytes * page_bytes;
    const std::uintptr_t end = (address + sizeof(void*) - 1) / page_bytes * page_bytes + page_bytes;
    return ::mprotect(reinterpret_cast<void*>(begin), end - begin, allowed) == 0;
}

// A slot anywhere in memory, also an unaligned one. Not checked by the address sanitizer, whose own tables in a driver
// hold slots too and are poisoned.
struct __attribute__((packed)) Slot {
    std::uintptr_t target;
};
__attribute__((no_sanitize_address)) std::uintptr_t target_of(const Slot* slot) {
    return slot->target;
}
__attribute__((no_sanitize_address)) void set_target(Slot* slot, std::uintptr_t target) {
    slot->target = target;
}

// False: errno says why.
bool write_slot(const ElfFile& elf, std::uintptr_t bias, std::uint64_t address, std::uintptr_t target) {
    Slot* const slot = reinterpret_cast<Slot*>(bias + address);
    if (target_of(slot) == target)
        return true;
    const int allowed = protection(elf, address);
    const bool writable = (allowed & PROT_WRITE) != 0;
    if (!writable && !protect(bias + address, PROT_READ | PROT_WRITE))
        return false;
    set_target(slot, target);
    return writable || protect(bias + address, allowed);
}

bool rewritable(std::uint32_t type) {
    return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64;
}

// What the image defines for itself and nobody may take from it. Weak and unique names are made to be shared, and an
// indirect function's address is not its value.
bool owns(const ElfFile::Binding& binding) {
    return !binding.imported && !binding.weak && !binding.unique && binding.kind != STT_GNU_IFUNC &&
           binding.kind != STT_TLS;
}

std::uintptr_t bias_of(void* library) {
    link_map* map = nullptr;
    ::dlinfo(library, RTLD_DI_LINKMAP, &map);
    return map->l_addr;
}

Range span_of(const ElfFile& elf, std::uintptr_t bias) {
    const ElfFile::Segment& last = elf.segments().back();
    return {bias + elf.segments().front().address / page_bytes * page_bytes, bias + last.address + last.bytes};
}

// Symbols' values count from the image's begin, also in the rare file whose first address is not 0.
Symbols relative(std::vector<Symbol> symbols, std::uint64_t first) {
    for (Symbol& symbol : symbols)
        symbol.value -= first;
    return Symbols(std::move(symbols));
}

} // namespace

void LibraryCloser::operator()(void* handle) const {
    ::dlclose(handle);
}

ElfImage::ElfImage(const std::filesystem::path& file, std::span<const std::byte> bytes, const Resolver& resolver)
    : Image(file, Format::elf) {
    const ElfFile elf = parse(file, bytes);
    // Asked before anything of the file runs; one without sections is asked by dlsym below.
    if (!elf.exports().empty() && !elf.exports().contains(entry_name))
        throw Error(file, no_entry);
    resolve(elf, resolver);
    map();
    const std::uintptr_t bias = bias_of(library_.get());
    code_ = span_of(elf, bias);
    symbols_ = relative(elf.symbols(), code_.begin - bias);
    entry_ = ::dlsym(library_.get(), entry_name);
    if (!code_.contains(reinterpret_cast<std::uintptr_t>(entry_)))
        throw Error(file, no_entry);
    bind(elf, bias);
}

void ElfImage::resolve(const ElfFile& elf, const Resolver& resolver) {
    std::map<std::string, bool> imports; // name, and whether it must be there
    for (const ElfFile::Binding& binding : elf.bindings())
        if (binding.imported)
            imports[binding.name] |= !binding.weak;

    std::vector<std::string> missing;
    for (const auto& [name, required] : imports) {
        imports_.push_back(name);
        if (void* const address = resolver(name))
            ours_[name] = address;
        else if (!provides(RTLD_DEFAULT, name) && required)
            missing.push_back(name);
    }
    // A sanitizer's runtime that comes with a driver ends the process: it must be the first library of a program.
    if (std::any_of(missing.begin(), missing.end(), is_sanitizer_call))
        throw Error(path_, "was compiled with a sanitizer (" + missing.front() +
                               ") and this ndispool was not: build "
                               "ndispool with the same one, or the driver without");
    const bool saw_all = missing.empty() || look_in_libraries(elf, missing);
    if (saw_all && !missing.empty())
        throw Error(path_, "unresolved import " + list(missing) +
                               "; ndispool has no such function: define it in the driver, or link the library that "
                               "has it");
    refuse_unbindable(elf);
}

bool ElfImage::look_in_libraries(const ElfFile& elf, std::vector<std::string>& missing) {
    bool saw_all = true;
    for (const std::string& name : elf.needed()) {
        Library library(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
        saw_all &= library != nullptr;
        if (!library)
            continue;
        std::erase_if(missing, [&](const std::string& import) { return provides(library.get(), import); });
        needed_.push_back(std::move(library));
    }
    return saw_all;
}

void ElfImage::refuse_unbindable(const ElfFile& elf) const {
    for (const ElfFile::Binding& binding : elf.bindings())
        if (binding.imported && ours_.contains(binding.name) && !rewritable(binding.type))
            throw Error(path_, "its import " + binding.name + " cannot be bound (relocation type " +
                                   std::to_string(binding.type) + "): compile the driver with -fPIC");
}

void ElfImage::map() {
    const std::string file = std::filesystem::absolute(path_).string();
    if (const Library still{::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD)})
        throw Error(path_, "is still in this process from an earlier load, so its static data would not be fresh: "
                           "unload it first; a driver with thread-local or unique C++ data cannot be loaded twice");
    library_.reset(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (library_)
        return;
    std::string_view wrong = ::dlerror();
    if (wrong.starts_with(file + ": "))
        wrong.remove_prefix(file.size() + 2);
    throw Error(path_, "the dynamic linker refuses it: " + std::string(wrong) + "; build it again");
}

void ElfImage::bind(const ElfFile& elf, std::uintptr_t bias) {
    for (const ElfFile::Binding& binding : elf.bindings()) {
        const auto ours = ours_.find(binding.name);
        if (!rewritable(binding.type) || !(binding.imported ? ours != ours_.end() : owns(binding)))
            continue;
        const auto target = binding.imported ? reinterpret_cast<std::uintptr_t>(ours->second) : bias + binding.value;
        const std::int64_t addend = binding.type == R_X86_64_64 ? binding.addend : 0;
        if (!write_slot(elf, bias, binding.slot, target + static_cast<std::uintptr_t>(addend)))
            throw Error(path_, "cannot be bound: " + std::generic_category().message(errno));
    }
}

} // namespace ndispool::load
