// The static descriptors of a pool and who has them: each is out, in the stock of one slot or on its shelf, or in the
// depot. The fast path is the slot's own (detail/slot.h); here is all that needs more than one thread's share, under one
// lock.
//
//   Callers:   any thread. `own` is the calling thread's slot, or null: it has none.
//   Holds:     depot + sum of (stock + shelf + allocations - frees) over all slots == count, whenever the lock is free.
//     strict   take falls short only after an instant at which every descriptor was out. With depot and own stock empty
//              that is so if the exact usage equals count; otherwise all other stocks are seized, which settles it.
//     exact    read() adds up all frees, then all allocations, then all frees again. Equal sums of frees: none was
//              counted in between, since counters only grow. The sum of allocations passed every value on its way to
//              what was read, so at some instant in between it was just that.
//     bounded  only a thread that holds the lock, or is inside take or give of a slot or shelf, is ever waited for.
//   Not here:  how much a slot may keep (shares.h), shelves, which replace stocks when nearly all are out (crowd.h),
//              overflow, memory, which thread has which slot (pool.cpp, thread_slots.h).
#pragma once

#include "ndispool/pool/crowd.h"
#include "ndispool/pool/depot.h"
#include "ndispool/pool/shares.h"
#include "ndispool/pool/slot_list.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace ndispool::pool {

struct Sum {
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    [[nodiscard]] std::uint64_t used() const { return allocations - frees; }
};

// P is detail::Native or a model of it.
template <class P> class Engine {
  public:
    using Slot = detail::Slot<P>;
    using Counters = detail::Counters<P>;

    // `beside` counts descriptors that the engine does not have, but whose usage is the pool's as well. `slots_work`: the
    // heavy barrier does.
    Engine(const detail::Row& row, const Counters& beside, bool slots_work)
        : row_(row), folder_(row), beside_(beside), slots_work_(slots_work), shares_(row.count()),
          depot_(row, shares_.batch()) {}
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // A slot for the calling thread. Null: memory was refused.
    [[nodiscard]] Slot* join() noexcept;
    // Its stock goes to the depot; the thread does not use it any more.
    void leave(Slot& slot) noexcept;

    // Fills the front of `out` and says how many. None, if at an instant during the call fewer than `least` were free.
    std::size_t take(Slot* own, std::span<void*> out, std::size_t least = 0) noexcept;
    // `emptied()` is called, under the lock, if somebody watches and the usage is 0 after this.
    template <class Action> void give(Slot* own, std::span<void* const> descriptors, Action emptied) noexcept;

    // What was true at one instant during the call, with what is beside. Nothing: others were too busy.
    [[nodiscard]] std::optional<Sum> try_sum() const noexcept { return try_read<true>(); }
    // The same, for sure. What is beside must not change meanwhile.
    [[nodiscard]] Sum frozen_sum() noexcept;

    // While everybody is kept out, shows the index of every descriptor that is free.
    template <class Visit> void for_each_free(Visit visit) noexcept {
        std::lock_guard held(lock_);
        freeze(nullptr);
        depot_.for_each(visit);
        slots_.for_each([&](Slot& slot) {
            slot.for_each([&](void* descriptor) { visit(row_.index_of(descriptor)); });
            folder_.for_each(slot.spare_chain(), visit);
            SlotList<P>::shelf_of(slot).for_each(visit);
        });
        thaw(nullptr);
    }

    // From watch() to unwatch() every take and give is made under the lock.
    void watch() noexcept;
    void unwatch() noexcept;
    // Whoever counted a free beside calls this afterwards; `emptied` as in give().
    template <class Action> void freed_beside(Action emptied) noexcept {
        // Either this sees the watcher, or the watcher, who looks after it began to watch, the usage.
        P::full_barrier();
        if (watchers_.load(std::memory_order_relaxed) == 0)
            return;
        std::lock_guard held(lock_);
        if_emptied(emptied);
    }

    // The highest usage that was noticed: see Snapshot.
    [[nodiscard]] std::uint32_t peak() const noexcept { return peak_.load(std::memory_order_relaxed); }
    void raise_peak(std::uint64_t used) noexcept;

    [[nodiscard]] std::size_t bytes() noexcept {
        std::lock_guard held(lock_);
        return sizeof *this + slots_.bytes();
    }
    [[nodiscard]] const detail::Row& row() const { return row_; }
    // Returns when whoever held the lock, or that of a shelf, at the call has let it go.
    void wait_for_lock_holders() noexcept {
        std::lock_guard held(lock_);
        crowd_.freeze(nullptr);
        crowd_.thaw(nullptr);
    }
    template <class Visit> void for_each_slot(Visit visit) noexcept { slots_.for_each(visit); }

  private:
    [[nodiscard]] std::optional<Sum> read(bool with_beside) const noexcept;
    template <bool with_beside> [[nodiscard]] std::optional<Sum> try_read() const noexcept;
    [[nodiscard]] bool kept_out() const noexcept {
        return !slots_work_ || watchers_.load(std::memory_order_relaxed) != 0;
    }

    [[nodiscard]] auto unfold() const noexcept {
        return [this](detail::Chain& chain, auto* descriptors) { folder_.unfold(chain, descriptors); };
    }
    [[nodiscard]] auto fold() const noexcept {
        return [this](detail::Chain& chain, const auto* descriptors) { folder_.fold(chain, descriptors); };
    }

    // Without the lock. False: they do nothing.
    [[nodiscard]] bool take_alone(Slot& own, std::span<void*> out) noexcept;
    [[nodiscard]] bool give_alone(Slot& own, std::span<void* const> descriptors) noexcept;

    // All below: under the lock.
    [[nodiscard]] bool is_crowded(Slot* own) noexcept;
    [[nodiscard]] std::size_t take_apart(Slot* own, std::span<void*> out, std::size_t least) noexcept;
    [[nodiscard]] std::size_t take_crowded(Slot* own, std::span<void*> out, std::size_t least) noexcept;
    void give_apart(Slot* own, std::span<void* const> descriptors) noexcept;
    template <class Action> void if_emptied(Action emptied) noexcept {
        if (watchers_.load(std::memory_order_relaxed) == 0)
            return;
        // Should it fail, a free beside is under way, which asks again.
        if (const auto sum = try_sum(); sum && sum->used() == 0)
            emptied();
    }
    [[nodiscard]] bool seize(Slot* own) noexcept;
    void freeze(const Slot* own) noexcept;
    void thaw(const Slot* own) noexcept;
    void empty(Slot& slot) noexcept;
    [[nodiscard]] bool restock(Slot& slot, std::uint32_t magazines) noexcept;
    void refill(Slot& own, const Share& share) noexcept;
    [[nodiscard]] Share share() noexcept { return kept_out() ? Share{} : shares_.next(owned_ == 1); }
    void note_peak(Slot* own) noexcept;

    const detail::Row row_;
    const Folder<P> folder_;
    const Counters& beside_;
    const bool slots_work_;
    SlotList<P> slots_;
    Counters without_slot_; // of threads that have none; written under the lock
    typename P::template Atomic<std::uint32_t> watchers_{0};
    typename P::template Atomic<std::uint32_t> peak_{0};
    Crowd<P> crowd_{row_, slots_, depot_, without_slot_};

    // What the lock guards, and the slots as they say.
    alignas(64) typename P::Lock lock_;
    std::uint32_t owned_ = 0;
    Shares<P> shares_;
    Depot<P> depot_;
    std::uint32_t most_away_ = 0; // the most that ever were not in the depot
};

