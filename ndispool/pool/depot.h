// The free descriptors that no thread keeps for itself: those that came back, last in first out, then those that were never
// taken. Only 64 of those that came back are listed in the depot itself, the others are in chains of folded magazines.
//   Callers:   one at a time (the pool's lock).
//   Holds:     memory of a descriptor is touched only if it was taken before. A batch is a chain of batch_magazines.
#pragma once

#include "ndispool/pool/fold.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace ndispool::pool {

template <class P> class Depot {
  public:
    // 0: magazines of this pool do not come in batches.
    Depot(const detail::Row& row, std::uint32_t batch_magazines)
        : free_(row.count()), row_(row), folder_(row), batch_magazines_(batch_magazines) {}

    [[nodiscard]] std::uint32_t free() const { return free_; }

    // A descriptor of the row that is in nobody's hands.
    void push(void* descriptor) {
        if (listed_ == list_.size())
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

    // The whole chain, which is empty afterwards.
    void push(detail::Chain& chain) {
        if (batch_magazines_ != 0 && chain.magazines == batch_magazines_ && batches_ < batch_.size()) {
            free_ += chain.magazines * P::magazine;
            batch_[batches_++] = std::exchange(chain, {}).first;
        }
        while (chain.magazines != 0) {
            std::array<std::uint16_t, P::magazine> indexes;
            folder_.unfold_indexes(chain, indexes.data());
            for (const std::uint16_t index : indexes)
                push(row_.at(index));
        }
    }

    // What of the folded ones is at hand; a chain without magazines if nothing is.
    [[nodiscard]] detail::Chain pop_chain() {
        detail::Chain chain;
        if (loose_.magazines != 0 && loose_.magazines <= batch_magazines_)
            chain = std::exchange(loose_, {});
        else if (batches_ != 0)
            chain = {batch_[--batches_], static_cast<std::uint16_t>(batch_magazines_)};
        free_ -= chain.magazines * P::magazine;
        return chain;
    }

    // Calls visit(index) for each that is free.
    template <class Visit> void for_each(Visit visit) const {
        for (std::uint32_t i = 0; i < listed_; ++i)
            visit(list_[i]);
        folder_.for_each(loose_, visit);
        for (std::uint32_t i = 0; i < batches_; ++i)
            folder_.for_each({batch_[i], static_cast<std::uint16_t>(batch_magazines_)}, visit);
        for (std::uint32_t index = fresh_; index < row_.count(); ++index)
            visit(index);
    }

  private:
    // The magazine that was listed first.
    void fold() {
        folder_.fold_indexes(loose_, list_.data());
        listed_ -= P::magazine;
        std::memmove(list_.data(), list_.data() + P::magazine, listed_ * sizeof list_[0]);
    }

    // The list is empty. False: nothing is folded.
    bool unfold() {
        if (loose_.magazines == 0 && batches_ != 0)
            loose_ = {batch_[--batches_], static_cast<std::uint16_t>(batch_magazines_)};
        if (loose_.magazines == 0)
            return false;
        folder_.unfold_indexes(loose_, list_.data());
        listed_ = P::magazine;
        return true;
    }

    // These and the beginning of the list are in the line of the lock, which whoever comes here has fetched.
    std::uint32_t free_;
    std::uint32_t fresh_ = 0; // this index and all above were never taken
    std::uint16_t listed_ = 0;
    std::uint16_t batches_ = 0;
    detail::Chain loose_;
    std::array<std::uint16_t, 2 * P::magazine> list_;
    std::array<std::uint16_t, 256> batch_; // the first of each; of the usual magazines that suffices for every pool

    const detail::Row row_;
    const Folder<P> folder_;
    const std::uint32_t batch_magazines_;
};

} // namespace ndispool::pool
