#include "ndispool/tool/driver_names.h"

#include "ndispool/load/elf_file.h"
#include "ndispool/load/mapped_file.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace ndispool::tool {

DriverNames::DriverNames(const std::filesystem::path& file) : module_(file.stem().string()) {
    constexpr std::uint64_t page_bytes = 4096;
    try {
        const load::MappedFile mapped(file);
        const load::ElfFile elf(mapped.bytes());
        const std::uint64_t first = elf.segments().front().address / page_bytes * page_bytes;
        std::vector<load::Symbol> symbols = elf.symbols();
        for (load::Symbol& symbol : symbols)
            symbol.value -= first;
        symbols_ = load::Symbols(std::move(symbols));
        bytes_ = elf.segments().back().address + elf.segments().back().bytes - first;
    } catch (const std::exception&) { // another kind of file: its places have no names here
    }
}

host::Frame DriverNames::name(std::uint64_t address, std::uint64_t code_begin, At at) const {
    // A call that never returns may be a function's last instruction: what is behind it is another's.
    const std::uint64_t back = at == At::return_address ? 1 : 0;
    host::Frame frame;
    frame.address = address;
    if (code_begin != 0 && address >= code_begin && address - code_begin < bytes_) {
        frame.module = module_;
        frame.offset = address - code_begin;
        if (const load::Symbol* const symbol = symbols_.at(frame.offset - back)) {
            frame.function = symbol->name;
            frame.offset -= symbol->value;
        }
        return frame;
    }
    Dl_info info{};
    if (::dladdr(reinterpret_cast<const void*>(address - back), &info) == 0) // NOLINT(performance-no-int-to-ptr)
        return frame;
    frame.module = std::filesystem::path(info.dli_fname).filename().string();
    frame.offset = address - reinterpret_cast<std::uint64_t>(info.dli_fbase);
    if (info.dli_sname) {
        frame.function = info.dli_sname;
        frame.offset = address - reinterpret_cast<std::uint64_t>(info.dli_saddr);
    }
    return frame;
}

std::string place_of(const host::Frame& frame) {
    return frame.function.empty() ? fmt::format("{}!{:#x}", frame.module, frame.offset)
                                  : fmt::format("{}!{}+{:#x}", frame.module, frame.function, frame.offset);
}

} // namespace ndispool::tool
