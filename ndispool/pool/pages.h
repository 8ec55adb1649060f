// Sizes of mappings.
#pragma once

#include <cstddef>

namespace ndispool::pool {

inline constexpr std::size_t page_bytes = 4096;

constexpr std::size_t round_up(std::size_t value, std::size_t power_of_two) {
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

} // namespace ndispool::pool
