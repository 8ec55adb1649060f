// The static descriptors of a pool and who has them: each is out, in the stock of one slot, or in the depot. The fast path
// is the slot's own (detail/slot.h); here is all that needs more than one thread's share, under one lock.
//
//   Callers:   any thread. `own` is the calling thread's slot, or null: it has none.
//   Holds:     depot + sum of (stock + allocations - frees) over all slots == count, whenever the lock is free.
//     strict   take falls short only after an instant at which every descriptor was out. With depot and own stock empty
//              that is so if the exact usage equals count; otherwise all other stocks are seized, which settles it.
//     exact    read() adds up all frees, then all allocations, then all frees again. Equal sums of frees: none was
//              counted in between, since counters only grow. The sum of allocations passed every value on its way to
//              what was read, so at some instant in between it was just that.
//     bounded  only a thread that holds the lock, or is inside take or give of a slot, is ever waited for.
//   Not here:  overflow, memory, which thread has which slot (pool.cpp, thread_slots.h).
#pragma once

#include "ndispool/pool/depot.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
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
        : row_(row), folder_(row), beside_(beside), slots_work_(slots_work), depot_(row, batch_) {}
    ~Engine() {
        for (Slot* slot = first(); slot != nullptr;) { // the newest first
            Slot* const next = slot->next;
            slot->~Slot();
            std::free(reinterpret_cast<std::byte*>(slot) - slot_offset(--slots_));
            slot = next;
        }
    }
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
    [[nodiscard]] std::optional<Sum> try_sum() const noexcept;
    // The same, for sure. What is beside must not change meanwhile.
    [[nodiscard]] Sum frozen_sum() noexcept;

    // While everybody is kept out, shows the index of every descriptor that is free.
    template <class Visit> void for_each_free(Visit visit) noexcept {
        std::lock_guard held(lock_);
        freeze(nullptr);
        depot_.for_each(visit);
        for (Slot* slot = first(); slot != nullptr; slot = slot->next) {
            slot->for_each([&](void* descriptor) { visit(row_.index_of(descriptor)); });
            folder_.for_each(slot->spare_chain(), visit);
        }
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
        return sizeof *this + slots_ * slot_memory;
    }
    [[nodiscard]] const detail::Row& row() const { return row_; }
    // Returns when whoever held the lock at the call has let it go.
    void wait_for_lock_holder() noexcept { std::lock_guard held(lock_); }
    template <class Visit> void for_each_slot(Visit visit) noexcept { for_each_other(nullptr, visit); }

  private:
    // A processor takes a load for one of what was stored last at the same place of another page. Descriptors begin at
    // multiples of large powers of two; the counters, which are loaded after a descriptor is written to, do not. And those of
    // many threads, which are added up, are not all in one set of a cache.
    static constexpr std::size_t slot_memory = 1024;
    [[nodiscard]] static constexpr std::size_t slot_offset(std::uint32_t number) noexcept {
        constexpr std::array<std::size_t, 4> offsets{192, 64, 320, 128};
        static_assert(offsets[2] + sizeof(Slot) <= slot_memory && offsets[1] % alignof(Slot) == 0);
        return offsets[number % offsets.size()];
    }

    static constexpr std::uint32_t most_batch = 14, most_calm = 1 << 14, seldom = 1 << 11;

    [[nodiscard]] Slot* first() const noexcept { return first_.load(std::memory_order_acquire); } // pairs with join()

    template <class Visit> void for_each_other(const Slot* own, Visit visit) noexcept {
        for (Slot* slot = first(); slot != nullptr; slot = slot->next)
            if (slot != own)
                visit(*slot);
    }

    [[nodiscard]] std::optional<Sum> read(bool with_beside) const noexcept;
    [[nodiscard]] bool kept_out() const noexcept {
        return !slots_work_ || watchers_.load(std::memory_order_relaxed) != 0;
    }

    [[nodiscard]] auto unfold() const noexcept {
        return [this](detail::Chain& chain, auto* descriptors) { folder_.unfold(chain, descriptors); };
    }
    [[nodiscard]] auto fold() const noexcept {
        return [this](detail::Chain& chain, const auto* descriptors) { folder_.fold(chain, descriptors); };
    }

    // All below: under the lock.
    template <class Action> void if_emptied(Action emptied) noexcept {
        if (watchers_.load(std::memory_order_relaxed) == 0)
            return;
        // Should it fail, a free beside is under way, which asks again.
        if (const auto sum = try_sum(); sum && sum->used() == 0)
            emptied();
    }
    [[nodiscard]] bool seize(const Slot* own, std::size_t got) noexcept;
    void freeze(const Slot* own) noexcept;
    void thaw(const Slot* own) noexcept;
    void empty(Slot& slot) noexcept;
    [[nodiscard]] bool restock(Slot& slot, std::uint32_t magazines) noexcept;
    // What a slot may do.
    struct Share {
        std::uint32_t refill;    // descriptors it takes from the depot beyond what is asked for
        std::uint32_t keep;      // of those given back it keeps so many, and up to twice as many before it comes here
        std::uint32_t magazines; // spare ones, and as many from the depot at a time
    };
    [[nodiscard]] Share share() noexcept;
    void judge_shares(std::uint64_t allocations) noexcept;
    void note_peak(Slot* own) noexcept;

    const detail::Row row_;
    const Folder<P> folder_;
    const Counters& beside_;
    const bool slots_work_;
    // What of a small pool two threads may keep is to be a small part of it.
    const std::uint32_t most_ = std::min<std::uint32_t>(P::magazine, row_.count() / P::share);
    // A slot's stock and its spare magazines together are at most an eighth of the pool.
    const std::uint32_t batch_ =
        std::clamp<std::uint32_t>(row_.count() / P::share / P::magazine, 2, most_batch + 2) - 2;
    typename P::template Atomic<Slot*> first_{nullptr};
    Counters without_slot_; // of threads that have none; written under the lock
    typename P::template Atomic<std::uint32_t> watchers_{0};
    typename P::template Atomic<std::uint32_t> peak_{0};

    // What the lock guards, and the slots as they say.
    alignas(64) typename P::Lock lock_;
    std::uint32_t calm_ = 0; // turns to the depot since keep_ or refill_ changed
    Depot<P> depot_;

    std::uint32_t refill_ = most_;
    std::uint32_t keep_ = most_;
    std::uint32_t calm_enough_ = P::calm; // before they grow
    std::uint64_t seized_at_ = 0;         // allocations when somebody last found kept what was needed
    std::uint32_t slots_ = 0;
    std::uint32_t owned_ = 0;
    std::uint32_t most_away_ = 0; // the most that ever were not in the depot
};

