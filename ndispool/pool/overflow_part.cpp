#include "ndispool/pool/overflow_part.h"

#include <algorithm>
#include <functional>
#include <new>

namespace ndispool::pool {

OverflowPart::OverflowPart(const Shape& shape, Pages& pages) noexcept
    : pages_(pages), layout_(ChunkLayout::of(shape)), capacity_(shape.overflow),
      table_size_(capacity_ == 0 ? 0 : (capacity_ + layout_.slots - 1) / layout_.slots),
      table_(new (std::nothrow) Chunk* [table_size_] {}) {}

OverflowPart::~OverflowPart() {
    LeavingChunks leaving(layout_, pages_);
    for (Chunk* chunk : chunks())
        leaving.push(chunk);
}

std::size_t OverflowPart::take(std::span<void*> out) {
    const auto taken = out.first(std::min<std::size_t>(out.size(), capacity_ - in_use_));
    std::size_t count = 0;
    while (count < taken.size() && roomy_) {
        Chunk* chunk = roomy_;
        taken[count++] = chunk->take(layout_);
        if (chunk->used() == layout_.slots)
            unlink(chunk);
    }
    in_use_ += static_cast<std::uint32_t>(count);
    return count;
}

void OverflowPart::add(Chunk* chunk) {
    Chunk** entry = std::upper_bound(table_.get(), table_.get() + chunks_, chunk, std::less<>());
    std::move_backward(entry, table_.get() + chunks_, table_.get() + chunks_ + 1);
    *entry = chunk;
    ++chunks_;
    link(chunk);
}

bool OverflowPart::give(const void* descriptor, LeavingChunks& leaving) {
    Chunk** entry = find(descriptor);
    if (!entry)
        return false;
    Chunk* chunk = *entry;
    const bool was_full = chunk->used() == layout_.slots;
    if (!chunk->give(descriptor, layout_))
        return false;
    --in_use_;
    if (was_full)
        link(chunk);
    if (chunk->used() == 0) {
        unlink(chunk);
        remove(entry);
        leaving.push(chunk);
    }
    return true;
}

bool OverflowPart::is_out(const void* pointer) const {
    Chunk** entry = find(pointer);
    return entry && (*entry)->is_out(pointer, layout_);
}

Chunk** OverflowPart::find(const void* pointer) const {
    Chunk** above = std::upper_bound(table_.get(), table_.get() + chunks_, pointer, std::less<const void*>());
    return above == table_.get() ? nullptr : above - 1;
}

void OverflowPart::link(Chunk* chunk) {
    chunk->previous = nullptr;
    chunk->next = roomy_;
    if (roomy_)
        roomy_->previous = chunk;
    roomy_ = chunk;
}

void OverflowPart::unlink(Chunk* chunk) {
    (chunk->previous ? chunk->previous->next : roomy_) = chunk->next;
    if (chunk->next)
        chunk->next->previous = chunk->previous;
}

void OverflowPart::remove(Chunk** entry) {
    std::move(entry + 1, table_.get() + chunks_, entry);
    --chunks_;
}

} // namespace ndispool::pool
