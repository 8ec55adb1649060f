#include "ndispool/pool.h"

#include "ndispool/pool/overflow_part.h"
#include "ndispool/pool/pages.h"
#include "ndispool/pool/row.h"
#include "ndispool/pool/thread_slots.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <mutex>
#include <new>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ndispool::pool {
namespace {

// No system has that much; and sizes of whole pools stay below 2^64.
constexpr std::size_t max_size = std::size_t{1} << 46;

bool valid(const Shape& shape) {
    return shape.descriptors <= max_capacity && shape.overflow <= max_capacity - shape.descriptors && shape.size >= 1 &&
           shape.size <= max_size && std::has_single_bit(shape.alignment) && shape.alignment <= page_bytes;
}

std::uint32_t to_count(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

} // namespace

struct Pool::Core {
    Core(const Shape& the_shape, const detail::Row& row, Pages& the_pages) noexcept
        : shape(the_shape), row_bytes(row_bytes_of(shape)), pages(the_pages),
          engine(row, overflow_counters, heavy_barrier_works()), overflow(shape, pages) {}
    ~Core() {
        if (row_bytes != 0)
            pages.unmap(engine.row().start(), row_bytes);
    }

    [[nodiscard]] std::uint32_t capacity() const { return shape.descriptors + shape.overflow; }
    std::size_t take_more(NativeSlot* own, std::span<void*> out);
    [[nodiscard]] bool give_overflow(void* descriptor);
    // Under the lock of the overflow.
    [[nodiscard]] Sum sum();
    // Called while a lock is held that was held when a free was counted: the pool is still there.
    void wake_waiting();

    // constant after construction
    const Shape shape;
    const std::size_t row_bytes;
    Pages& pages;

    // Calls of allocate that got fewer than they asked for.
    std::atomic<std::uint64_t> refusals{0};
    // Threads in wait_until_empty sleep until this changes.
    std::atomic<std::uint32_t> emptied{0};

    // Written under the lock of the overflow.
    detail::Counters<detail::Native> overflow_counters;
    NativeEngine engine;