template <class P> auto Engine<P>::join() noexcept -> Slot* {
    std::lock_guard held(lock_);
    Slot* slot = first();
    while (slot != nullptr && slot->owned)
        slot = slot->next;
    if (slot == nullptr) {
        void* memory = std::aligned_alloc(slot_memory, slot_memory);
        if (memory == nullptr)
            return nullptr;
        slot = new (static_cast<std::byte*>(memory) + slot_offset(slots_)) Slot;
        if (kept_out())
            slot->block();
        slot->next = first();
        first_.store(slot, std::memory_order_release); // pairs with the acquire in first()
        ++slots_;
    }
    slot->owned = true;
    slot->set_limit(0, 0); // the first take or give comes here
    ++owned_;
    return slot;
}

template <class P> void Engine<P>::leave(Slot& slot) noexcept {
    std::lock_guard held(lock_);
    empty(slot);
    slot.owned = false;
    --owned_;
}

template <class P> std::size_t Engine<P>::take(Slot* own, std::span<void*> out, std::size_t least) noexcept {
    if (own != nullptr && out.size() <= P::magazine && own->refill(unfold()) && own->take(out))
        return out.size();
    std::lock_guard held(lock_);
    const auto at_hand = [&] { return depot_.free() + (own != nullptr ? own->kept() : 0); };
    if (at_hand() < least && (!seize(own, 0) || at_hand() < least))
        return 0;
    const Share share = own != nullptr ? this->share() : Share{};
    std::size_t got = 0;
    while (got < out.size()) {
        if (own != nullptr && (own->stock() != 0 || restock(*own, share.magazines)))
            out[got++] = own->pick();
        else if (depot_.free() != 0)
            out[got++] = depot_.pop();
        else if (!seize(own, got))
            break;
    }
    if (own == nullptr) {
        Slot::count(without_slot_.allocations, got);
    } else {
        own->count_allocations(got);
        own->set_limit(2 * share.keep, share.magazines);
        if (own->stock() == 0 && !restock(*own, share.magazines)) {
            // What came back last to the depot is to be on top.
            std::array<void*, P::magazine> some;
            std::uint32_t count = 0;
            while (count < share.refill && depot_.free() != 0)
                some[count++] = depot_.pop();
            while (count != 0)
                own->put(some[--count]);
        }
    }
    note_peak(own);
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
    if (own != nullptr && descriptors.size() <= P::magazine && own->stow(fold()) && own->give(descriptors))
        return;
    std::lock_guard held(lock_);
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
    if_emptied(emptied);
}

