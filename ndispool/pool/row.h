// The memory of a pool's static descriptors.
//   Holds:     touched only where a descriptor is used.
#pragma once

#include "ndispool/detail/slot.h"
#include "ndispool/pool.h"

namespace ndispool::pool {

// What a pool of that shape has in a row, without memory. `shape` is a valid one (pool.cpp).
[[nodiscard]] detail::Row row_of(const Shape& shape) noexcept;

// Multiple of a page; 0 for a row without descriptors.
[[nodiscard]] std::size_t bytes_of(const detail::Row& row) noexcept;

// Of every descriptor, static or overflow: no two share a cache line.
[[nodiscard]] std::size_t alignment_of(const Shape& shape) noexcept;
[[nodiscard]] std::size_t stride_of(const Shape& shape) noexcept;

} // namespace ndispool::pool
