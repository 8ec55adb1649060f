// A magazine of free descriptors is folded into one of them: the last 64 bytes of the newest name the others and the next
// magazine of a chain, so that 32 descriptors cross from core to core in one cache line, and a chain as one index.
//   Callers:   who has the chain; one at a time.
//   Holds:     memory of a descriptor is touched only if it was taken before.
#pragma once

#include "ndispool/detail/slot.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ndispool::pool {

template <class P> class Folder {
  public:
    static constexpr std::uint32_t magazine = P::magazine;

    explicit Folder(const detail::Row& row) : row_(row) {}

    // The first `magazine` of descriptors, oldest first.
    template <class Descriptor> void fold(detail::Chain& chain, const Descriptor* descriptors) const {
        Fold fold;
        for (std::uint32_t i = 0; i < magazine - 1; ++i)
            fold.others[i] = static_cast<std::uint16_t>(row_.index_of(static_cast<void*>(descriptors[i])));
        write(chain, fold, static_cast<std::uint16_t>(row_.index_of(static_cast<void*>(descriptors[magazine - 1]))));
    }
    void fold_indexes(detail::Chain& chain, const std::uint16_t* indexes) const {
        Fold fold;
        std::memcpy(fold.others, indexes, sizeof fold.others);
        write(chain, fold, indexes[magazine - 1]);
    }

    // The other way round. There must be a magazine.
    template <class Descriptor> void unfold(detail::Chain& chain, Descriptor* descriptors) const {
        std::uint16_t indexes[magazine];
        unfold_indexes(chain, indexes);
        for (std::uint32_t i = 0; i < magazine; ++i)
            descriptors[i] = row_.at(indexes[i]);
    }
    void unfold_indexes(detail::Chain& chain, std::uint16_t* indexes) const {
        const Fold fold = read(chain.first);
        std::memcpy(indexes, fold.others, sizeof fold.others);
        indexes[magazine - 1] = chain.first;
        chain.first = fold.next;
        if (--chain.magazines != 0)
            __builtin_prefetch(place(chain.first));
    }

    // Calls visit(index) for each in the chain.
    template <class Visit> void for_each(detail::Chain chain, Visit visit) const {
        for (std::uint16_t at = chain.first; chain.magazines != 0; --chain.magazines) {
            const Fold fold = read(at);
            visit(at);
            for (const std::uint16_t index : fold.others)
                visit(index);
            at = fold.next;
        }
    }

  private:
    struct Fold {
        std::uint16_t others[magazine - 1];
        std::uint16_t next;
    };
    static_assert(sizeof(Fold) <= 64, "no stride is shorter");

    [[nodiscard]] void* place(std::uint16_t index) const {
        return static_cast<std::byte*>(row_.at(index)) + row_.stride() - sizeof(Fold);
    }
    [[nodiscard]] Fold read(std::uint16_t index) const {
        Fold fold;
        std::memcpy(&fold, place(index), sizeof fold);
        return fold;
    }
    void write(detail::Chain& chain, Fold& fold, std::uint16_t index) const {
        fold.next = chain.first;
        std::memcpy(place(index), &fold, sizeof fold);
        chain.first = index;
        ++chain.magazines;
    }

    const detail::Row row_;
};

} // namespace ndispool::pool
