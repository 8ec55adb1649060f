#include "ndispool/verify/naming.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <filesystem>
#include <memory>

#ifdef NDISPOOL_HAS_BACKTRACE
#include <backtrace.h>
#endif

namespace ndispool::verify {

namespace {

std::string readable(const char* symbol) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> demangled(abi::__cxa_demangle(symbol, nullptr, nullptr, &status),
                                                           std::free);
    return status == 0 && demangled ? demangled.get() : symbol;
}

#ifdef NDISPOOL_HAS_BACKTRACE
void ignore(void*, const char*, int) {}

// A library that is loaded later is not seen by a state made before, so there is one for each driver. The library has no
// way to free one.
backtrace_state* state() {
    static backtrace_state* current = nullptr;
    static std::uintptr_t made_for = 0;
    if (!current || made_for != driver_begin()) {
        current = backtrace_create_state(nullptr, 1, ignore, nullptr);
        made_for = driver_begin();
    }
    return current;
}

int take_line(void* to, std::uintptr_t, const char* file, int line, const char* function) {
    auto& frame = *static_cast<NamedFrame*>(to);
    if (file && frame.file.empty()) {
        frame.file = file;
        frame.line = static_cast<unsigned>(line);
    }
    if (function && frame.function.empty())
        frame.function = readable(function);
    return 0;
}

void take_symbol(void* to, std::uintptr_t address, const char* name, std::uintptr_t value, std::uintptr_t) {
    auto& frame = *static_cast<NamedFrame*>(to);
    if (!name)
        return;
    frame.function = readable(name);
    frame.offset = address + 1 - value;
}

void look_up(NamedFrame& frame, std::uintptr_t address) {
    backtrace_syminfo(state(), address - 1, take_symbol, ignore, &frame);
    const std::string symbol = frame.function;
    backtrace_pcinfo(state(), address - 1, take_line, ignore, &frame);
    if (!symbol.empty())
        frame.function = symbol;
}
#else
void look_up(NamedFrame&, std::uintptr_t) {}
#endif

} // namespace

NamedFrame name_of(const void* return_address) {
    NamedFrame frame;
    const auto address = reinterpret_cast<std::uintptr_t>(return_address);
    frame.address = address;
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(address - 1), &info) != 0) {
        frame.module = std::filesystem::path(info.dli_fname ? info.dli_fname : "").stem().string();
        frame.offset = address - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
        if (info.dli_sname && info.dli_saddr) {
            frame.function = readable(info.dli_sname);
            frame.offset = address - reinterpret_cast<std::uintptr_t>(info.dli_saddr);
        }
    }
    look_up(frame, address);
    return frame;
}

std::vector<NamedFrame> name_stack(StackId stack) {
    std::vector<NamedFrame> frames;
    for (const void* const address : frames_of(stack))
        frames.push_back(name_of(address));
    return frames;
}

} // namespace ndispool::verify
