// The free descriptors that no thread keeps for itself: those that came back, last in first out, then those that were never
// taken. Only 64 of those that came back are listed in the depot itself; the others are listed in the descriptors: the last
// 64 bytes of one name 31 others and the next such list, so that 32 descriptors cross from core to core in one cache line.
//   Callers:   one at a time (the pool's lock).
//   Holds:     memory of a descriptor is touched only if it was taken before.
#pragma once

#include "ndispool/detail/slot.h"

#include <cstdint>
#include <cstring>

namespace ndispool::pool {

class Depot {
  public:
    explicit Depot(const detail::Row& row) : row_(row) {}

    [[nodiscard]] std::uint32_t free() const { return free_; }

    // A descriptor of the row that is in nobody's hands.
    void push(void* descriptor) {
        if (listed_ == size)
            fold();
        list_[listed_++] = static_cast<std::uint16_t>(row_.index_of(descriptor));
        ++free_;
    }

    // There must be one.
    void* pop() {
        --free_;
        if (listed_ == 0 && !unfold())
            return row_.at(fresh_++);
        return row_.at(list_[--listed_]);
    }

    // Calls visit(index) for each that is free.
    template <class Visit> void for_each(Visit visit) const {
        for (std::uint32_t i = 0; i < listed_; ++i)
            visit(list_[i]);
        for (std::uint16_t at = folded_; at != none;) {
            const Fold fold = read(at);
            visit(at);
            for (const std::uint16_t index : fold.others)
                visit(index);
            at = fold.next;
        }
        for (std::uint32_t index = fresh_; index < row_.count; ++index)
            visit(index);
    }

  private:
    static constexpr std::uint32_t size = 64;
    static constexpr std::uint32_t fold_size = 32;
    static constexpr std::uint16_t none = 0xFFFF; // no index: a pool has at most that many descriptors

    struct Fold {
        std::uint16_t others[fold_size - 1];
        std::uint16_t next;
    };
    static_assert(sizeof(Fold) == 64, "a cache line; no stride is shorter");

    [[nodiscard]] void* place(std::uint16_t index) const {
        return static_cast<std::byte*>(row_.at(index)) + row_.stride - sizeof(Fold);
    }
    [[nodiscard]] Fold read(std::uint16_t index) const {
        Fold fold;
        std::memcpy(&fold, place(index), sizeof fold);
        return fold;
    }

    // The 32 that were listed first go into the last of them.
    void fold() {
        Fold fold;
        std::memcpy(fold.others, list_, sizeof fold.others);
        fold.next = folded_;
        folded_ = list_[fold_size - 1];
        std::memcpy(place(folded_), &fold, sizeof fold);
        listed_ -= fold_size;
        std::memmove(list_, list_ + fold_size, listed_ * sizeof *list_);
    }

    // The list is empty. False: nothing is folded.
    bool unfold() {
        if (folded_ == none)
            return false;
        const Fold fold = read(folded_);
        std::memcpy(list_, fold.others, sizeof fold.others);
        list_[fold_size - 1] = folded_;
        listed_ = fold_size;
        folded_ = fold.next;
        return true;
    }

    const detail::Row row_;
    std::uint32_t free_ = row_.count;
    std::uint32_t fresh_ = 0; // this index and all above were never taken
    std::uint32_t listed_ = 0;
    std::uint16_t folded_ = none;
    alignas(64) std::uint16_t list_[size];
};

} // namespace ndispool::pool
