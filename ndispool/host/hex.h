// Statuses and codes as the messages of this room show them.
//   Callers:   any thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace ndispool::host {

// "0xC0000001"
inline std::string hex(std::uint32_t number) {
    std::array<char, 16> text;
    std::snprintf(text.data(), text.size(), "0x%08X", number);
    return text.data();
}

} // namespace ndispool::host
