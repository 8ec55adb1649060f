#include "ndispool/pool/row.h"

#include "ndispool/pool/pages.h"

#include <algorithm>
#include <bit>

namespace ndispool::pool {

std::size_t alignment_of(const Shape& shape) noexcept {
    return std::max<std::size_t>(shape.alignment, 64);
}

std::size_t stride_of(const Shape& shape) noexcept {
    return round_up(shape.size, alignment_of(shape));
}

detail::Row row_of(const Shape& shape) noexcept {
    const std::uint64_t stride = stride_of(shape);
    const auto shift = static_cast<unsigned>(std::countr_zero(stride));
    const std::uint64_t odd = stride >> shift;
    std::uint64_t inverse = odd; // right in 3 bits; each round of Newton's doubles that
    for (int bits = 3; bits < 64; bits *= 2)
        inverse *= 2 - odd * inverse;
    return {.stride = stride, .count = shape.descriptors, .inverse = inverse, .shift = shift};
}

std::size_t bytes_of(const detail::Row& row) noexcept {
    return round_up(row.count * row.stride, page_bytes);
}

} // namespace ndispool::pool