template <class P> auto Engine<P>::join() noexcept -> Slot* {
    std::lock_guard held(lock_);
    Slot* slot = slots_.first();
    while (slot != nullptr && slot->owned)
        slot = slot->next;
    if (slot == nullptr)
        slot = slots_.add([this](Slot& fresh) {
            if (kept_out() || crowd_.is_on())
                fresh.block();
            if (crowd_.is_on())
                crowd_.admit(fresh);
        });
    if (slot == nullptr)
        return nullptr;
    slot->owned = true;
    slot->set_limit(0, 0); // the first take or give comes here
    ++owned_;
    return slot;
}

template <class P> void Engine<P>::leave(Slot& slot) noexcept {
    std::lock_guard held(lock_);
    if (crowd_.is_on() && owned_ == 2)
        crowd_.end();
    if (crowd_.is_on())
        crowd_.empty(slot);
    else
        empty(slot);
    slot.owned = false;
    --owned_;
}

template <class P> std::size_t Engine<P>::take(Slot* own, std::span<void*> out, std::size_t least) noexcept {
    if (own != nullptr && take_alone(*own, out))
        return out.size();
    std::lock_guard held(lock_);
    std::size_t got = 0;
    if (!is_crowded(own))
        got = take_apart(own, out, least);
    if (crowd_.is_on() && got < out.size()) // it may just have begun
        got += take_crowded(own, out.subspan(got), least - std::min(least, got));
    return got;
}

template <class P> bool Engine<P>::take_alone(Slot& own, std::span<void*> out) noexcept {
    if (crowd_.is_on())
        return crowd_.take(own, out);
    return out.size() <= P::magazine && own.refill(unfold()) && own.take(out);
}

// Ends the crowd if there is one that is over.
template <class P> bool Engine<P>::is_crowded(Slot* own) noexcept {
    if (crowd_.is_on() && crowd_.is_over(own))
        crowd_.end();
    return crowd_.is_on();
}

