// What a thread keeps of a pool for itself: a small stock of free descriptors and two counters. Taking from the stock and
// giving to it is the fast path of every pool; it is here so that it can be inlined, and no program uses it by itself.
//
//   Callers:   the thread that owns the slot calls take, give, refill and stow. Everything else is called with the pool
//              locked, by the owner (which is then not inside one of these), or by another thread after block() and a
//              heavy barrier, when quiet() has been true.
//   Holds:     place of the newest == base + frees - allocations. The counters only grow, and only the owner writes them: what take
//              needs to know next does not wait for what give wrote last, and the other way round.
//
// The owner enters without a locked instruction: it says that it is inside, then reads the base. A thread that wants the
// stock moves the base to where no place is, then reads whether the owner is inside. One of the two must see the other, so both need a
// full barrier between their write and their read. The owner's is a light one, which stops the compiler only; the other
// thread pays for both with a heavy one (membarrier), which has every running thread of the process pass a full barrier.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#define NDISPOOL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NDISPOOL_THREAD_SANITIZER 1
#endif
#endif

namespace ndispool::pool::detail {

// The machine a pool runs on. Searches put a model in its place (ndispool/pool/model_machine.h).
struct Native {
    template <class T> using Atomic = std::atomic<T>;
    template <class T> using Plain = T;

    static constexpr std::uint32_t magazine = 32; // descriptors that are kept, folded or handed over at a time
    static constexpr std::uint32_t calm = 64;     // turns to the depot after which a slot may keep more again, at first
    static constexpr std::uint32_t share = 8;     // a slot keeps at most this part of a pool that others use too
    static constexpr std::uint8_t bearable = 2;   // times in a row that threads may soon need what others keep
    static constexpr std::uint32_t patience =
        1 << 14;                     // operations of a thread that needs nothing of others before a crowd is over
    static constexpr int tries = 16; // of what a thread that runs right then can thwart

#ifdef NDISPOOL_THREAD_SANITIZER
    // It does not know barriers; as single operations these do the same.
    static constexpr std::memory_order enter = std::memory_order_seq_cst, look = std::memory_order_seq_cst;
    static void light_barrier() noexcept {}
#else
    static constexpr std::memory_order enter = std::memory_order_relaxed, look = std::memory_order_acquire;
    static void light_barrier() noexcept {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
#endif
    static void copy(void** to, void* const* from, std::size_t count) noexcept {
        if (count != 0) // memcpy wants no null, not even of nothing
            std::memcpy(to, from, count * sizeof(void*));
    }

    // What only the slow path needs: ndispool/pool/native.h.
    class Lock;
    static void full_barrier() noexcept;
    static void heavy_barrier() noexcept;
    static void relax() noexcept;
};

// Of descriptors, since the pool was made. In a slot the highest bit says that the owner is inside.
template <class P> struct Counters {
    typename P::template Atomic<std::uint64_t> allocations{0};
    typename P::template Atomic<std::uint64_t> frees{0};
};
inline constexpr std::uint64_t inside = std::uint64_t{1} << 63;

// Magazines of free descriptors, each folded into one of its own (ndispool/pool/fold.h).
struct Chain {
    static constexpr std::uint16_t end = 0xFFFF; // no index: a pool has at most that many descriptors
    std::uint16_t first = end;                   // index of the descriptor that has the newest
    std::uint16_t magazines = 0;
};

template <class P> class alignas(64) Slot : public Counters<P> {
  public:
    static constexpr std::uint32_t capacity = 2 * P::magazine;

    Slot() noexcept { descriptors_[highest] = nullptr; }

    // False: the stock is down to its floor, or blocked.
    [[gnu::always_inline]] bool take(void*& descriptor) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const std::uint64_t top = base() + own(this->frees) - taken;
        void* const newest = top <= highest ? static_cast<void*>(descriptors_[top]) : nullptr;
        if (newest == nullptr) [[unlikely]] {
            leave(this->allocations, taken);
            return false;
        }
        descriptor = newest;
        leave(this->allocations, taken + 1);
        return true;
    }

