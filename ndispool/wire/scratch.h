// Memory for the frames of one batch: given out piece by piece, all taken back at once.
//   Callers:  one thread.
//   Holds:    what take() gave stays where it is until reset(). A busy scratch allocates nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace ndispool::wire {

class Scratch {
  public:
    std::span<std::byte> take(std::size_t bytes) {
        while (block_ < blocks_.size() && blocks_[block_].size - used_ < bytes) {
            ++block_;
            used_ = 0;
        }
        if (block_ == blocks_.size()) {
            const std::size_t size = std::max(block_bytes, bytes);
            blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
        }
        const std::span<std::byte> piece(blocks_[block_].bytes.get() + used_, bytes);
        used_ += bytes;
        return piece;
    }
    // The end of the piece that take() gave last was not needed.
    void give_back(std::size_t bytes) { used_ -= bytes; }
    void reset() { block_ = used_ = 0; }

  private:
    static constexpr std::size_t block_bytes = 128 * 1024;
    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size;
    };
    std::vector<Block> blocks_;
    std::size_t block_ = 0, used_ = 0; // where the next piece comes from
};

} // namespace ndispool::wire