template <class P> std::size_t Engine<P>::take_apart(Slot* own, std::span<void*> out, std::size_t least) noexcept {
    const auto at_hand = [&] { return depot_.free() + (own != nullptr ? own->kept() : 0); };
    if (at_hand() < least && (!seize(own) || crowd_.is_on() || at_hand() < least))
        return 0;
    const Share share = own != nullptr ? this->share() : Share{};
    std::size_t got = 0, counted = 0;
    const auto count_got = [&] {
        const std::size_t more = got - std::exchange(counted, got);
        if (own != nullptr)
            own->count_allocations(more);
        else
            Slot::count(without_slot_.allocations, more);
    };
    while (got < out.size()) {
        if (own != nullptr && (own->stock() != 0 || restock(*own, share.magazines))) {
            out[got++] = own->pick();
        } else if (depot_.free() != 0) {
            out[got++] = depot_.pop();
        } else if (got != counted) {
            // Who is refused the rest has counted these; and who sees a free that came too late for it sees that they are out.
            count_got();
            P::full_barrier();
        } else if (!seize(own) || crowd_.is_on()) {
            break;
        }
    }
    count_got();
    if (own != nullptr && !crowd_.is_on()) {
        own->set_limit(2 * share.keep, share.magazines);
        refill(*own, share);
    }
    note_peak(own);
    return got;
}

template <class P> void Engine<P>::refill(Slot& own, const Share& share) noexcept {
    if (own.stock() != 0 || restock(own, share.magazines))
        return;
    // What came back last to the depot is to be on top.
    std::array<void*, P::magazine> some;
    std::uint32_t count = 0;
    while (count < share.refill && depot_.free() != 0)
        some[count++] = depot_.pop();
    while (count != 0)
        own.put(some[--count]);
}

template <class P> std::size_t Engine<P>::take_crowded(Slot* own, std::span<void*> out, std::size_t least) noexcept {
    const std::size_t got = crowd_.take_locked(own, out, least, [this](std::size_t kept) {
        const auto sum = try_read<false>();
        return sum && sum->used() + kept == row_.count();
    });
    if (row_.count() - depot_.free() > most_away_) // what is then taken from shelves is not looked at
        note_peak(nullptr);
    return got;
}

// An empty stock gets a magazine that is spare, or that comes from the depot with others if the slot may have so many.
template <class P> bool Engine<P>::restock(Slot& slot, std::uint32_t magazines) noexcept {
    detail::Chain& spare = slot.spare_chain();
    if (spare.magazines == 0 && magazines != 0)
        spare = depot_.pop_chain();
    if (spare.magazines == 0)
        return false;
    slot.put_magazine(unfold());
    return true;
}

template <class P> void Engine<P>::empty(Slot& slot) noexcept {
    depot_.push(slot.spare_chain());
    slot.drop_oldest(slot.stock(), [this](void* descriptor) { depot_.push(descriptor); });
}

template <class P>
template <class Action>
void Engine<P>::give(Slot* own, std::span<void* const> descriptors, Action emptied) noexcept {
    if (own != nullptr && give_alone(*own, descriptors))
        return;
    std::lock_guard held(lock_);
    if (is_crowded(own))
        crowd_.give_locked(own, descriptors);
    else
        give_apart(own, descriptors);
    if_emptied(emptied);
}

template <class P> bool Engine<P>::give_alone(Slot& own, std::span<void* const> descriptors) noexcept {
    if (crowd_.is_on())
        return crowd_.give(own, descriptors);
    return descriptors.size() <= P::magazine && own.stow(fold()) && own.give(descriptors);
}

template <class P> void Engine<P>::give_apart(Slot* own, std::span<void* const> descriptors) noexcept {
    std::uint32_t kept = 0;
    if (own != nullptr) {
        const Share share = this->share();
        kept = static_cast<std::uint32_t>(std::min<std::size_t>(descriptors.size(), share.keep));
        if (own->spare_chain().magazines >= std::max(share.magazines, 1U))
            depot_.push(own->spare_chain());
        if (own->stock() + kept > 2 * share.keep && share.magazines != 0)
            own->drop_magazine(fold());
        if (own->stock() + kept > 2 * share.keep)
            own->drop_oldest(own->stock() + kept - share.keep, [this](void* descriptor) { depot_.push(descriptor); });
        own->set_limit(2 * share.keep, share.magazines);
    }
    for (void* descriptor : descriptors.first(descriptors.size() - kept))
        depot_.push(descriptor);
    for (void* descriptor : descriptors.last(kept))
        own->put(descriptor);
    if (own != nullptr)
        own->count_frees(descriptors.size());
    else
        Slot::count(without_slot_.frees, descriptors.size());
}

