#include "ndispool/pool/row.h"

#include "ndispool/pool/pages.h"

#include <algorithm>

namespace ndispool::pool {

std::size_t alignment_of(const Shape& shape) noexcept {
    return std::max<std::size_t>(shape.alignment, 64);
}

std::size_t stride_of(const Shape& shape) noexcept {
    return round_up(shape.size, alignment_of(shape));
}

std::size_t row_bytes_of(const Shape& shape) noexcept {
    return round_up(shape.descriptors * stride_of(shape), page_bytes);
}

} // namespace ndispool::pool
