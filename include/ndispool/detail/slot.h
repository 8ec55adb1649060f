// What a thread keeps of a pool for itself: a small stock of free descriptors and two counters. Taking from the stock and
// giving to it is the fast path of every pool; it is here so that it can be inlined, and no program uses it by itself.
//
//   Callers:   the thread that owns the slot calls take, give, refill and stow. Everything else is called with the pool
//              locked, by the owner (which is then not inside one of these), or by another thread after block() and a
//              heavy barrier, when quiet() has been true.
//   Holds:     stock == base + frees - allocations. The counters only grow, and only the owner writes them: what take
//              needs to know next does not wait for what give wrote last, and the other way round.
//
// The owner enters without a locked instruction: it says that it is inside, then reads how far it may go. A thread that
// wants the stock forbids that, then reads whether the owner is inside. One of the two must see the other, so both need a
// full barrier between their write and their read. The owner's is a light one, which stops the compiler only; the other
// thread pays for both with a heavy one (membarrier), which has every running thread of the process pass a full barrier.
#pragma once

#include <atomic>
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
    static constexpr int tries = 16;              // of what a thread that runs right then can thwart

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

    // False: the stock is down to its floor, or blocked.
    [[gnu::always_inline]] bool take(void*& descriptor) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const std::uint32_t floor = floor_.load(P::look); // before base_; pairs with unblock()
        const std::uint64_t stock = own(base_) + own(this->frees) - taken;
        if (stock <= floor) [[unlikely]] {
            leave(this->allocations, taken);
            return false;
        }
        descriptor = descriptors_[stock - 1];
        leave(this->allocations, taken + 1);
        return true;
    }

    // All or nothing.
    [[gnu::always_inline]] bool take(std::span<void*> out) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const std::uint32_t floor = floor_.load(P::look); // as above
        const std::uint64_t stock = own(base_) + own(this->frees) - taken;
        if (stock < floor + out.size()) [[unlikely]] {
            leave(this->allocations, taken);
            return false;
        }
        P::copy(out.data(), &descriptors_[stock - out.size()], out.size());
        leave(this->allocations, taken + out.size());
        return true;
    }

    // False: the stock is at its limit, or blocked.
    [[gnu::always_inline]] bool give(void* descriptor) noexcept {
        const std::uint64_t given = enter(this->frees);
        const std::uint32_t limit = limit_.load(P::look); // as above
        const std::uint64_t stock = own(base_) + given - own(this->allocations);
        if (stock >= limit) [[unlikely]] {
            leave(this->frees, given);
            return false;
        }
        descriptors_[stock] = descriptor;
        leave(this->frees, given + 1);
        return true;
    }

    // All or nothing.
    [[gnu::always_inline]] bool give(std::span<void* const> descriptors) noexcept {
        const std::uint64_t given = enter(this->frees);
        const std::uint32_t limit = limit_.load(P::look); // as above
        const std::uint64_t stock = own(base_) + given - own(this->allocations);
        if (stock + descriptors.size() > limit) [[unlikely]] {
            leave(this->frees, given);
            return false;
        }
        P::copy(&descriptors_[stock], descriptors.data(), descriptors.size());
        leave(this->frees, given + descriptors.size());
        return true;
    }

    // Spare magazines come in and go out without the pool's lock. unfold(chain, magazine) fills in the newest of the chain,
    // fold(chain, magazine) adds the oldest of the stock to it. False: the stock has no room for a magazine, no spare one
    // may be used, or the slot is blocked.
    template <class Unfold> bool refill(Unfold unfold) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const bool may = floor_.load(P::look) != none && spare_.magazines != 0 && spare() >= slack_ + P::magazine &&
                         stock_after(taken) <= P::magazine;
        if (may)
            put_below(stock_after(taken), unfold);
        leave(this->allocations, taken);
        return may;
    }
    // False: the stock does not exceed a magazine, there are as many spare ones as may be, or the slot is blocked.
    template <class Fold> bool stow(Fold fold) noexcept {
        const std::uint64_t taken = enter(this->allocations);
        const bool may =
            floor_.load(P::look) != none && spare_.magazines < most_magazines_ && stock_after(taken) > P::magazine;
        if (may)
            drop_below(stock_after(taken), fold);
        leave(this->allocations, taken);
        return may;
    }

    // All below: with the pool locked, see above.

    // Keeps the owner out. The heavy barrier that follows pairs with the light one in enter().
    void block() noexcept {
        blocked_ = true;
        floor_.store(none, P::enter);
        limit_.store(0, P::enter);
    }
    // Release pairs with the acquire in take and give: the owner sees what was done to the stock.
    void unblock() noexcept {
        blocked_ = false;
        floor_.store(open_floor_, std::memory_order_release);
        limit_.store(open_limit_, std::memory_order_release);
    }

    // The owner is not inside. Acquire pairs with the release in leave().
    [[nodiscard]] bool quiet() const noexcept {
        return ((this->allocations.load(P::look) | this->frees.load(P::look)) & inside) == 0;
    }

    [[nodiscard]] std::uint32_t stock() const noexcept { return stock_after(own(this->allocations)); }
    // On top; there must be room.
    void put(void* descriptor) noexcept {
        descriptors_[stock()] = descriptor;
        change_base(own(base_) + 1);
    }
    // From the top; there must be one.
    [[nodiscard]] void* pick() noexcept {
        change_base(own(base_) - 1);
        return descriptors_[stock()];
    }
    // The oldest ones, first to last, then the others move down. There must be that many.
    template <class Sink> void drop_oldest(std::uint32_t number, Sink sink) noexcept {
        const std::uint32_t all = stock();
        for (std::uint32_t i = 0; i < number; ++i)
            sink(static_cast<void*>(descriptors_[i]));
        for (std::uint32_t i = number; i < all; ++i)
            descriptors_[i - number] = static_cast<void*>(descriptors_[i]);
        change_base(own(base_) - number);
    }
    template <class Visit> void for_each(Visit visit) const {
        for (std::uint32_t i = 0; i < stock(); ++i)
            visit(static_cast<void*>(descriptors_[i]));
    }
    // refill and stow, where their conditions are known to hold.
    template <class Unfold> void put_magazine(Unfold unfold) noexcept { put_below(stock(), unfold); }
    template <class Fold> void drop_magazine(Fold fold) noexcept { drop_below(stock(), fold); }
    [[nodiscard]] Chain& spare_chain() noexcept { return spare_; }
    [[nodiscard]] std::uint32_t kept() const noexcept { return stock() + spare(); }

    // The owner took or gave without its stock, which stays what it is.
    void count_allocations(std::uint64_t descriptors) noexcept {
        change_base(own(base_) + descriptors);
        count(this->allocations, descriptors);
    }
    void count_frees(std::uint64_t descriptors) noexcept {
        change_base(own(base_) - descriptors);
        count(this->frees, descriptors);
    }

    // The owner comes to the pool's lock before it keeps fewer than that many. Not more than it keeps.
    [[nodiscard]] std::uint32_t slack() const noexcept { return slack_; }
    void set_slack(std::uint32_t descriptors) noexcept {
        slack_ = descriptors;
        open_floor_ = slack_ > spare() ? slack_ - spare() : 0;
        if (!blocked_)
            floor_.store(open_floor_, std::memory_order_release); // pairs as in unblock()
    }
    // And before its stock is larger than that, with so many spare magazines.
    void set_limit(std::uint32_t descriptors, std::uint32_t magazines) noexcept {
        most_magazines_ = static_cast<std::uint16_t>(magazines);
        open_limit_ = descriptors;
        if (!blocked_)
            limit_.store(descriptors, std::memory_order_release); // pairs as in unblock()
    }

    // By the only writer of the counter. Release pairs with the acquire of who sums up; who then reads a usage sees what
    // the holders did before their frees.
    static void count(typename P::template Atomic<std::uint64_t>& counter, std::uint64_t descriptors) noexcept {
        counter.store(own(counter) + descriptors, std::memory_order_release);
    }

  private:
    template <class T> using Atomic = typename P::template Atomic<T>;
    template <class T> using Plain = typename P::template Plain<T>;

    static constexpr std::uint32_t none = 0xFFFFFFFF; // no stock is above

    // Relaxed: read by its only writer, or while that is kept out.
    [[gnu::always_inline]] static std::uint64_t own(const Atomic<std::uint64_t>& counter) noexcept {
        return counter.load(std::memory_order_relaxed);
    }
    // Relaxed: unblock() publishes it.
    void change_base(std::uint64_t base) noexcept { base_.store(base, std::memory_order_relaxed); }

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

    [[nodiscard]] std::uint32_t stock_after(std::uint64_t allocations) const noexcept {
        return static_cast<std::uint32_t>(own(base_) + own(this->frees) - allocations);
    }
    [[nodiscard]] std::uint32_t spare() const noexcept { return spare_.magazines * P::magazine; }
    template <class Unfold> void put_below(std::uint32_t stock, Unfold unfold) noexcept {
        for (std::uint32_t i = stock; i != 0; --i)
            descriptors_[i - 1 + P::magazine] = static_cast<void*>(descriptors_[i - 1]);
        unfold(spare_, descriptors_);
        change_base(own(base_) + P::magazine);
    }
    template <class Fold> void drop_below(std::uint32_t stock, Fold fold) noexcept {
        fold(spare_, descriptors_);
        for (std::uint32_t i = P::magazine; i < stock; ++i)
            descriptors_[i - P::magazine] = static_cast<void*>(descriptors_[i]);
        change_base(own(base_) - P::magazine);
    }

    // Changed with the pool locked, or by the owner inside. Atomic, as an owner that is kept out reads it all the same, and
    // then for nothing.
    Atomic<std::uint64_t> base_{0};
    Atomic<std::uint32_t> floor_{0};
    Atomic<std::uint32_t> limit_{0};
    Chain spare_; // changed like base_

    // With the pool locked; most_magazines_ and slack_ are read by the owner inside, too.
    std::uint16_t most_magazines_ = 0;
    bool blocked_ = false;
    std::uint32_t slack_ = 0;
    std::uint32_t open_floor_ = 0; // what they are while the slot is not blocked
    std::uint32_t open_limit_ = 0;

  public:
    bool owned = false;     // with the pool locked
    Slot* next = nullptr;   // constant once the slot is listed
    void* thread = nullptr; // under the lock of thread_slots.cpp

  private:
    alignas(64) Plain<void*> descriptors_[capacity];
};

