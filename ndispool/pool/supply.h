// All descriptors of a pool, the static ones (engine.h) and the overflow (overflow_part.h): what is done when the calling
// thread's own stock does not do. Searches run it on a model machine.
//
//   Callers:   any thread. `own` is the calling thread's slot, or null: it has none.
//   Holds:
//     strict   overflow is taken after static ones fell short while the overflow stood still; a refusal comes after static
//              ones fell short while it stood still with nothing left. So at some instant all were out.
//     at once  reserve takes nothing unless it gets all: nobody sees in use what is refused in the end.
//     exact    what a reader could not add up in a few tries it adds up while everybody is kept out.
//   Not here:  the static ones' memory and sleeping (pool.cpp), which thread has which slot (thread_slots.h).
#pragma once

#include "ndispool/pool/engine.h"
#include "ndispool/pool/overflow_part.h"

#include <algorithm>
#include <mutex>
#include <span>

namespace ndispool::pool {

// P is detail::Native or a model of it; Mutex is one that may be held for long.
template <class P, class Mutex> class Supply {
  public:
    using Slot = detail::Slot<P>;
    using Wakeups = typename P::template Atomic<std::uint32_t>;

    // `shape` is a valid one (pool.cpp), `row` is of that shape. `slots_work`: the heavy barrier does.
    Supply(const Shape& shape, const detail::Row& row, Pages& pages, bool slots_work) noexcept
        : pages_(pages), capacity_(shape.descriptors + shape.overflow), most_overflow_(shape.overflow),
          engine_(row, counters_, slots_work), overflow_(shape, pages) {}

    [[nodiscard]] bool ok() const noexcept { return overflow_.ok(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] Engine<P>& engine() noexcept { return engine_; }

    // Fills the front of `out` and says how many.
    std::size_t take(Slot* own, std::span<void*> out) noexcept;
    // Fills all of `out`, which is not longer than the capacity, or takes nothing.
    [[nodiscard]] bool reserve(Slot* own, std::span<void*> out) noexcept;
    // Says how many were this pool's. If somebody watches and the usage is 0 after this, adds one to wakeups() and calls
    // wake(wakeups()). When the last is counted the pool may be gone.
    template <class Wake> std::size_t give(Slot* own, std::span<void* const> descriptors, Wake wake) noexcept;

    // What was out at one instant during the call.
    [[nodiscard]] std::uint32_t in_use() noexcept;

    // From watch() to unwatch() the frees are looked at.
    void watch() noexcept { engine_.watch(); }
    void unwatch() noexcept { engine_.unwatch(); }
    [[nodiscard]] Wakeups& wakeups() noexcept { return wakeups_; }

    // At one instant.
    struct Usage {
        Sum sum;
        std::uint32_t overflow = 0;
        std::uint32_t overflow_peak = 0;
        std::size_t overflow_bytes = 0;
    };
    [[nodiscard]] Usage usage() noexcept {
        std::lock_guard held(lock_);
        return {exact_sum(), overflow_.in_use(), overflow_peak_, overflow_.bytes()};
    }
    // The start of an overflow descriptor that is out.
    [[nodiscard]] bool has_out(const void* pointer) noexcept {
        std::lock_guard held(lock_);
        return overflow_.is_out(pointer);
    }
    // Calls statics(engine), in which the usage of the overflow does not change, then visit(descriptor) for each that is out
    // of the overflow.
    template <class Statics, class Visit> void for_each_out(Statics statics, Visit visit) {
        std::lock_guard held(lock_);
        statics(engine_);
        overflow_.for_each_out(visit);
    }
    // Returns when whoever held a lock at the call has let it go.
    void wait_for_lock_holders() noexcept {
        std::lock_guard held(lock_);
        engine_.wait_for_lock_holders();
    }

  private:
    std::size_t take_more(Slot* own, std::span<void*> out) noexcept;
    [[nodiscard]] bool reserve_more(Slot* own, std::span<void*> out) noexcept;
    template <class Wake> [[nodiscard]] bool give_overflow(void* descriptor, Wake wake) noexcept;
    // Called while a lock is held that was held when a free was counted: the pool is still there.
    template <class Wake> [[nodiscard]] auto waking(Wake wake) noexcept {
        return [this, wake] {
            wakeups_.fetch_add(1, std::memory_order_release); // pairs with the acquire of who sleeps
            wake(wakeups_);
        };
    }

    // Under the lock.
    [[nodiscard]] std::size_t take_overflow(std::span<void*> out) noexcept;
    [[nodiscard]] Sum exact_sum() noexcept {
        const auto sum = engine_.try_sum();
        return sum ? *sum : engine_.frozen_sum();
    }

    // constant after construction
    Pages& pages_;
    const std::uint32_t capacity_, most_overflow_;

    Wakeups wakeups_{0};
    detail::Counters<P> counters_; // of the overflow; written under the lock
    Engine<P> engine_;             // has a lock of its own, which is taken after this one

    // Guards what follows (the part: as its header says), and is never held while the system is asked for anything.
    Mutex lock_;
    OverflowPart overflow_;
    std::uint32_t overflow_peak_ = 0;
};

template <class P, class Mutex> std::size_t Supply<P, Mutex>::take(Slot* own, std::span<void*> out) noexcept {
    std::size_t got = engine_.take(own, out);
    if (got < out.size()) {
        engine_.raise_peak(engine_.row().count());
        if (most_overflow_ != 0)
            got += take_more(own, out.subspan(got));
    }
    return got;
}

template <class P, class Mutex> std::size_t Supply<P, Mutex>::take_more(Slot* own, std::span<void*> out) noexcept {
    LeavingChunks unneeded(overflow_.layout(), pages_);
    std::unique_lock held(lock_);
    std::size_t got = 0;
    // Once more after the overflow gave some: that may have been its last, and static ones may have come back before.
    const auto take = [&] {
        for (std::size_t more = 1; more != 0 && got < out.size(); got += more) {
            got += engine_.take(own, out.subspan(got));
            more = take_overflow(out.subspan(got));
        }
    };
    take();
    while (got < out.size() && overflow_.in_use() < most_overflow_) {
        held.unlock();
        Chunk* chunk = Chunk::map(overflow_.layout(), pages_);
        held.lock();
        // Meanwhile descriptors may have come back, another thread may have brought a chunk, or taken the last.
        take();
        if (chunk == nullptr)
            break;
        if (got < out.size() && overflow_.in_use() < most_overflow_) {
            overflow_.add(chunk);
            got += take_overflow(out.subspan(got)); // at once: a chunk of which nothing is out would stay
            take();
        } else {
            unneeded.push(chunk);
        }
    }
    if (got != 0)
        engine_.raise_peak(exact_sum().used());
    return got;
}

template <class P, class Mutex> bool Supply<P, Mutex>::reserve(Slot* own, std::span<void*> out) noexcept {
    if (out.size() <= engine_.row().count() && engine_.take(own, out, out.size()) == out.size())
        return true;
    return most_overflow_ != 0 && reserve_more(own, out);
}

template <class P, class Mutex> bool Supply<P, Mutex>::reserve_more(Slot* own, std::span<void*> out) noexcept {
    LeavingChunks brought(overflow_.layout(), pages_); // and so do those that are not needed in the end
    std::size_t in_brought = 0;
    std::unique_lock held(lock_);
    for (;;) {
        const std::size_t left = most_overflow_ - overflow_.in_use();
        const std::size_t at_hand = std::min(left, overflow_.room() + in_brought);
        const std::size_t least = out.size() - std::min(out.size(), at_hand);
        std::size_t got = engine_.take(own, out, least);
        if (got >= least) {
            while ((got += take_overflow(out.subspan(got))) < out.size())
                overflow_.add(brought.pop());
            engine_.raise_peak(exact_sum().used());
            return true;
        }
        if (at_hand == left) // then not enough were free
            return false;
        held.unlock();
        Chunk* chunk = Chunk::map(overflow_.layout(), pages_);
        held.lock();
        if (chunk == nullptr)
            return false;
        brought.push(chunk);
        in_brought += overflow_.layout().slots;
    }
}

template <class P, class Mutex> std::size_t Supply<P, Mutex>::take_overflow(std::span<void*> out) noexcept {
    const std::size_t count = overflow_.take(out);
    Slot::count(counters_.allocations, count);
    overflow_peak_ = std::max(overflow_peak_, overflow_.in_use());
    return count;
}

template <class P, class Mutex>
template <class Wake>
std::size_t Supply<P, Mutex>::give(Slot* own, std::span<void* const> descriptors, Wake wake) noexcept {
    // The static ones come last: when they are counted the pool may be gone, so it is not asked for anything any more.
    const detail::Row row = engine_.row();
    const bool has_overflow = most_overflow_ != 0;
    const auto is_static = [&row](void* descriptor) { return row.begins(descriptor); };
    std::size_t refused = 0;
    for (void* descriptor : descriptors)
        if (!is_static(descriptor) && (!has_overflow || !give_overflow(descriptor, wake)))
            ++refused;
    for (auto first = descriptors.begin();
         (first = std::find_if(first, descriptors.end(), is_static)) != descriptors.end();) {
        const auto last = std::find_if_not(first, descriptors.end(), is_static);
        engine_.give(own, {first, last}, waking(wake));
        first = last;
    }
    return descriptors.size() - refused;
}

template <class P, class Mutex>
template <class Wake>
bool Supply<P, Mutex>::give_overflow(void* descriptor, Wake wake) noexcept {
    LeavingChunks leaving(overflow_.layout(), pages_);
    std::lock_guard held(lock_);
    if (!overflow_.give(descriptor, leaving))
        return false;
    Slot::count(counters_.frees, 1);
    engine_.freed_beside(waking(wake));
    return true;
}

template <class P, class Mutex> std::uint32_t Supply<P, Mutex>::in_use() noexcept {
    // Of two threads that each allocate and then ask, one at least counts both.
    P::full_barrier();
    if (const auto sum = engine_.try_sum())
        return static_cast<std::uint32_t>(sum->used());
    std::lock_guard held(lock_);
    return static_cast<std::uint32_t>(exact_sum().used());
}

} // namespace ndispool::pool