    // Guards what follows (the part: as its header says), and is never held while the system is asked for anything.
    // Locked before the engine, if both are.
    std::mutex overflow_lock;
    OverflowPart overflow;
    std::uint32_t overflow_peak = 0;
};

// For who found no static descriptor free. Fills the front of `out` and says how many. Whether static ones are free is asked
// again, while the overflow stands still: so none is taken but while every static one is out, and none is refused but at an
// instant at which all were out.
std::size_t Pool::Core::take_more(NativeSlot* own, std::span<void*> out) {
    LeavingChunks unneeded(overflow.layout(), pages);
    std::unique_lock held(overflow_lock);
    std::size_t got = 0;
    const auto take = [&] {
        got += engine.take(own, out.subspan(got));
        const std::size_t count = overflow.take(out.subspan(got));
        got += count;
        NativeSlot::count(overflow_counters.allocations, count);
        overflow_peak = std::max(overflow_peak, overflow.in_use());
    };
    take();
    while (got < out.size() && overflow.in_use() < shape.overflow) {
        held.unlock();
        Chunk* chunk = Chunk::map(overflow.layout(), pages);
        held.lock();
        // Meanwhile descriptors may have come back, another thread may have brought a chunk, or taken the last.
        take();
        if (chunk == nullptr)
            break;
        if (got < out.size() && overflow.in_use() < shape.overflow) {
            overflow.add(chunk);
            take();
        } else {
            unneeded.push(chunk);
        }
    }
    if (got != 0)
        engine.raise_peak(sum().used());
    return got;
}

bool Pool::Core::give_overflow(void* descriptor) {
    LeavingChunks leaving(overflow.layout(), pages);
    std::lock_guard held(overflow_lock);
    if (!overflow.give(descriptor, leaving))
        return false;
    NativeSlot::count(overflow_counters.frees, 1);
    engine.freed_beside([this] { wake_waiting(); });
    return true;
}

Sum Pool::Core::sum() {
    const auto sum = engine.try_sum();
    return sum ? *sum : engine.frozen_sum();
}

void Pool::Core::wake_waiting() {
    emptied.fetch_add(1, std::memory_order_relaxed); // what it tells is ordered by the lock
    syscall(SYS_futex, &emptied, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

Pool::Pool(std::unique_ptr<Core> core) noexcept : row_(core->engine.row()), core_(std::move(core)) {
    static_assert(sizeof(Pool) <= detail::Entry::distance && offsetof(Pool, no_entry_) == 0);
}

std::unique_ptr<Pool> Pool::create(const Shape& shape, Pages& pages) noexcept {
    if (!valid(shape))
        return nullptr;
    const std::size_t bytes = row_bytes_of(shape);
    std::byte* const start = bytes != 0 ? static_cast<std::byte*>(pages.map(bytes)) : nullptr;
    if (start == nullptr && bytes != 0)
        return nullptr;
    const detail::Row row(start, stride_of(shape), shape.descriptors);
    std::unique_ptr<Core> core(new (std::nothrow) Core(shape, row, pages));
    if (!core && bytes != 0)
        pages.unmap(start, bytes);
    if (!core || !core->overflow.ok())
        return nullptr;
    void* const place = take_place(core->engine);
    return std::unique_ptr<Pool>(place != nullptr ? new (place) Pool(std::move(core)) : nullptr);
}

void Pool::operator delete(void* pool) noexcept {
    free_place(pool);
}

// A free that brought in_use to 0 may still hold a lock; after it let go it touches nothing of the pool.
Pool::~Pool() {
    forget_slots(this, core_->engine);
    std::lock_guard last(core_->overflow_lock);
    core_->engine.wait_for_lock_holder();
}

void* Pool::allocate_slowly() noexcept {
    void* descriptor;
    return allocate_slowly({&descriptor, 1}) == 1 ? descriptor : nullptr;
}

bool Pool::free_slowly(void* descriptor) noexcept {
    return free_slowly({&descriptor, 1}) == 1;
}

std::size_t Pool::allocate_slowly(std::span<void*> out) noexcept {
    Core& core = *core_;
    NativeSlot* const slot = slot_of_this_thread(this);
    std::size_t got = core.engine.take(slot, out);
    if (got < out.size()) {
        core.engine.raise_peak(core.shape.descriptors);
        if (core.shape.overflow != 0)
            got += core.take_more(slot, out.subspan(got));
    }
    if (got < out.size())
        core.refusals.fetch_add(1, std::memory_order_relaxed); // a number; orders no other data
    return got;
}

std::size_t Pool::free_slowly(std::span<void* const> descriptors) noexcept {
    Core& core = *core_;
    NativeSlot* const slot = slot_of_this_thread(this);
    // The static ones come last: when they are counted the pool may be gone, so it is not asked for anything any more.
    const detail::Row row = row_;
    const auto is_static = [&row](void* descriptor) { return row.begins(descriptor); };
    std::size_t refused = 0;
    for (void* descriptor : descriptors)
        if (!is_static(descriptor) && (core.shape.overflow == 0 || !core.give_overflow(descriptor)))
            ++refused;
    for (auto first = descriptors.begin();
         (first = std::find_if(first, descriptors.end(), is_static)) != descriptors.end();) {
        const auto last = std::find_if_not(first, descriptors.end(), is_static);
        core.engine.give(slot, {first, last}, [&core] { core.wake_waiting(); });
        first = last;
    }
    return descriptors.size() - refused;
}

std::uint32_t Pool::in_use() const noexcept {
    Core& core = *core_;
    // Of two threads that each allocate and then ask, one at least counts both.
    detail::Native::full_barrier();
    if (const auto sum = core.engine.try_sum())
        return to_count(sum->used());
    std::lock_guard held(core.overflow_lock);
    return to_count(core.sum().used());
}

Reservation Pool::reserve(std::uint32_t descriptors) noexcept {
    Reservation reserved;
    reserved.pool_ = this;
    while (reserved.size_ < descriptors) {
        void* some[32];
        const auto wanted = std::span(some).first(std::min<std::size_t>(std::size(some), descriptors - reserved.size_));
        const std::size_t got = allocate(wanted);
        for (void* descriptor : wanted.first(got)) {
            std::memcpy(descriptor, &reserved.first_, sizeof reserved.first_);
            reserved.first_ = descriptor;
            ++reserved.size_;
        }
        if (got < wanted.size())
            reserved.release();
        if (got < wanted.size())
            break;
    }
    return reserved;
}

bool Pool::wait_until_empty(std::chrono::nanoseconds limit) noexcept {
    using Clock = std::chrono::steady_clock; // the futex's
    Core& core = *core_;
    const Clock::time_point now = Clock::now();
    const Clock::time_point end = limit < Clock::time_point::max() - now ? now + limit : Clock::time_point::max();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch());
    const timespec until{.tv_sec = seconds.count(), .tv_nsec = (end.time_since_epoch() - seconds).count()};
    core.engine.watch();
    bool empty = false;
    for (;;) {
        const std::uint32_t seen = core.emptied.load(std::memory_order_relaxed); // in_use() below has the barrier
        empty = in_use() == 0;
        if (empty || Clock::now() >= end)
            break;
        syscall(SYS_futex, &core.emptied, FUTEX_WAIT_BITSET_PRIVATE, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
    }
    core.engine.unwatch();
    return empty;
}

const Shape& Pool::shape() const noexcept {
    return core_->shape;
}

std::uint32_t Pool::capacity() const noexcept {
    return core_->capacity();
}

bool Pool::owns(const void* pointer) const noexcept {
    if (is_static(pointer))
        return true;
    std::lock_guard held(core_->overflow_lock);
    return core_->overflow.is_out(pointer);
}

bool Pool::is_allocated(const void* pointer) const noexcept {
    const std::uint64_t asked = row_.index_of(pointer);
    if (asked >= row_.count())
        return owns(pointer);
    bool free = false;
    core_->engine.for_each_free([&](std::uint64_t index) { free |= index == asked; });
    return !free;
}

void Pool::for_each_in_use(const std::function<void(void*)>& visit) const {
    std::lock_guard held(core_->overflow_lock);
    std::vector<bool> out(row_.count(), true);
    core_->engine.for_each_free([&](std::uint64_t index) { out[index] = false; });
    for (std::uint32_t index = 0; index < row_.count(); ++index)
        if (out[index])
            visit(row_.at(index));
    core_->overflow.for_each_out(visit);
}

Snapshot Pool::snapshot() const noexcept {
    Core& core = *core_;
    std::lock_guard held(core.overflow_lock);
    const Sum sum = core.sum();
    core.engine.raise_peak(sum.used());
    return {.shape = core.shape,
            .in_use = to_count(sum.used()),
            .peak = core.engine.peak(),
            .overflow_in_use = core.overflow.in_use(),
            .overflow_peak = core.overflow_peak,
            .allocations = sum.allocations,
            .frees = sum.frees,
            .refusals = core.refusals.load(std::memory_order_relaxed),
            .bytes =
                core.engine.bytes() + sizeof(Core) - sizeof(NativeEngine) + core.row_bytes + core.overflow.bytes()};
}

} // namespace ndispool::pool