// While the pool is not crowded. True: the depot is not empty any more, or the pool is crowded now. False: at an instant
// during this call all were out.
template <class P> bool Engine<P>::seize(Slot* own) noexcept {
    const std::optional<Sum> sum = try_read<false>();
    if (sum && sum->used() == row_.count())
        return false;
    const bool too_often = sum && !kept_out() && owned_ > 1 && shares_.were_needed(sum->allocations);
    freeze(own);
    slots_.for_each_but(own, [this](Slot& slot) {
        empty(slot);
        slot.set_limit(0, 0);
    });
    if (!too_often) {
        thaw(own);
        return depot_.free() != 0;
    }
    if (own != nullptr) {
        empty(*own);
        own->block();
    }
    crowd_.begin();
    most_away_ = 0;
    return true;
}

// Until thaw() nobody but `own` takes from a stock or a shelf, or gives to one.
template <class P> void Engine<P>::freeze(const Slot* own) noexcept {
    if (kept_out())
        return;
    if (crowd_.is_on()) {
        crowd_.freeze(own);
        return;
    }
    slots_.for_each_but(own, [](Slot& slot) { slot.block(); });
    P::heavy_barrier();
    slots_.for_each_but(own, [](Slot& slot) {
        while (!slot.quiet())
            P::relax();
    });
}

template <class P> void Engine<P>::thaw(const Slot* own) noexcept {
    if (kept_out())
        return;
    if (crowd_.is_on())
        crowd_.thaw(own);
    else
        slots_.for_each_but(own, [](Slot& slot) { slot.unblock(); });
}

template <class P> std::optional<Sum> Engine<P>::read(bool with_beside) const noexcept {
    const auto add_up = [&](auto counter) {
        // Acquire pairs with the release in which a counter is written; and the three passes are made in this order.
        std::uint64_t all = (without_slot_.*counter).load(std::memory_order_acquire);
        if (with_beside)
            all += (beside_.*counter).load(std::memory_order_acquire);
        for (const Slot* slot = slots_.first(); slot != nullptr; slot = slot->next)
            all += (slot->*counter).load(std::memory_order_acquire) & ~detail::inside;
        return all;
    };
    const std::uint64_t frees = add_up(&Counters::frees);
    const std::uint64_t allocations = add_up(&Counters::allocations);
    if (add_up(&Counters::frees) != frees)
        return std::nullopt;
    return Sum{allocations, frees};
}

template <class P> template <bool with_beside> std::optional<Sum> Engine<P>::try_read() const noexcept {
    std::optional<Sum> sum;
    for (int i = 0; i < P::tries && !sum; ++i)
        sum = read(with_beside);
    return sum;
}

template <class P> Sum Engine<P>::frozen_sum() noexcept {
    std::lock_guard held(lock_);
    freeze(nullptr);
    const std::optional<Sum> sum = try_sum();
    thaw(nullptr);
    return *sum;
}

template <class P> void Engine<P>::watch() noexcept {
    std::lock_guard held(lock_);
    if (crowd_.is_on())
        crowd_.end();
    freeze(nullptr);
    watchers_.fetch_add(1, std::memory_order_seq_cst);
}

template <class P> void Engine<P>::unwatch() noexcept {
    std::lock_guard held(lock_);
    watchers_.fetch_sub(1, std::memory_order_seq_cst);
    thaw(nullptr);
}

template <class P> void Engine<P>::raise_peak(std::uint64_t used) noexcept {
    auto highest = peak_.load(std::memory_order_relaxed); // a number; orders no other data
    while (highest < used &&
           !peak_.compare_exchange_weak(highest, static_cast<std::uint32_t>(used), std::memory_order_relaxed))
        ;
}

// The usage is looked at when more descriptors are away from the depot than ever before, and when a slot is left fewer than it
// had to keep: while there is one slot, what makes the usage (away - kept, nothing being beside) a new peak; while there are
// several, what it had when it last came here, until it kept none since then.
template <class P> void Engine<P>::note_peak(Slot* own) noexcept {
    const std::uint32_t away = row_.count() - depot_.free();
    const bool record = away > most_away_;
    const auto unseen = [&] { return away > peak() ? away - peak() : 0; };
    if (record || own == nullptr || own->kept() < (owned_ == 1 ? unseen() : own->slack())) {
        most_away_ = std::max(most_away_, away);
        if (const auto sum = try_sum())
            raise_peak(sum->used());
    }
    if (own == nullptr)
        return;
    const std::uint32_t wanted = owned_ == 1 || record ? unseen() : std::min(unseen(), own->slack());
    own->set_slack(std::min(wanted, own->kept()));
}

} // namespace ndispool::pool