    // All or nothing.
    [[gnu::always_inline]] bool take(std::span<void*> out) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const std::uint64_t top = base() + own(this->frees) - taken;
        if (top > highest || top - lowest_ < out.size()) [[unlikely]] {
            leave(this->allocations, taken);
            return false;
        }
        P::copy(out.data(), &descriptors_[top + 1 - out.size()], out.size());
        leave(this->allocations, taken + out.size());
        return true;
    }

    // False: the stock is at its limit, or blocked.
    [[gnu::always_inline]] bool give(void* descriptor) noexcept {
        const std::uint64_t given = enter(this->frees);
        const std::uint64_t top = base() + given - own(this->allocations);
        if (top >= highest) [[unlikely]] {
            leave(this->frees, given);
            return false;
        }
        descriptors_[top + 1] = descriptor;
        leave(this->frees, given + 1);
        return true;
    }

    // All or nothing.
    [[gnu::always_inline]] bool give(std::span<void* const> descriptors) noexcept {
        return give(descriptors.size(), [descriptors](auto* to) {
            P::copy(to, descriptors.data(), descriptors.size());
            return true;
        });
    }
    // copy(to) copies that many to their place, and may still say no.
    template <class Copy> [[gnu::always_inline]] bool give(std::size_t number, Copy copy) noexcept {
        const std::uint64_t given = enter(this->frees);
        const std::uint64_t top = base() + given - own(this->allocations);
        if (top + number > highest || !copy(&descriptors_[top + 1])) [[unlikely]] {
            leave(this->frees, given);
            return false;
        }
        leave(this->frees, given + number);
        return true;
    }

