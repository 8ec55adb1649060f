// The slots of a pool, of every thread that uses it or once did, and their shelves.
//
//   Callers:   any thread; add() one at a time (the pool's lock).
//   Holds:     what is in the list stays there as long as the list.
#pragma once

#include "ndispool/pool/shelf.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace ndispool::pool {

template <class P> class SlotList {
  public:
    using Slot = detail::Slot<P>;

    SlotList() = default;
    ~SlotList() {
        for (Slot* slot = first(); slot != nullptr;) { // the newest first
            Slot* const next = slot->next;
            static_cast<Place*>(slot)->~Place();
            std::free(reinterpret_cast<std::byte*>(slot) - offset_of(--size_));
            slot = next;
        }
    }
    SlotList(const SlotList&) = delete;
    SlotList& operator=(const SlotList&) = delete;

    // Calls prepare(slot) before others see it. Null: memory was refused.
    template <class Prepare> [[nodiscard]] Slot* add(Prepare prepare) noexcept {
        void* memory = nullptr;
        if (posix_memalign(&memory, memory_of_one, usable_of_one) != 0)
            return nullptr;
        Slot* const slot = new (static_cast<std::byte*>(memory) + offset_of(size_)) Place;
        prepare(*slot);
        slot->next = first();
        first_.store(slot, std::memory_order_release); // pairs with the acquire in first()
        ++size_;
        return slot;
    }

    // The newest; each knows the next.
    [[nodiscard]] Slot* first() const noexcept { return first_.load(std::memory_order_acquire); } // pairs with add()

    template <class Visit> void for_each(Visit visit) const noexcept { for_each_but(nullptr, visit); }
    template <class Visit> void for_each_but(const Slot* own, Visit visit) const noexcept {
        for (Slot* slot = first(); slot != nullptr; slot = slot->next)
            if (slot != own)
                visit(*slot);
    }

    [[nodiscard]] static Shelf<P>& shelf_of(Slot& slot) noexcept { return static_cast<Place&>(slot).shelf; }

    // With the pool locked.
    [[nodiscard]] std::size_t bytes() const noexcept { return size_ * memory_of_one; }

  private:
    struct Place : Slot {
        Shelf<P> shelf;
    };

    // A processor takes a load for one of what was stored last at the same place of another page. Descriptors begin at
    // multiples of large powers of two; the counters, which are loaded after a descriptor is written to, do not. And those of
    // many threads, which are added up, are not all in one set of a cache.
    static constexpr std::size_t memory_of_one = 1024;
    // With what malloc puts in front of each the next one fits exactly behind it: with more, every other 1024 bytes are lost.
    static constexpr std::size_t usable_of_one = memory_of_one - 16;
    [[nodiscard]] static constexpr std::size_t offset_of(std::uint32_t number) noexcept {
        constexpr std::array<std::size_t, 3> offsets{192, 64, 128};
        static_assert(offsets[0] + sizeof(Place) <= usable_of_one && offsets[1] % alignof(Place) == 0);
        return offsets[number % offsets.size()];
    }

    typename P::template Atomic<Slot*> first_{nullptr};
    std::uint32_t size_ = 0; // with the pool locked
};

} // namespace ndispool::pool
