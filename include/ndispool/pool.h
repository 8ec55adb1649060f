// A pool of equal-sized descriptors: a fixed number of them, and some more (overflow) for peaks. Free-standing: it
// knows neither packets nor NDIS.
//
//   Callers:   any thread, at any time; threads come and go freely, and any thread may free what any other allocated.
//              Not from a signal handler, and not in the child of a fork that did not exec. The owner alone destroys the
//              pool.
//   Holds:
//     strict   allocate fails only if at some instant during the call every descriptor was allocated (or, for overflow,
//              memory was refused by the system). No descriptor is ever stranded in another thread's cache.
//     exact    in_use returns a value that was the number of allocated descriptors at some instant during the call;
//              after all frees have returned, every thread reads 0.
//     bounded  no operation waits for a thread that is not itself inside an operation on this pool.
//     static first   overflow descriptors are taken only while every static one is out. Their memory comes from the
//              system when they are needed and goes back when they are free: after a peak the pool holds what it held
//              before.
//     small    descriptors x stride + 8 KiB + 1 KiB for each thread that uses the pool at the same time. The stride is
//              the size, rounded up to the alignment and to 64 bytes: no two descriptors share a cache line. Of no pool
//              alone: a thread has one page of 4 KiB for every 64 pools it uses, or fewer.
//   Cost:      a thread takes from and gives to a stock of its own, without a locked instruction; every 32 descriptors
//              or so that go one way it turns to what all threads share. Who finds that empty while other stocks are not
//              pays some microseconds. docs/decisions/pool.md tells how that works, docs/performance.md what it costs.
//     harmless a free of what is not the start of a descriptor of this pool is refused and changes nothing; within a bulk
//              only what lies outside the descriptors' memory is.
//   Not here:  what a descriptor contains: a new one is not cleared, and the last 64 bytes of one that is free are the
//              pool's. That each descriptor is freed once, by who has it: to notice a second free of a static one would
//              cost a bulk more than all it does. It would give the descriptor two holders; packet pools do notice.
#pragma once

#include "ndispool/detail/slot.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace ndispool::pool {

inline constexpr std::uint32_t max_capacity = 0xFFFF;

struct Shape {
    std::uint32_t descriptors = 0; // static: their memory is taken when the pool is created
    std::uint32_t overflow = 0;    // at most max_capacity - descriptors
    std::size_t size = 0;          // bytes of one descriptor, at least 1
    std::size_t alignment = 64;    // of every descriptor: a power of two, at most 4096
};

// The pool at one instant. At every instant in_use == allocations - frees.
struct Snapshot {
    Shape shape;
    std::uint32_t in_use = 0; // static and overflow together
    // The highest in_use there was. While several threads use the pool it may stay behind by what their stocks held, at
    // most 512 for each; with one, or once somebody wanted a static descriptor while all were out, it does not.
    std::uint32_t peak = 0;
    std::uint32_t overflow_in_use = 0;
    std::uint32_t overflow_peak = 0;
    std::uint64_t allocations = 0; // descriptors, not calls
    std::uint64_t frees = 0;       // likewise
    std::uint64_t refusals = 0;    // calls of allocate that gave fewer than asked, and of reserve that gave none
    std::size_t bytes = 0;         // memory held for static and overflow descriptors and their bookkeeping
};

// Where a pool's memory comes from. Both members are called by many threads at once, never while the pool is locked.
class [[gnu::visibility("default")]] Pages {
  public:
    // Zeroed memory aligned to 4096 bytes, or null: refused. `bytes` is a multiple of 4096 and not 0.
    [[nodiscard]] virtual void* map(std::size_t bytes) noexcept = 0;
    virtual void unmap(void* start, std::size_t bytes) noexcept = 0;

  protected:
    ~Pages() = default; // not virtual: the system's are never destroyed, a pool may outlive main
};

// Anonymous memory of the process; it is used up only where it is touched.
[[nodiscard, gnu::visibility("default")]] Pages& system_pages() noexcept;

class Reservation;

class [[gnu::visibility("default")]] Pool {
  public:
    // Null: memory was refused, or `shape` breaks one of the rules written beside its members. `pages` outlives the
    // pool.
    [[nodiscard]] static std::unique_ptr<Pool> create(const Shape& shape, Pages& pages = system_pages()) noexcept;

    // Releases all memory, that of descriptors still out included: who may hold one decides when. A pool may be
    // destroyed as soon as in_use returned 0, even though the free that made it so is still returning in another
    // thread.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    static void operator delete(void* pool) noexcept; // after the destructor

    // Null: the pool is dry.
    [[nodiscard]] void* allocate() noexcept {
        void* descriptor = allocate_at_once();
        return descriptor != nullptr ? descriptor : allocate_slowly();
    }
    // From the calling thread's own stock. Null: that is empty now, and allocate() has to be asked.
    [[nodiscard]] void* allocate_at_once() noexcept {
        void* descriptor;
        if (detail::Slot<detail::Native>* slot = slot_here()) [[likely]]
            if (slot->take(descriptor)) [[likely]]
                return descriptor;
        return nullptr;
    }