// Pools there can be at a time.
inline constexpr std::uint32_t max_pools = 0x40000;

// Where a thread's slots are: the slot of pool number i is [i]. Only the thread reads it without a lock. A thread that has
// no table yet has this one, in which all are null; nobody writes to it.
extern Slot<Native>* no_slots[max_pools] __attribute__((visibility("default")));

// In the part of thread-local memory that is reached without a call.
extern constinit thread_local Slot<Native>** this_thread
    __attribute__((tls_model("initial-exec"), visibility("default")));

// Equal-sized descriptors one after another.
struct Row {
    std::byte* start = nullptr;
    std::size_t stride = 64; // bytes
    std::uint32_t count = 0;

    // Below count, for the start of a descriptor; any other pointer gives something that is not.
    // Exact division: stride = odd << shift, and a multiple of it times the inverse of odd has `shift` zeros at its end.
    [[nodiscard]] std::uint64_t index_of(const void* pointer) const noexcept {
        const auto offset = reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(start);
        const std::uint64_t quotient = offset * inverse;
        return quotient >> shift | quotient << ((64 - shift) % 64);
    }
    [[nodiscard]] void* at(std::size_t index) const noexcept { return start + index * stride; }

    // Each points into the row. Neither its offset nor what the offset lacks of the last byte's is negative.
    [[nodiscard]] bool has_all(std::span<void* const> pointers) const noexcept {
        using Two = std::uint64_t __attribute__((vector_size(16)));
        const std::uint64_t first = reinterpret_cast<std::uintptr_t>(start), last = first + stride * count - 1;
        Two outside{};
        std::size_t i = 0;
        for (; i + 2 <= pointers.size(); i += 2) {
            Two two;
            std::memcpy(&two, &pointers[i], sizeof two);
            outside |= (two - first) | (last - two);
        }
        std::uint64_t any = outside[0] | outside[1];
        if (i != pointers.size()) {
            const auto one = reinterpret_cast<std::uintptr_t>(pointers[i]);
            any |= (one - first) | (last - one);
        }
        return static_cast<std::int64_t>(any) >= 0;
    }

    std::uint64_t inverse = 1; // of stride >> shift, modulo 2^64
    unsigned shift = 6;
};

} // namespace ndispool::pool::detail
