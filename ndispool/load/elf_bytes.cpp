#include "ndispool/load/elf_bytes.h"

#include <algorithm>

namespace ndispool::load {

namespace {

constexpr std::size_t longest_name = 4096;

} // namespace

std::span<const std::byte> ElfBytes::part(std::uint64_t offset, std::uint64_t count, std::string_view what) const {
    if (!holds(offset, count))
        throw BadElf("is cut off or damaged: " + std::string(what) + " is not inside its " + std::to_string(size()) +
                     " bytes; copy or build it again");
    return bytes_.subspan(offset, count);
}

std::string ElfNames::at(std::uint64_t offset) const {
    const auto rest = offset < table_.size() ? table_.subspan(offset) : std::span<const std::byte>{};
    const auto readable = rest.first(std::min(rest.size(), longest_name));
    const auto end = std::find(readable.begin(), readable.end(), std::byte{0});
    if (end == readable.end())
        throw BadElf("is damaged: a symbol's name does not end; build it again");
    return {reinterpret_cast<const char*>(readable.data()), static_cast<std::size_t>(end - readable.begin())};
}

} // namespace ndispool::load