    // Fills the front of `out` and says how many. Fewer than asked only if the pool ran dry.
    [[nodiscard]] std::size_t allocate(std::span<void*> out) noexcept {
        if (detail::Slot<detail::Native>* slot = slot_here()) [[likely]]
            if (slot->take(out)) [[likely]]
                return out.size();
        return allocate_slowly(out);
    }

    // Cannot fail for what allocate gave. False: no descriptor of this pool begins there; nothing was changed.
    bool free(void* descriptor) noexcept {
        return free_at_once(descriptor) || free_slowly(descriptor);
    }
    // Into the calling thread's own stock. False: that is full now, or it is no static descriptor; free() has to be asked.
    [[nodiscard]] bool free_at_once(void* descriptor) noexcept {
        return is_static(descriptor) && free_static_at_once(descriptor);
    }
    // For who knows that it is a static one.
    [[nodiscard]] bool free_static_at_once(void* descriptor) noexcept {
        if (detail::Slot<detail::Native>* slot = slot_here()) [[likely]]
            if (slot->give(descriptor)) [[likely]]
                return true;
        return false;
    }

    // Frees those that are this pool's, and says how many that were.
    std::size_t free(std::span<void* const> descriptors) noexcept {
        if (detail::Slot<detail::Native>* slot = slot_here()) [[likely]]
            if (slot->give(descriptors.size(), [&](void** to) { return row_.copy_all(to, descriptors); })) [[likely]]
                return descriptors.size();
        return free_slowly(descriptors);
    }

    // What the holders did before their frees is visible to who reads the usage that results.
    [[nodiscard]] std::uint32_t in_use() const noexcept;

    // Takes that many descriptors out of the pool at once, or none, for allocations that must not fail later. They are
    // in use from now on. None only if at some instant during the call fewer were free (or memory was refused): it is as
    // strict as allocate, and nobody sees any of those in use that it does not get in the end.
    [[nodiscard]] Reservation reserve(std::uint32_t descriptors) noexcept;

    // Sleeps until in_use is 0 at some instant. False: it was not within that time. While a thread waits, allocations
    // and frees of all threads take their slow path.
    bool wait_until_empty(std::chrono::nanoseconds limit) noexcept;

    [[nodiscard]] const Shape& shape() const noexcept;
    [[nodiscard]] std::uint32_t capacity() const noexcept;

    // The start of a static descriptor, out or not, or of an overflow descriptor that is out. Any pointer may be asked
    // about; it is not followed.
    [[nodiscard]] bool owns(const void* pointer) const noexcept;
    // The start of a static descriptor, out or not.
    [[nodiscard]] bool is_static(const void* pointer) const noexcept {
        return row_.begins(pointer);
    }
    // The start of a descriptor that is out. For those in doubt: it stops all threads that use the pool.
    [[nodiscard]] bool is_allocated(const void* pointer) const noexcept;

    // Shows every descriptor that was out at one instant, for leak reports. `visit` must not call this pool.
    void for_each_in_use(const std::function<void(void* descriptor)>& visit) const;

    [[nodiscard]] Snapshot snapshot() const noexcept;

  private:
    struct Core;
    explicit Pool(std::unique_ptr<Core> core) noexcept;
    static void* operator new(std::size_t, void* place) noexcept {
        return place;
    }

    // The calling thread's, or null: it has none yet.
    [[nodiscard]] detail::Slot<detail::Native>* slot_here() const noexcept {
        return reinterpret_cast<const detail::Entry*>(reinterpret_cast<std::uintptr_t>(this) +
                                                      static_cast<std::uintptr_t>(detail::to_this_threads_entry))
            ->slot;
    }
    void* allocate_slowly() noexcept;
    bool free_slowly(void* descriptor) noexcept;
    std::size_t allocate_slowly(std::span<void*> out) noexcept;
    std::size_t free_slowly(std::span<void* const> descriptors) noexcept;

    [[maybe_unused]] const detail::Entry no_entry_{}; // first: see to_this_threads_entry
    const detail::Row row_;                           // the static descriptors
    const std::unique_ptr<Core> core_;
};

// Descriptors that were taken out of a pool to be allocated later. The pool outlives it. One thread at a time.
class [[gnu::visibility("default")]] Reservation {
  public:
    Reservation() = default;
    Reservation(Reservation && other) noexcept
        : pool_(other.pool_), first_(std::exchange(other.first_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept {
        release();
        pool_ = other.pool_;
        first_ = std::exchange(other.first_, nullptr);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    // What was not allocated is free again.
    ~Reservation() {
        release();
    }

    // How many can still be allocated. 0 at once: the pool did not have them.
    [[nodiscard]] std::uint32_t size() const noexcept {
        return size_;
    }
    explicit operator bool() const noexcept {
        return size_ != 0;
    }

    // Null only if size() is 0. It is freed like any other.
    [[nodiscard]] void* allocate() noexcept {
        if (size_ == 0)
            return nullptr;
        --size_;
        void* descriptor = first_;
        std::memcpy(&first_, descriptor, sizeof first_);
        return descriptor;
    }
    void release() noexcept {
        while (void* descriptor = allocate())
            pool_->free(descriptor);
    }

  private:
    friend class Pool;
    Pool* pool_ = nullptr;
    void* first_ = nullptr; // each begins with the address of the next
    std::uint32_t size_ = 0;
};

} // namespace ndispool::pool
