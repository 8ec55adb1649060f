// One mapping of overflow descriptors: this record, a mark for each descriptor that is out, the descriptors.
//   Callers:   one at a time (the pool's lock, or the thread that mapped the chunk and has not shown it to anybody).
//   Not here:  when a chunk is needed or done with (OverflowPart), and locks.
#pragma once

#include "ndispool/pool.h"
#include "ndispool/pool/marks.h"

#include <optional>
#include <utility>

namespace ndispool::pool {

// The same for all chunks of a pool.
struct ChunkLayout {
    std::size_t stride;
    std::size_t first; // bytes before the first descriptor
    std::uint32_t slots;
    std::size_t bytes;

    // `shape` is a valid one (pool.cpp).
    static ChunkLayout of(const Shape& shape);
};

class Chunk {
  public:
    // Null: the memory was refused.
    [[nodiscard]] static Chunk* map(const ChunkLayout& layout, Pages& pages);

    [[nodiscard]] std::uint32_t used() const { return used_; }

    // There must be one left.
    [[nodiscard]] void* take(const ChunkLayout& layout);
    // False: not the start of a descriptor that is out of this chunk.
    bool give(const void* descriptor, const ChunkLayout& layout);

    [[nodiscard]] bool is_out(const void* pointer, const ChunkLayout& layout) const {
        return slot_of(pointer, layout).has_value();
    }

    template <class Visit> void for_each_out(const ChunkLayout& layout, Visit visit) {
        out_.for_each(layout.slots, [&](std::size_t slot) { visit(at(slot, layout)); });
    }

    // Links of whichever list the chunk is in.
    Chunk* previous = nullptr;
    Chunk* next = nullptr;

  private:
    Chunk() : out_(reinterpret_cast<std::uint64_t*>(this + 1)) {}

    [[nodiscard]] void* at(std::size_t slot, const ChunkLayout& layout) {
        return reinterpret_cast<std::byte*>(this) + layout.first + slot * layout.stride;
    }
    [[nodiscard]] std::optional<std::size_t> slot_of(const void* pointer, const ChunkLayout& layout) const;

    Marks out_;
    std::uint32_t used_ = 0;
};

// Chunks on their way back to the system. One is made before the pool is locked and dies after it is unlocked; by then
// the pool may be gone, so it refers to nothing of the pool's.
class LeavingChunks {
  public:
    LeavingChunks(const ChunkLayout& layout, Pages& pages) : pages_(pages), bytes_(layout.bytes) {}
    ~LeavingChunks();
    LeavingChunks(const LeavingChunks&) = delete;
    LeavingChunks& operator=(const LeavingChunks&) = delete;

    void push(Chunk* chunk) {
        chunk->next = first_;
        first_ = chunk;
    }
    // This one stays. There must be one.
    [[nodiscard]] Chunk* pop() { return std::exchange(first_, first_->next); }

  private:
    Pages& pages_;
    const std::size_t bytes_;
    Chunk* first_ = nullptr;
};

} // namespace ndispool::pool
