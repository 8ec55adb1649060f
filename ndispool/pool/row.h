// The memory of a pool's static descriptors.
//   Holds:     touched only where a descriptor is used.
#pragma once

#include "ndispool/pool.h"

namespace ndispool::pool {

// Of the row, a multiple of a page; 0 without descriptors. `shape` is a valid one (pool.cpp).
[[nodiscard]] std::size_t row_bytes_of(const Shape& shape) noexcept;

// Of every descriptor, static or overflow: no two share a cache line.
[[nodiscard]] std::size_t alignment_of(const Shape& shape) noexcept;
[[nodiscard]] std::size_t stride_of(const Shape& shape) noexcept;

} // namespace ndispool::pool
