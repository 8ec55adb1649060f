// A pool is crowded when nearly everything is out and threads need, again and again, what others keep. To take it from a slot
// costs a heavy barrier each time. So while a pool is crowded all slots are blocked, and threads keep descriptors on shelves,
// which have locks of their own: to take from one's own shelf costs more than from a stock, from another's far less.
//
//   Callers:   take() and give() by the thread that owns the slot. Everything else with the pool locked.
//   Holds:     as long as the crowd is on every slot is blocked and without stock, its shelf is open, and all that is free is
//              in the depot or on a shelf; otherwise shelves are closed. What an owner takes or gives is counted while the
//              shelf is locked.
//     bounded  who has a shelf locked, but not the pool, waits for nothing. Who has the pool locked locks its own shelf
//              first, then others in the order of the list.
#pragma once

#include "ndispool/pool/depot.h"
#include "ndispool/pool/slot_list.h"

#include <algorithm>
#include <mutex>
#include <span>

namespace ndispool::pool {

template <class P> class Crowd {
  public:
    using Slot = detail::Slot<P>;
    using List = SlotList<P>;
    using Counters = detail::Counters<P>;

    // `without_slot` counts for threads that have none.
    Crowd(const detail::Row& row, const List& list, Depot<P>& depot, Counters& without_slot) noexcept
        : row_(row), list_(list), depot_(depot), without_slot_(without_slot) {}

    // A thread that has not locked the pool may get what was true before; it learns the truth from its slot or its shelf.
    [[nodiscard]] bool is_on() const noexcept { return on_.load(std::memory_order_relaxed); }

    // All or nothing. False: the caller is to lock the pool and to see what there is.
    [[nodiscard]] bool take(Slot& own, std::span<void*> out) noexcept;
    [[nodiscard]] bool give(Slot& own, std::span<void* const> descriptors) noexcept;

    // All slots are blocked and without stock, and stay so to the end.
    void begin() noexcept {
        list_.for_each([](Slot& slot) { admit(slot); });
        on_.store(true, std::memory_order_relaxed);
    }
    // A slot that is new.
    static void admit(Slot& slot) noexcept {
        std::lock_guard held(List::shelf_of(slot));
        List::shelf_of(slot).open();
    }
    // What is on its shelf goes to the depot.
    void empty(Slot& slot) noexcept {
        std::lock_guard held(List::shelf_of(slot));
        drop(List::shelf_of(slot), List::shelf_of(slot).size());
        note_depot();
    }
    // Much is free, or the owner has not needed what others keep for long.
    [[nodiscard]] bool is_over(Slot* own) noexcept {
        if (depot_.free() > row_.count() / 2)
            return true;
        if (own == nullptr)
            return false;
        std::lock_guard held(List::shelf_of(*own));
        return List::shelf_of(*own).is_idle();
    }
    // Everything is in the depot then.
    void end() noexcept;

    // As Engine::take. exhausted(kept): at an instant during this call all were out but for what nobody else can take right
    // now, which is that many.
    template <class Exhausted>
    [[nodiscard]] std::size_t take_locked(Slot* own, std::span<void*> out, std::size_t least,
                                          Exhausted exhausted) noexcept;
    void give_locked(Slot* own, std::span<void* const> descriptors) noexcept;

    // Between these nobody but own takes from a shelf or gives to one.
    void freeze(const Slot* own) noexcept {
        list_.for_each_but(own, [](Slot& slot) { List::shelf_of(slot).lock(); });
    }
    void thaw(const Slot* own) noexcept {
        list_.for_each_but(own, [](Slot& slot) { List::shelf_of(slot).unlock(); });
    }

  private:
    [[nodiscard]] bool fetch(Slot& own, std::size_t wanted) noexcept;
    void gather(const Slot* own, std::size_t wanted) noexcept;
    void gather_all(const Slot* own) noexcept;
    void count_allocations(Slot* own, std::size_t descriptors) noexcept {
        if (own != nullptr)
            own->count_allocations(descriptors);
        else
            Slot::count(without_slot_.allocations, descriptors);
    }
    void drop(Shelf<P>& shelf, std::uint32_t number) noexcept {
        shelf.drop_oldest(number, [this](std::uint16_t index) { depot_.push(row_.at(index)); });
    }
    [[nodiscard]] std::uint16_t index_of(const void* descriptor) const noexcept {
        return static_cast<std::uint16_t>(row_.index_of(descriptor));
    }
    // Written when it changes only: everybody reads the line.
    void note_depot() noexcept {
        if (filled_.load(std::memory_order_relaxed) != (depot_.free() != 0))
            filled_.store(depot_.free() != 0, std::memory_order_relaxed);
    }

    // Of the shelf from which another thread takes; a quarter stays, or they would take turns.
    [[nodiscard]] static std::uint32_t part_of(const Shelf<P>& shelf) noexcept {
        return shelf.size() - shelf.size() / 4;
    }

    const detail::Row& row_;
    const List& list_;
    Depot<P>& depot_;
    Counters& without_slot_;
    typename P::template Atomic<bool> on_{false};
    typename P::template Atomic<bool> filled_{
        false}; // something is in the depot, which is better than what others have
};

template <class P> bool Crowd<P>::take(Slot& own, std::span<void*> out) noexcept {
    Shelf<P>& shelf = List::shelf_of(own);
    std::lock_guard held(shelf);
    if (!shelf.is_open() || (shelf.size() < out.size() && !fetch(own, out.size())) || !shelf.serve())
        return false;
    for (void*& descriptor : out)
        descriptor = row_.at(shelf.pick());
    own.count_allocations(out.size());
    return true;
}

template <class P> bool Crowd<P>::give(Slot& own, std::span<void* const> descriptors) noexcept {
    Shelf<P>& shelf = List::shelf_of(own);
    std::lock_guard held(shelf);
    if (!shelf.is_open() || shelf.room() < descriptors.size() || !shelf.serve())
        return false;
    for (const void* descriptor : descriptors)
        shelf.put(index_of(descriptor));
    own.count_frees(descriptors.size());
    return true;
}

// From shelves that can be locked at once. Says whether own's, which is locked, has enough then.
template <class P> bool Crowd<P>::fetch(Slot& own, std::size_t wanted) noexcept {
    Shelf<P>& shelf = List::shelf_of(own);
    if (wanted > Shelf<P>::capacity || filled_.load(std::memory_order_relaxed))
        return false;
    for (Slot* slot = list_.first(); slot != nullptr && shelf.size() < wanted; slot = slot->next) {
        Shelf<P>& other = List::shelf_of(*slot);
        if (slot == &own || !other.try_lock())
            continue;
        if (other.size() != 0) {
            other.drop_oldest(std::min(part_of(other), shelf.room()), [&](std::uint16_t index) { shelf.put(index); });
            other.was_needed();
            shelf.was_needed();
        }
        other.unlock();
    }
    return shelf.size() >= wanted;
}

// From others' shelves to the depot, until it has so many.
template <class P> void Crowd<P>::gather(const Slot* own, std::size_t wanted) noexcept {
    list_.for_each_but(own, [&](Slot& slot) {
        if (depot_.free() >= wanted)
            return;
        Shelf<P>& shelf = List::shelf_of(slot);
        std::lock_guard held(shelf);
        drop(shelf, part_of(shelf));
        shelf.was_needed();
    });
}

// All of it at one instant.
template <class P> void Crowd<P>::gather_all(const Slot* own) noexcept {
    freeze(own);
    list_.for_each_but(own, [this](Slot& slot) { drop(List::shelf_of(slot), List::shelf_of(slot).size()); });
    thaw(own);
}

template <class P>
template <class Exhausted>
std::size_t Crowd<P>::take_locked(Slot* own, std::span<void*> out, std::size_t least, Exhausted exhausted) noexcept {
    Shelf<P>* const shelf = own != nullptr ? &List::shelf_of(*own) : nullptr;
    std::unique_lock<Shelf<P>> held;
    if (shelf != nullptr)
        held = std::unique_lock(*shelf);
    const auto at_hand = [&] { return depot_.free() + (shelf != nullptr ? shelf->size() : 0); };
    if (at_hand() < out.size()) {
        gather(own, out.size() - (at_hand() - depot_.free()));
        if (shelf != nullptr)
            shelf->was_needed();
    }
    if (at_hand() < least && !exhausted(at_hand()))
        gather_all(own);
    if (at_hand() < least) {
        note_depot();
        return 0;
    }
    std::size_t got = 0;
    const auto take_what_is_there = [&] {
        const std::size_t more = std::min<std::size_t>(out.size() - got, at_hand());
        for (void*& descriptor : out.subspan(got, more))
            descriptor = shelf != nullptr && shelf->size() != 0 ? row_.at(shelf->pick()) : depot_.pop();
        count_allocations(own, more);
        got += more;
    };
    take_what_is_there();
    if (got < out.size()) {
        if (got != 0)
            P::full_barrier(); // counted before the look, as in Engine::take_apart
        if (!exhausted(0)) {
            gather_all(own);
            take_what_is_there();
        }
    }
    while (shelf != nullptr && got != 0 && shelf->size() < Shelf<P>::capacity / 2 && depot_.free() != 0)
        shelf->put(index_of(depot_.pop()));
    note_depot();
    return got;
}

template <class P> void Crowd<P>::give_locked(Slot* own, std::span<void* const> descriptors) noexcept {
    if (own == nullptr) {
        for (void* descriptor : descriptors)
            depot_.push(descriptor);
        note_depot();
        Slot::count(without_slot_.frees, descriptors.size());
        return;
    }
    Shelf<P>& shelf = List::shelf_of(*own);
    std::lock_guard held(shelf);
    if (shelf.room() < descriptors.size())
        drop(shelf, (shelf.size() + 1) / 2);
    const std::size_t kept = std::min<std::size_t>(descriptors.size(), shelf.room());
    for (void* descriptor : descriptors.first(descriptors.size() - kept))
        depot_.push(descriptor);
    for (const void* descriptor : descriptors.last(kept))
        shelf.put(index_of(descriptor));
    own->count_frees(descriptors.size());
    note_depot();
}

template <class P> void Crowd<P>::end() noexcept {
    on_.store(false, std::memory_order_relaxed);
    list_.for_each([this](Slot& slot) {
        Shelf<P>& shelf = List::shelf_of(slot);
        {
            std::lock_guard held(shelf);
            drop(shelf, shelf.size());
            shelf.close();
        }
        slot.unblock();
    });
}

} // namespace ndispool::pool