// Less whenever somebody found kept what was needed, and more again when that has not happened for a while. The only slot
// may keep what it likes.
template <class P> auto Engine<P>::share() noexcept -> Share {
    if (kept_out())
        return {};
    if (owned_ == 1)
        return {P::magazine, P::magazine, batch_};
    if (++calm_ >= calm_enough_ && refill_ < most_) {
        calm_ = 0;
        ++(keep_ < most_ ? keep_ : refill_);
    }
    return {refill_, keep_, refill_ == P::magazine ? batch_ : 0};
}

// Somebody found kept what was needed, after so many allocations all in all. That costs as much as some thousand of them: if
// it comes often, slots first no longer take what nobody asked for; what a thread itself gives back it is likely to need again.
template <class P> void Engine<P>::judge_shares(std::uint64_t allocations) noexcept {
    const std::uint64_t since = allocations - std::exchange(seized_at_, allocations);
    calm_ = 0;
    if (since >= seldom) {
        calm_enough_ = P::calm;
        return;
    }
    if (refill_ != 0)
        refill_ /= 4;
    else
        keep_ /= 2;
    calm_enough_ = std::min(2 * calm_enough_, most_calm);
}

// True: the depot is not empty any more. False: at an instant during this call all but the `got` were out.
template <class P> bool Engine<P>::seize(const Slot* own, std::size_t got) noexcept {
    std::optional<Sum> sum;
    for (int i = 0; i < P::tries && !sum; ++i)
        sum = read(false);
    if (sum && sum->used() + got == row_.count())
        return false;
    judge_shares(sum ? sum->allocations : seized_at_);
    freeze(own);
    for_each_other(own, [this](Slot& slot) {
        empty(slot);
        slot.set_limit(0, 0);
    });
    thaw(own);
    return depot_.free() != 0;
}

// Until thaw() nobody but `own` takes from a stock or gives to one.
template <class P> void Engine<P>::freeze(const Slot* own) noexcept {
    if (kept_out())
        return;
    for_each_other(own, [](Slot& slot) { slot.block(); });
    P::heavy_barrier();
    for_each_other(own, [](Slot& slot) {
        while (!slot.quiet())
            P::relax();
    });
}

template <class P> void Engine<P>::thaw(const Slot* own) noexcept {
    if (!kept_out())
        for_each_other(own, [](Slot& slot) { slot.unblock(); });
}

template <class P> std::optional<Sum> Engine<P>::read(bool with_beside) const noexcept {
    const auto add_up = [&](auto counter) {
        // Acquire pairs with the release in which a counter is written; and the three passes are made in this order.
        std::uint64_t all = (without_slot_.*counter).load(std::memory_order_acquire);
        if (with_beside)
            all += (beside_.*counter).load(std::memory_order_acquire);
        for (const Slot* slot = first(); slot != nullptr; slot = slot->next)
            all += (slot->*counter).load(std::memory_order_acquire) & ~detail::inside;
        return all;
    };
    const std::uint64_t frees = add_up(&Counters::frees);
    const std::uint64_t allocations = add_up(&Counters::allocations);
    if (add_up(&Counters::frees) != frees)
        return std::nullopt;
    return Sum{allocations, frees};
}

template <class P> std::optional<Sum> Engine<P>::try_sum() const noexcept {
    std::optional<Sum> sum;
    for (int i = 0; i < P::tries && !sum; ++i)
        sum = read(true);
    return sum;
}

template <class P> Sum Engine<P>::frozen_sum() noexcept {
    std::lock_guard held(lock_);
    freeze(nullptr);
    const std::optional<Sum> sum = read(true);
    thaw(nullptr);
    return *sum;
}

template <class P> void Engine<P>::watch() noexcept {
    std::lock_guard held(lock_);
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
