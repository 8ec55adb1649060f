// Freed memory on its way out: filled with a pattern that no pointer is made of, and looked at again before it really goes.
//   Callers:   any thread; the owner of the memory.
//   Not here:  how long it stays (each ledger has a first-in first-out queue of its own).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace ndispool::verify {

inline constexpr unsigned char poison_byte =
    0xD5; // as an address 0xD5D5...: not canonical, so following it ends in a crash
inline constexpr unsigned char canary_byte = 0xCA;

inline void poison(void* memory, std::size_t bytes) noexcept {
    std::memset(memory, poison_byte, bytes);
}

// Offset of the first byte that is not `value`.
inline std::optional<std::size_t> first_change(const void* memory, std::size_t bytes, unsigned char value) noexcept {
    const auto* at = static_cast<const unsigned char*>(memory);
    // Equal to itself one byte on: one fast comparison for the usual case.
    if (bytes == 0 || (at[0] == value && std::memcmp(at, at + 1, bytes - 1) == 0))
        return std::nullopt;
    std::size_t offset = 0;
    while (at[offset] == value)
        ++offset;
    return offset;
}

} // namespace ndispool::verify