    // Spare magazines come in and go out without the pool's lock. unfold(chain, magazine) fills in the newest of the chain,
    // fold(chain, magazine) adds the oldest of the stock to it. False: the stock has no room for a magazine, no spare one
    // may be used, or the slot is blocked.
    template <class Unfold> bool refill(Unfold unfold) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const std::uint64_t top = base() + own(this->frees) - taken;
        const bool may = top <= highest - P::magazine && spare_.magazines != 0 && spare() >= slack_ + P::magazine;
        if (may)
            put_below(stock_after(taken), unfold);
        leave(this->allocations, taken);
        return may;
    }
    // False: the stock does not exceed a magazine, there are as many spare ones as may be, or the slot is blocked.
    template <class Fold> bool stow(Fold fold) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const std::uint64_t top = base() + own(this->frees) - taken;
        const bool may = top <= highest && top > lift_ + P::magazine && spare_.magazines < most_magazines_;
        if (may)
            drop_below(stock_after(taken), fold);
        leave(this->allocations, taken);
        return may;
    }

    // All below: with the pool locked, see above.

    // Keeps the owner out. The heavy barrier that follows pairs with the light one in enter(). In one step, as the owner may
    // be changing the base.
    void block() noexcept { base_.fetch_add(blocked, P::enter); }
    // Release pairs with the acquire in base(): the owner sees what was done to the stock.
    void unblock() noexcept { base_.fetch_sub(blocked, std::memory_order_release); }

    // The owner is not inside. Acquire pairs with the release in leave().
    [[nodiscard]] bool quiet() const noexcept {
        return ((this->allocations.load(P::look) | this->frees.load(P::look)) & inside) == 0;
    }

    [[nodiscard]] std::uint32_t stock() const noexcept { return stock_after(own(this->allocations)); }
    // On top; there must be room.
    void put(void* descriptor) noexcept {
        const Uncovered here(*this);
        descriptors_[lift_ + stock() + 1] = descriptor;
        change_base(1);
    }
    // From the top; there must be one.
    [[nodiscard]] void* pick() noexcept {
        const Uncovered here(*this);
        void* const newest = descriptors_[lift_ + stock()];
        change_base(-1);
        return newest;
    }
    // The oldest ones, first to last, then the others move down. There must be that many.
    template <class Sink> void drop_oldest(std::uint32_t number, Sink sink) noexcept {
        const Uncovered here(*this);
        const std::uint32_t all = stock();
        for (std::uint32_t i = 1; i <= number; ++i)
            sink(static_cast<void*>(descriptors_[lift_ + i]));
        for (std::uint32_t i = number + 1; i <= all; ++i)
            descriptors_[lift_ + i - number] = static_cast<void*>(descriptors_[lift_ + i]);
        change_base(-std::int64_t{number});
    }
    template <class Visit> void for_each(Visit visit) {
        const Uncovered here(*this);
        for (std::uint32_t i = 1; i <= stock(); ++i)
            visit(static_cast<void*>(descriptors_[lift_ + i]));
    }
    // refill and stow, where their conditions are known to hold.
    template <class Unfold> void put_magazine(Unfold unfold) noexcept {
        lift_to(std::min(lift_, highest - P::magazine - stock()));
        put_below(stock(), unfold);
    }
    template <class Fold> void drop_magazine(Fold fold) noexcept { drop_below(stock(), fold); }
    [[nodiscard]] Chain& spare_chain() noexcept { return spare_; }
    [[nodiscard]] std::uint32_t kept() const noexcept { return stock() + spare(); }

    // The owner took or gave without its stock, which stays what it is.
    void count_allocations(std::uint64_t descriptors) noexcept {
        change_base(static_cast<std::int64_t>(descriptors));
        count(this->allocations, descriptors);
    }
    void count_frees(std::uint64_t descriptors) noexcept {
        change_base(-static_cast<std::int64_t>(descriptors));
        count(this->frees, descriptors);
    }

    // The owner comes to the pool's lock before it keeps fewer than that many.
    [[nodiscard]] std::uint32_t slack() const noexcept { return slack_; }
    void set_slack(std::uint32_t descriptors) noexcept {
        const Uncovered here(*this);
        slack_ = descriptors;
    }
    // And before its stock is larger than that, or than it is now, with so many spare magazines.
    void set_limit(std::uint32_t descriptors, std::uint32_t magazines) noexcept {
        most_magazines_ = static_cast<std::uint16_t>(magazines);
        lift_to(highest - std::max(descriptors, stock()));
    }

    // By the only writer of the counter. Release pairs with the acquire of who sums up; who then reads a usage sees what
    // the holders did before their frees.
    static void count(typename P::template Atomic<std::uint64_t>& counter, std::uint64_t descriptors) noexcept {
        counter.store(own(counter) + descriptors, std::memory_order_release);
    }

  private:
    template <class T> using Atomic = typename P::template Atomic<T>;
    template <class T> using Plain = typename P::template Plain<T>;
    using Base = unsigned long long; // a type that nothing else here has, so that a model knows what it is

    static constexpr Base blocked = Base{1} << 63;
    // The newest is at this place if the stock is as large as can be; the oldest is then at the beginning of a line, so that
    // bulks move whole lines.
    static constexpr std::uint32_t highest = 7 + capacity;

    // While there is one the floor is not covered: everything that is in stock is where it belongs.
    class Uncovered {
      public:
        explicit Uncovered(Slot& slot) noexcept : slot_(slot) {
            if (slot.lowest_ != slot.lift_)
                slot.descriptors_[slot.lowest_] = static_cast<void*>(slot.covered_);
        }
        ~Uncovered() {
            Slot& slot = slot_;
            const std::uint32_t spare = slot.spare();
            slot.lowest_ = slot.lift_ + (slot.slack_ > spare ? std::min(slot.slack_ - spare, slot.stock()) : 0);
            if (slot.lowest_ == slot.lift_)
                return;
            slot.covered_ = static_cast<void*>(slot.descriptors_[slot.lowest_]);
            slot.descriptors_[slot.lowest_] = nullptr;
        }
        Uncovered(const Uncovered&) = delete;
        Uncovered& operator=(const Uncovered&) = delete;

      private:
        Slot& slot_;
    };

    // Relaxed: read by its only writer, or while that is kept out.
    template <class T> [[gnu::always_inline]] static T own(const Atomic<T>& counter) noexcept {
        return counter.load(std::memory_order_relaxed);
    }
    // Before anything else of the stock is read; pairs with unblock().
    [[gnu::always_inline]] Base base() const noexcept { return base_.load(P::look); }
    // By who has the stock. Relaxed: unblock() publishes it.
    void change_base(std::int64_t by) noexcept {
        base_.store(own(base_) + static_cast<Base>(by), std::memory_order_relaxed);
    }

    [[gnu::always_inline]] static std::uint64_t enter(Atomic<std::uint64_t>& counter) noexcept {
        const std::uint64_t before = own(counter);
        counter.store(before | inside, P::enter);
        P::light_barrier();
        return before;
    }
    // Release pairs with the acquires in quiet() and of who sums up. The owner touches nothing of the pool after this.
    [[gnu::always_inline]] static void leave(Atomic<std::uint64_t>& counter, std::uint64_t after) noexcept {
        counter.store(after, std::memory_order_release);
    }

    // The mark of a blocked one is above what this keeps.
    [[nodiscard]] std::uint32_t stock_after(std::uint64_t allocations) const noexcept {
        return static_cast<std::uint32_t>(own(base_) + own(this->frees) - allocations) - lift_;
    }
    [[nodiscard]] std::uint32_t spare() const noexcept { return spare_.magazines * P::magazine; }

    // Stock and all move up or down together, the null below included.
    void lift_to(std::uint32_t lift) noexcept {
        if (lift == lift_)
            return;
        const Uncovered here(*this);
        const std::uint32_t all = stock();
        for (std::uint32_t i = 0; i <= all; ++i) {
            const std::uint32_t from = lift < lift_ ? i : all - i;
            descriptors_[lift + from] = static_cast<void*>(descriptors_[lift_ + from]);
        }
        change_base(std::int64_t{lift} - lift_);
        lift_ = lift;
    }
    // The base is changed in one step, as the owner may be about to be blocked.
    template <class Unfold> void put_below(std::uint32_t stock, Unfold unfold) noexcept {
        const Uncovered here(*this);
        for (std::uint32_t i = lift_ + stock; i != lift_; --i)
            descriptors_[i + P::magazine] = static_cast<void*>(descriptors_[i]);
        unfold(spare_, &descriptors_[lift_ + 1]);
        base_.fetch_add(P::magazine, std::memory_order_relaxed);
    }
    template <class Fold> void drop_below(std::uint32_t stock, Fold fold) noexcept {
        const Uncovered here(*this);
        fold(spare_, &descriptors_[lift_ + 1]);
        for (std::uint32_t i = lift_ + P::magazine + 1; i <= lift_ + stock; ++i)
            descriptors_[i - P::magazine] = static_cast<void*>(descriptors_[i]);
        base_.fetch_sub(P::magazine, std::memory_order_relaxed);
    }

    // Changed with the pool locked, or by the owner inside; read by the owner inside. The base is atomic, as it says whether
    // the slot is blocked.
    Atomic<Base> base_{highest};
    Chain spare_;
    std::uint16_t most_magazines_ = 0;
    std::uint32_t slack_ = 0;
    // Of the places, those up to lift_ are not used, so that a full stock always ends at the same one; the one at lift_ is
    // null, and so is lowest_, where the floor is. If that is another one, covered_ is what belongs there.
    std::uint32_t lift_ = highest;
    std::uint32_t lowest_ = highest;
    Plain<void*> covered_;

  public:
    bool owned = false;     // with the pool locked
    Slot* next = nullptr;   // constant once the slot is listed
    void* thread = nullptr; // under the lock of thread_slots.cpp

  private:
    alignas(64) Plain<void*> descriptors_[highest + 1];
};

