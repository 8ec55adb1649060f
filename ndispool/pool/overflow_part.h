// The overflow descriptors of a pool: chunks of memory that are there only while one of their descriptors is out.
//   Callers:   one at a time (the pool's lock), except layout: any thread.
//   Holds:     in_use <= capacity. Every chunk has a descriptor out; so when no chunk has room, another fits the table.
//   Not here:  asking the system: Chunk::map before and LeavingChunks after, both outside the lock.
#pragma once

#include "ndispool/pool/chunk.h"

#include <algorithm>
#include <memory>

namespace ndispool::pool {

class OverflowPart {
  public:
    // `shape` is a valid one (pool.cpp). Without memory the part is not ok() and must not be used.
    OverflowPart(const Shape& shape, Pages& pages) noexcept;
    ~OverflowPart();
    OverflowPart(const OverflowPart&) = delete;
    OverflowPart& operator=(const OverflowPart&) = delete;

    [[nodiscard]] bool ok() const { return table_ != nullptr; }
    [[nodiscard]] std::uint32_t in_use() const { return in_use_; }
    // So many can be taken without another chunk.
    [[nodiscard]] std::size_t room() const {
        return std::min<std::size_t>(capacity_, chunks_ * layout_.slots) - in_use_;
    }
    [[nodiscard]] std::size_t bytes() const { return table_size_ * sizeof(Chunk*) + chunks_ * layout_.bytes; }
    [[nodiscard]] const ChunkLayout& layout() const { return layout_; }

    // Fills the front of `out` from the chunks there are and says how many.
    std::size_t take(std::span<void*> out);
    // The next thing must be a take: in_use is below capacity, and no chunk had room.
    void add(Chunk* chunk);
    // False: not the start of a descriptor that is out of this part. A chunk that became empty is put into `leaving`.
    bool give(const void* descriptor, LeavingChunks& leaving);

    [[nodiscard]] bool is_out(const void* pointer) const;

    template <class Visit> void for_each_out(Visit visit) const {
        for (Chunk* chunk : chunks())
            chunk->for_each_out(layout_, visit);
    }

  private:
    [[nodiscard]] std::span<Chunk*> chunks() const { return {table_.get(), chunks_}; }
    // The entry of the only chunk that can contain `pointer`, or null.
    [[nodiscard]] Chunk** find(const void* pointer) const;
    void link(Chunk* chunk);
    void unlink(Chunk* chunk);
    void remove(Chunk** entry);

    // constant after construction
    Pages& pages_;
    const ChunkLayout layout_;
    const std::uint32_t capacity_;
    const std::size_t table_size_;
    const std::unique_ptr<Chunk*[]> table_; // as large as it can get: a peak must not leave it larger

    // one caller at a time
    std::size_t chunks_ = 0; // so many entries of the table, in the order of their addresses
    Chunk* roomy_ = nullptr; // list of the chunks that are not full
    std::uint32_t in_use_ = 0;
};

} // namespace ndispool::pool
