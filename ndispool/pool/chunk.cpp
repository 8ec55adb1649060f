#include "ndispool/pool/chunk.h"

#include "ndispool/pool/pages.h"
#include "ndispool/pool/row.h"

#include <algorithm>
#include <new>

namespace ndispool::pool {
namespace {

constexpr std::size_t usual_bytes = 64 * 1024;
// Of large descriptors a chunk has this many all the same, so that no pool has more than 410 chunks to search.
constexpr std::size_t least_slots = 160;

static_assert(sizeof(Chunk) % alignof(std::uint64_t) == 0, "the marks follow the record");

} // namespace

ChunkLayout ChunkLayout::of(const Shape& shape) {
    const std::size_t stride = stride_of(shape);
    const auto before = [&](std::size_t slots) {
        return round_up(sizeof(Chunk) + Marks::words_for(slots) * sizeof(std::uint64_t), alignment_of(shape));
    };
    const std::size_t fit = (usual_bytes - before(usual_bytes / stride)) / stride;
    const std::size_t slots = std::min<std::size_t>(std::max(fit, least_slots), shape.overflow);
    return {.stride = stride,
            .first = before(slots),
            .slots = static_cast<std::uint32_t>(slots),
            .bytes = round_up(before(slots) + slots * stride, page_bytes)};
}

Chunk* Chunk::map(const ChunkLayout& layout, Pages& pages) {
    void* start = pages.map(layout.bytes);
    return start ? new (start) Chunk : nullptr;
}

void* Chunk::take(const ChunkLayout& layout) {
    const std::size_t slot = out_.first_clear();
    out_.set(slot);
    ++used_;
    return at(slot, layout);
}

bool Chunk::give(const void* descriptor, const ChunkLayout& layout) {
    const auto slot = slot_of(descriptor, layout);
    if (!slot)
        return false;
    out_.clear(*slot);
    --used_;
    return true;
}

std::optional<std::size_t> Chunk::slot_of(const void* pointer, const ChunkLayout& layout) const {
    // An address before the first descriptor wraps around and is beyond the last.
    const std::uintptr_t offset =
        reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(this) - layout.first;
    if (offset >= layout.slots * layout.stride || offset % layout.stride != 0)
        return std::nullopt;
    const std::size_t slot = offset / layout.stride;
    return out_.test(slot) ? std::optional(slot) : std::nullopt;
}

LeavingChunks::~LeavingChunks() {
    while (first_) {
        Chunk* chunk = first_;
        first_ = chunk->next;
        pages_.unmap(chunk, bytes_);
    }
}

} // namespace ndispool::pool
