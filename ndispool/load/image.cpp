#include "ndispool/load/image.h"

#include "ndispool/load/elf_image.h"
#include "ndispool/load/mapped_file.h"

#include <algorithm>
#include <charconv>

namespace ndispool::load {

namespace {

// File and symbol names are the user's; whatever is in them, a message is one line.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return text;
}

std::string hexadecimal(std::uint64_t value) {
    char digits[16];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value, 16).ptr;
    return "0x" + std::string(digits, end);
}

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::byte b) { return std::byte(a) == b; });
}

} // namespace

Error::Error(const std::filesystem::path& file, std::string_view wrong_and_remedy)
    : std::runtime_error(one_line(file.string() + ": " + std::string(wrong_and_remedy))) {}

Image::Image(const std::filesystem::path& file, Format format)
    : name_(file.stem().string()), path_(file), format_(format) {}

std::unique_ptr<Image> Image::open(const std::filesystem::path& file, const Resolver& resolver) {
    const MappedFile mapped(file);
    if (begins_with(mapped.bytes(), "\177ELF"))
        return std::make_unique<ElfImage>(file, mapped.bytes(), resolver);
    if (begins_with(mapped.bytes(), "MZ"))
        throw Error(file, "is a Windows image (PE); this version of ndispool runs ELF shared objects only: build the "
                          "driver's source with cc -shared -fPIC $(pkg-config --cflags ndispool-driver)");
    if (begins_with(mapped.bytes(), "!<arch>"))
        throw Error(file, "is a static library, not a driver: link it into a shared object with cc -shared");
    throw Error(file, "is not a driver: it is no ELF shared object; give the .so file that cc -shared made");
}

std::string Image::where(const void* address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    if (!code_.contains(at))
        return hexadecimal(at);
    const std::uint64_t value = at - code_.begin;
    if (const Symbol* symbol = symbols_.at(value))
        return name_ + "!" + symbol->name + "+" + hexadecimal(value - symbol->value);
    return name_ + "!" + hexadecimal(value);
}

} // namespace ndispool::load
