// What a thread keeps of a pool for itself: a small stock of free descriptors and two counters. Taking from the stock and
// giving to it is the fast path of every pool; it is here so that it can be inlined, and no program uses it by itself.
//
//   Callers:   the thread that owns the slot calls take and give. Everything else is called with the pool locked, by the
//              owner (which is then not inside take or give), or by another thread after block() and a heavy barrier,
//              when quiet() has been true.
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

// The machine a pool runs on. Tests put a model in its place (relacy_test.cpp).
struct Native {
    template <class T> using Atomic = std::atomic<T>;
    template <class T> using Plain = T;

    static constexpr std::uint32_t magazine = 32; // descriptors that go to or come from the depot at a time
    static constexpr std::uint32_t calm = 64;     // turns to the depot after which a slot may keep more again

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

// Of descriptors, since the pool was made.
template <class P> struct Counters {
    typename P::template Atomic<std::uint64_t> allocations{0};
    typename P::template Atomic<std::uint64_t> frees{0};
};

template <class P> class alignas(64) Slot : public Counters<P> {
  public:
    static constexpr std::uint32_t capacity = 2 * P::magazine;

    // False: the stock is down to its floor, or blocked.
    [[gnu::always_inline]] bool take(void*& descriptor) noexcept {
        enter();
        const std::uint32_t floor = floor_.load(P::look); // before base_; pairs with unblock()
        const std::uint64_t taken = own(this->allocations);
        const std::uint64_t stock = own(base_) + own(this->frees) - taken;
        const bool there = stock > floor;
        if (there) [[likely]] {
            descriptor = descriptors_[stock - 1];
            this->allocations.store(taken + 1, std::memory_order_release); // pairs as in count()
        }
        leave();
        return there;
    }

    // All or nothing.
    [[gnu::always_inline]] bool take(std::span<void*> out) noexcept {
        enter();
        const std::uint32_t floor = floor_.load(P::look); // as above
        const std::uint64_t taken = own(this->allocations);
        const std::uint64_t stock = own(base_) + own(this->frees) - taken;
        const bool there = stock >= floor + out.size();
        if (there) [[likely]] {
            P::copy(out.data(), &descriptors_[stock - out.size()], out.size());
            this->allocations.store(taken + out.size(), std::memory_order_release); // pairs as in count()
        }
        leave();
        return there;
    }

    // False: the stock is at its limit, or blocked.
    [[gnu::always_inline]] bool give(void* descriptor) noexcept {
        enter();
        const std::uint32_t limit = limit_.load(P::look); // as above
        const std::uint64_t given = own(this->frees);
        const std::uint64_t stock = own(base_) + given - own(this->allocations);
        const bool room = stock < limit;
        if (room) [[likely]] {
            descriptors_[stock] = descriptor;
            this->frees.store(given + 1, std::memory_order_release); // pairs as in count()
        }
        leave();
        return room;
    }

    // All or nothing.
    [[gnu::always_inline]] bool give(std::span<void* const> descriptors) noexcept {
        enter();
        const std::uint32_t limit = limit_.load(P::look); // as above
        const std::uint64_t given = own(this->frees);
        const std::uint64_t stock = own(base_) + given - own(this->allocations);
        const bool room = stock + descriptors.size() <= limit;
        if (room) [[likely]] {
            P::copy(&descriptors_[stock], descriptors.data(), descriptors.size());
            this->frees.store(given + descriptors.size(), std::memory_order_release); // pairs as in count()
        }
        leave();
        return room;
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
    [[nodiscard]] bool quiet() const noexcept { return !inside_.load(P::look); }

    [[nodiscard]] std::uint32_t stock() const noexcept {
        return static_cast<std::uint32_t>(own(base_) + own(this->frees) - own(this->allocations));
    }
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

    // The owner took or gave without its stock, which stays what it is.
    void count_allocations(std::uint64_t descriptors) noexcept {
        change_base(own(base_) + descriptors);
        count(this->allocations, descriptors);
    }
    void count_frees(std::uint64_t descriptors) noexcept {
        change_base(own(base_) - descriptors);
        count(this->frees, descriptors);
    }

    // take leaves that many, give no more than that many.
    [[nodiscard]] std::uint32_t floor() const noexcept { return open_floor_; }
    void set_floor(std::uint32_t descriptors) noexcept {
        open_floor_ = descriptors;
        if (!blocked_)
            floor_.store(descriptors, std::memory_order_release); // pairs as in unblock()
    }
    void set_limit(std::uint32_t descriptors) noexcept {
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

    [[gnu::always_inline]] void enter() noexcept {
        inside_.store(true, P::enter);
        P::light_barrier();
    }
    // Release pairs with the acquire in quiet(). The owner touches nothing of the pool after this.
    [[gnu::always_inline]] void leave() noexcept { inside_.store(false, std::memory_order_release); }

    // Changed with the pool locked only. Atomic, as an owner that is kept out reads it all the same, and then for nothing.
    Atomic<std::uint64_t> base_{0};
    Atomic<std::uint32_t> floor_{0};
    Atomic<std::uint32_t> limit_{0};
    Atomic<bool> inside_{false};
    std::uint32_t open_floor_ = 0; // what they are while the slot is not blocked
    std::uint32_t open_limit_ = 0;
    bool blocked_ = false;

  public:
    bool owned = false;     // with the pool locked
    Slot* next = nullptr;   // constant once the slot is listed
    void* thread = nullptr; // under the lock of thread_slots.cpp

  private:
    alignas(64) Plain<void*> descriptors_[capacity];
};

// Where a thread's slots are: the slot of pool number i is slots[i]. Only the thread reads it without a lock.
struct ThreadSlots {
    Slot<Native>** slots = nullptr;
    std::uint32_t size = 0;
};

// In the part of thread-local memory that is reached without a call.
extern constinit thread_local ThreadSlots this_thread __attribute__((tls_model("initial-exec"), visibility("default")));

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
        const std::uint64_t last = stride * count - 1;
        std::uint64_t outside = 0;
        for (void* pointer : pointers) {
            const auto offset = reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(start);
            outside |= offset | (last - offset);
        }
        return static_cast<std::int64_t>(outside) >= 0;
    }

    std::uint64_t inverse = 1; // of stride >> shift, modulo 2^64
    unsigned shift = 6;
};

} // namespace ndispool::pool::detail
