#include "ndispool/pool/static_part.h"

#include "ndispool/pool/pages.h"

#include <algorithm>
#include <limits>

namespace ndispool::pool {

static_assert(max_capacity <= std::numeric_limits<std::uint16_t>::max(), "indexes that came back are kept in 16 bits");

StaticPart::StaticPart(const Shape& shape, Pages& pages) noexcept
    : pages_(pages), count_(shape.descriptors), stride_(round_up(shape.size, shape.alignment)),
      extent_(count_ * stride_) {
    if (count_ == 0) {
        ok_ = true;
        return;
    }
    const std::size_t marks_at = round_up(extent_, alignof(std::uint64_t));
    const std::size_t back_at = marks_at + Marks::words_for(count_) * sizeof(std::uint64_t);
    bytes_ = round_up(back_at + count_ * sizeof(std::uint16_t), page_bytes);
    start_ = static_cast<std::byte*>(pages_.map(bytes_));
    if (!start_)
        return;
    ok_ = true;
    out_ = Marks(reinterpret_cast<std::uint64_t*>(start_ + marks_at));
    back_ = reinterpret_cast<std::uint16_t*>(start_ + back_at);
}

StaticPart::~StaticPart() {
    if (start_)
        pages_.unmap(start_, bytes_);
}

std::size_t StaticPart::take(std::span<void*> out) {
    const std::size_t left = back_count_ + (count_ - fresh_);
    const auto taken = out.first(std::min(out.size(), left));
    for (void*& descriptor : taken) {
        const std::uint32_t index = back_count_ != 0 ? back_[--back_count_] : fresh_++;
        out_.set(index);
        descriptor = at(index);
    }
    return taken.size();
}

bool StaticPart::give(const void* descriptor) {
    const auto index = index_of(descriptor);
    if (!index || !out_.test(*index))
        return false;
    out_.clear(*index);
    back_[back_count_++] = static_cast<std::uint16_t>(*index);
    return true;
}

std::optional<std::uint32_t> StaticPart::index_of(const void* pointer) const {
    // An address below the start wraps around and is beyond the end.
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(start_);
    if (offset >= extent_ || offset % stride_ != 0)
        return std::nullopt;
    return static_cast<std::uint32_t>(offset / stride_);
}

} // namespace ndispool::pool
