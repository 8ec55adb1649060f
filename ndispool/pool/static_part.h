// The descriptors whose memory a pool has from the start. One mapping: the descriptors, then the indexes of those that
// came back, then a mark for each that is out.
//   Callers:   one at a time (the pool's lock), except index_of: any thread.
//   Holds:     every index is in exactly one place: never taken yet (fresh), came back (on the stack), or out (marked).
//              What came back last goes out first: it is warm. Memory is touched only as far as indexes were taken.
#pragma once

#include "ndispool/pool.h"
#include "ndispool/pool/marks.h"

#include <optional>

namespace ndispool::pool {

class StaticPart {
  public:
    // `shape` is a valid one (pool.cpp). Without memory the part is not ok() and must not be used.
    StaticPart(const Shape& shape, Pages& pages) noexcept;
    ~StaticPart();
    StaticPart(const StaticPart&) = delete;
    StaticPart& operator=(const StaticPart&) = delete;

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    // Fills the front of `out` and says how many; short when no more are left.
    std::size_t take(std::span<void*> out);
    // False: not the start of a descriptor that is out of this part.
    bool give(const void* descriptor);

    [[nodiscard]] std::optional<std::uint32_t> index_of(const void* pointer) const;
    [[nodiscard]] bool is_out(std::uint32_t index) const { return out_.test(index); }

    template <class Visit> void for_each_out(Visit visit) const {
        out_.for_each(count_, [&](std::size_t index) { visit(at(index)); });
    }

  private:
    [[nodiscard]] void* at(std::size_t index) const { return start_ + index * stride_; }

    // constant after construction
    Pages& pages_;
    const std::uint32_t count_;
    const std::size_t stride_;
    const std::size_t extent_; // bytes of all descriptors
    std::size_t bytes_ = 0;
    bool ok_ = false;
    std::byte* start_ = nullptr;

    // one caller at a time
    std::uint16_t* back_ = nullptr; // stack of the indexes that came back
    std::uint32_t back_count_ = 0;
    std::uint32_t fresh_ = 0; // this index and all above were never taken
    Marks out_{nullptr};
};

} // namespace ndispool::pool
