// A pool of equal-sized descriptors: a fixed number of them, and some more (overflow) for peaks. Free-standing: it
// knows neither packets nor NDIS, and never reads or writes a descriptor.
//
//   Callers:   any thread, at any time; threads come and go freely, and any thread may free what any other allocated.
//              Not from a signal handler. The owner alone destroys the pool.
//   Holds:
//     strict   allocate fails only if at some instant during the call every descriptor was allocated (or, for overflow,
//              memory was refused by the system). No descriptor is ever stranded in another thread's cache.
//     exact    in_use returns a value that was the number of allocated descriptors at some instant during the call;
//              after all frees have returned, every thread reads 0.
//     bounded  no operation waits for a thread that is not itself inside an operation on this pool.
//     static first   overflow descriptors are taken only while every static one is out. Their memory comes from the
//              system when they are needed and goes back when they are free: after a peak the pool holds what it held
//              before.
//     harmless a free of anything that is not out of this pool (freed before, foreign, not the start of a descriptor)
//     is
//              refused and changes nothing.
//   Not here:  what a descriptor contains (fresh ones are not cleared), and when a pool may die: see ~Pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

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
    std::uint32_t peak = 0;   // the highest in_use there ever was
    std::uint32_t overflow_in_use = 0;
    std::uint32_t overflow_peak = 0;
    std::uint64_t allocations = 0; // descriptors, not calls
    std::uint64_t frees = 0;       // likewise
    std::uint64_t refusals = 0;    // calls of allocate that gave fewer than asked
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

    // Null: the pool is dry.
    [[nodiscard]] void* allocate() noexcept;
    // Fills the front of `out` and says how many. Fewer than asked only if the pool ran dry.
    [[nodiscard]] std::size_t allocate(std::span<void*> out) noexcept;

    // Cannot fail for what allocate gave. False: not out of this pool, nothing was changed.
    bool free(void* descriptor) noexcept;
    // Frees every one that is out of this pool and says how many that were.
    std::size_t free(std::span<void* const> descriptors) noexcept;

    // Reads only one word; what the holders did before their frees is visible to who reads the usage that results.
    [[nodiscard]] std::uint32_t in_use() const noexcept;

    [[nodiscard]] const Shape& shape() const noexcept;
    [[nodiscard]] std::uint32_t capacity() const noexcept;

    // The start of a static descriptor, out or not, or of an overflow descriptor that is out. Any pointer may be asked
    // about; it is not followed.
    [[nodiscard]] bool owns(const void* pointer) const noexcept;
    // The start of a descriptor that is out.
    [[nodiscard]] bool is_allocated(const void* pointer) const noexcept;

    // Shows every descriptor that is out, while the pool is locked: for leak reports. `visit` must not call this pool.
    void for_each_in_use(const std::function<void(void* descriptor)>& visit) const;

    [[nodiscard]] Snapshot snapshot() const noexcept;

  private:
    struct Core;
    explicit Pool(std::unique_ptr<Core> core) noexcept;

    const std::unique_ptr<Core> core_;
};

} // namespace ndispool::pool