// Pools there can be at a time.
inline constexpr std::uint32_t max_pools = 0x10000;

// Of each pool number a thread has an entry, which says where its slot is. Entries are as far apart as the pools themselves,
// which lie one after the other, so that an entry is found by the pool's address alone.
struct Entry {
    static constexpr std::size_t distance = 64; // bytes
    Slot<Native>* slot;
};

// From the first word of a pool to the calling thread's entry for it; only the thread reads or writes it without a lock. 0 for a
// thread that has no entries yet: it finds the pool's first word itself, which is null.
// In the part of thread-local memory that is reached without a call.
extern constinit thread_local std::ptrdiff_t to_this_threads_entry
    __attribute__((tls_model("initial-exec"), visibility("default")));

// Equal-sized descriptors one after another. Three words say all of it, since what a free checks costs in loads.
class Row {
  public:
    constexpr Row() noexcept = default; // empty
    // `start` is a multiple of 64, the stride is one, and the count at most 65,535.
    Row(std::byte* start, std::size_t stride, std::uint32_t count) noexcept
        : place_(reinterpret_cast<std::uintptr_t>(start) | std::uint64_t{count} << count_at |
                 static_cast<unsigned>(std::countr_zero(stride))),
          stride_(stride), inverse_(stride >> std::countr_zero(stride)) {
        const std::uint64_t odd = inverse_; // right in 3 bits; each round of Newton's doubles that
        for (int bits = 3; bits < 64; bits *= 2)
            inverse_ *= 2 - odd * inverse_;
    }

