// Live blocks by address: open addressing with linear probing, at most half full, so a look-up reads few neighbours.
//   Callers:   one thread at a time; nt/memory.cpp puts a lock around each of its tables.
//   Holds:     no address twice; every block is reachable from its home slot without crossing an empty one.
#pragma once

#include "ndispool/nt/memory.h"

namespace ndispool::nt {

class BlockTable {
  public:
    void insert(const Block& block); // std::bad_alloc when it cannot grow; then nothing changed
    bool erase(const void* address); // false: not here
    void append_to(std::vector<Block>& out) const;

  private:
    std::size_t home(const void* address) const;
    std::size_t next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
    void grow();
    void place(const Block& block);
    void close_gap(std::size_t hole);

    std::vector<Block> slots_; // a power of two; null address = empty
    std::size_t count_ = 0;
};

} // namespace ndispool::nt