    [[nodiscard]] std::byte* start() const noexcept { return reinterpret_cast<std::byte*>(place_ & start_mask); }
    [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(place_ >> count_at); }
    [[nodiscard]] std::size_t stride() const noexcept { return stride_; } // bytes

    // Below count(), for the start of a descriptor; any other pointer gives something that is not.
    // Exact division: stride = odd << shift, and a multiple of it times the inverse of odd has `shift` zeros at its end.
    [[nodiscard]] std::uint64_t index_of(const void* pointer) const noexcept {
        const auto offset = reinterpret_cast<std::uintptr_t>(pointer) - (place_ & start_mask);
        return std::rotr(offset * inverse_, static_cast<int>(place_ % 64));
    }
    [[nodiscard]] bool begins(const void* pointer) const noexcept { return index_of(pointer) < place_ >> count_at; }
    [[nodiscard]] void* at(std::size_t index) const noexcept { return start() + index * stride_; }

    // Says whether each points into the row, having copied them.
    [[gnu::always_inline]] bool copy_all(void** to, std::span<void* const> from) const noexcept {
        using Two = std::uint64_t __attribute__((vector_size(16)));
        const std::uint64_t first = place_ & start_mask, bytes = stride_ * count();
        Two two, bits{};
        std::size_t i = 0;
        for (; i + 2 <= from.size(); i += 2) {
            std::memcpy(&two, &from[i], sizeof two);
            std::memcpy(&to[i], &two, sizeof two);
            bits |= two - first;
        }
        std::uint64_t all = bits[0] | bits[1];
        if (i != from.size()) {
            to[i] = from[i];
            all |= reinterpret_cast<std::uintptr_t>(from[i]) - first;
        }
        // No offset exceeds all their bits together. Where these do not settle it, the offsets are looked at one by one.
        return all < bytes || std::ranges::all_of(from, [&](void* each) {
                   return reinterpret_cast<std::uintptr_t>(each) - first < bytes;
               });
    }

  private:
    static constexpr int count_at = 48;
    static constexpr std::uint64_t start_mask = (std::uint64_t{1} << count_at) - 64;

    // count, start and shift: no address of a program has any of the upper 16 bits, nor a multiple of 64 of the lower 6.
    std::uint64_t place_ = 6;
    std::uint64_t stride_ = 64;
    std::uint64_t inverse_ = 1; // of stride >> shift, modulo 2^64
};

} // namespace ndispool::pool::detail
